"""Tables of scenarios: generated, read, predicted, and compared with each other."""
