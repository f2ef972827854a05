"""numba's `njit` for the loops of this folder, kept from one process to the next."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from numba import njit

_Function = TypeVar("_Function", bound=Callable[..., Any])
#: Hash of every file that loops are compiled from.
SOURCES = hashlib.sha256(
    b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
).hexdigest()[:12]


def loop(*, parallel: bool = False) -> Callable[[_Function], _Function]:
    """Return a decorator that compiles a function when it is first called, and keeps what comes out.

    numba looks for what was kept by a function's name, its own file and numba's version, and does not notice
    when a constant or a function that it took from another file has changed. So the name tells here what all
    files of this folder hold. It is kept in NUMBA_CACHE_DIR, or else beside the code, or else, where that
    cannot be written, in the user's cache folder; where no folder can be written, each process compiles.

    Args:
        parallel: whether `numba.prange` shares its turns among threads.
    """

    def decorate(function: _Function) -> _Function:
        function.__qualname__ += f"_{SOURCES}"
        try:
            compiled = njit(cache=True, nogil=True, parallel=parallel)(function)
        except RuntimeError:  # no folder can be written
            compiled = njit(nogil=True, parallel=parallel)(function)
        return compiled  # type: ignore[no-any-return,unused-ignore]

    return decorate
