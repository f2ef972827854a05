"""Site models: learn from own results, keep them, and say what to measure next."""
