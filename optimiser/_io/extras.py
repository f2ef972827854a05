"""What only some commands need is installed as an extra; without it they say so."""

from __future__ import annotations

from importlib.util import find_spec

from optimiser._io.errors import InputError

#: Packages by the extra of `pyproject.toml` that brings them, as they are imported.
EXTRAS = {
    "explain": ("shap",),
    "train": ("cma", "lightgbm", "pooch", "scikit_posthocs", "skops", "sklearn"),
    "parquet": ("pyarrow",),
    "images": ("kaleido",),
    "lca": ("bw2calc", "bw2data"),
    "app": ("starlette", "uvicorn", "markdown_it"),
    "cluster": ("dask", "dask_jobqueue", "distributed", "pyarrow"),
}


def needs(extra: str) -> None:
    """Return if the packages of an extra are installed.

    Args:
        extra: ``explain``, ``train``, ``parquet``, ``lca``, ``cluster`` or ``app``.

    Raises:
        InputError: one of them is not; the remedy is the command that installs the extra.
    """
    missing = [package for package in EXTRAS[extra] if find_spec(package) is None]
    if missing:
        raise InputError(
            f"This needs {', '.join(missing)}, and the extra `{extra}` is not installed.",
            remedy=f'pip install "leaching-optimiser[{extra}]"',
        )
