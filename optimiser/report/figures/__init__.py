"""Figures: what they show is computed in pure functions, and drawn by plotly in thin ones."""
