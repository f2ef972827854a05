"""Pareto-optimal leaching of lithium-ion cathodes, with the uncertainty of every point."""

from __future__ import annotations


def __getattr__(name: str) -> str:
    """Return the installed version, which is read where it is asked for only."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("leaching-optimiser")
    except PackageNotFoundError:  # a checkout that was never installed
        return "unknown"
