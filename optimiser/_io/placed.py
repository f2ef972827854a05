"""Outputs that appear on disk whole or not at all."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optimiser._io.errors import InputError
from optimiser._io.interrupts import interrupts_after

#: What this process has put into place so far.
PLACED: list[Path] = []


@contextmanager
def placed(out: Path, remedy: str = "choose another --out") -> Iterator[Path]:
    """Give a temporary path beside ``out``; move it into place at the end, or leave no trace of it.

    What was there is replaced. KeyboardInterrupt counts as failure like any error, but never falls between
    the old and the new; an operating system's refusal becomes an InputError.

    Args:
        out: file or folder.
        remedy: what to do where it cannot be written.

    Raises:
        InputError: ``out`` cannot be written.
    """
    whole = out.resolve()
    made = [p for p in (whole.parent, *whole.parent.parents) if not p.exists()]
    mark = secrets.token_hex(4)
    # the suffix stays, since writers of workbooks look at it
    temporary = whole.with_name(f".{whole.stem}.{mark}.partial{whole.suffix}")
    old = whole.with_name(f".{whole.stem}.{mark}.old{whole.suffix}")
    try:
        whole.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with interrupts_after():
            if whole.exists():
                whole.rename(old)
            temporary.rename(whole)
            PLACED.append(out)
            _remove(old)
    except BaseException as error:
        with interrupts_after():
            _remove(temporary)
            if old.exists() and not whole.exists():
                old.rename(whole)
            for folder in made:
                if folder.is_dir() and not any(folder.iterdir()):
                    folder.rmdir()
        if isinstance(error, OSError):
            raise InputError(f"{out} cannot be written: {error}.", remedy=remedy) from error
        raise


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
