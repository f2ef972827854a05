"""Environment variables that the libraries below would stumble over."""

from __future__ import annotations

import os
import reprlib
from collections.abc import Callable

from optimiser._io.errors import InputError

_LAYERS = ("default", "safe", "threadsafe", "forksafe", "tbb", "omp", "workqueue")
_PRIORITY = ["omp", "tbb", "workqueue"]
#: Of each variable: what is allowed, and the test, which may raise ValueError too.
_ALLOWED: dict[str, tuple[str, Callable[[str], bool]]] = {
    "NUMBA_NUM_THREADS": ("a whole number from 1 to 1024", lambda value: 1 <= int(value) <= 1024),
    "NUMBA_THREADING_LAYER": (", ".join(_LAYERS), lambda value: value.lower() in _LAYERS),
    "NUMBA_THREADING_LAYER_PRIORITY": (
        f"the words {', '.join(_PRIORITY)} in any order",
        lambda value: sorted(value.split()) == _PRIORITY,
    ),
    "LOKY_MAX_CPU_COUNT": ("a whole number", lambda value: isinstance(int(value), int)),
}


def check_environment() -> None:
    """Refuse a value that numba or joblib cannot read, before they are imported.

    Raises:
        InputError: with the variable, what is allowed and what to do.

    Examples:
        >>> check_environment()
    """
    for name, (allowed, passes) in _ALLOWED.items():
        value = os.environ.get(name)
        if value is None:
            continue
        try:
            good = passes(value)
        except ValueError:
            good = False
        if not good:
            raise InputError(
                f"The environment variable {name} is {reprlib.repr(value)}.",
                where="the environment",
                allowed=allowed,
                remedy=f"change it, or unset it: unset {name}",
            )
