"""Pareto-optimal leaching of lithium-ion cathodes, with the uncertainty of every point."""

__version__ = "0.1.0"
