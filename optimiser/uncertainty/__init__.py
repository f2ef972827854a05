"""How sure is the answer, and what drives its spread: Monte Carlo over every uncertain number."""
