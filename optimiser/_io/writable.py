"""Whether a place can be written to, found out before the work rather than after it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from optimiser._io.errors import InputError


def check_writable(out: Path, remedy: str, *, inside: bool = False) -> None:
    """Refuse a path that nothing can be written to; missing parents are made and removed again.

    Args:
        out: file or folder to write, which may exist.
        remedy: what to do instead.
        inside: ``out`` is a folder to write into, rather than what is to be put into its parent.

    Raises:
        InputError: a parent is a file, or the system refuses to write there.
    """
    place = out.absolute() if inside else out.absolute().parent
    parent = place
    missing: list[Path] = []
    while not parent.exists():
        missing.append(parent)
        parent = parent.parent
    if not parent.is_dir():
        raise InputError(f"{parent} is a file, so {out} cannot be made below it.", remedy=remedy)
    if not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(f"{parent} is not writable.", remedy=remedy)
    made: list[Path] = []
    try:
        for folder in reversed(missing):
            folder.mkdir()
            made.append(folder)
        # permissions tell the administrator nothing, and nothing of file systems that only look like one
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error}.", remedy=remedy) from None
    finally:
        with contextlib.suppress(OSError):  # somebody else has put something there meanwhile
            for folder in reversed(made):
                folder.rmdir()
