"""The LIB Leaching Toolkit: its own sums as a profile, and a comparison of both."""
