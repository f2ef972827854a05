"""The single best design for a question, and what the question's parts cost."""
