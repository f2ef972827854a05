"""Outputs: whole or not at all, in places that may be written to, which is found out before the work."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from optimiser._io.errors import InputError
from optimiser._io.interrupts import interrupts_after
from optimiser._io.reading import MOST_YAML, kind, read_text, said

#: What this process has put into place so far.
PLACED: list[Path] = []
#: Folders of searches that this process has begun, and that ``--resume`` goes on with.
UNFINISHED: list[Path] = []
#: The file of a report's folder that says which program wrote it, and the name of this one.
MANIFEST, PRODUCT = "manifest.json", "leaching-optimiser"
#: Bytes of a file's name: 255 on every common file system, less what a temporary name adds.
_LONGEST = 255 - len("..12345678.partial")


def check_file_target(
    out: Path, force: bool = False, suffixes: Sequence[str] = (), option: str = "--out"
) -> None:
    """Refuse a file that cannot be written, before any work is done.

    Args:
        out: the file.
        force: whether an existing one may be replaced.
        suffixes: that its name may end in; any if left out.
        option: by which it was given.

    Raises:
        InputError: another suffix; it exists and ``force`` is not given, or it is no ordinary file; it
            cannot be written there.
    """
    if suffixes and out.suffix.lower() not in suffixes:
        raise InputError(
            f"{out.name} names no kind of table.",
            allowed="a file name that ends in " + " or ".join(suffixes),
            remedy=f"change the suffix of {option}",
        )
    if _exists(out, option):
        if out.is_dir() and not out.is_symlink():
            raise InputError(f"{out} is a folder, not a file.", remedy="give the path of a file")
        _check_kind(out, option)
        _check_forced(out, force, option)
    check_writable(out, f"choose another {option}")


def _is_report(folder: Path) -> bool:
    """Say whether a folder is a report of this program, and holds nothing else."""
    try:
        manifest = json.loads(read_text(folder / MANIFEST, MOST_YAML))
    except (ValueError, RecursionError):  # an InputError is a ValueError
        return False
    if not isinstance(manifest, dict) or manifest.get("product") != PRODUCT:
        return False
    files = manifest.get("files")  # reports before 0.2.0 do not tell them
    return not isinstance(files, list) or {path.name for path in folder.iterdir()} <= {*files, MANIFEST}


def check_folder(
    out: Path, force: bool = False, option: str = "--out", ours: Callable[[Path], bool] = _is_report
) -> None:
    """Refuse a folder that cannot be written, before any work is done.

    Args:
        out: the folder of a report or an artefact.
        force: whether one that this program wrote may be replaced.
        option: by which it was given.
        ours: tells whether this program wrote a folder of the kind; by default, a report.

    Raises:
        InputError: it exists and ``force`` is not given; it is no folder, or one of something else; it
            cannot be written there.
    """
    if _exists(out, option):
        if out.is_file() and not out.is_symlink():
            raise InputError(f"{out} is a file, not a folder.", remedy=f"choose another {option}")
        _check_kind(out, option)
        try:
            foreign = any(out.iterdir()) and not ours(out)
        except OSError as error:
            raise InputError(
                f"{out} cannot be read: {said(error)}.", remedy=f"choose another {option}"
            ) from None
        if foreign:
            raise InputError(
                f"{out} holds something else, which --force would delete.",
                allowed=f"an empty folder, or a report with nothing but the files that its {MANIFEST} names",
                remedy=f"choose another {option}",
            )
        _check_forced(out, force, option)
    check_writable(out, f"choose another {option}")


def check_apart(one: Path, other: Path, options: str) -> None:
    """Refuse two outputs of which one would replace or hold the other.

    Raises:
        InputError: they are the same, or one lies inside of the other.
    """
    # realpath, since Path.resolve fails on links in a circle before Python 3.13
    first, second = (Path(os.path.realpath(path)) for path in (one, other))
    if first.is_relative_to(second) or second.is_relative_to(first):
        raise InputError(
            f"{one} and {other} are in each other's way.",
            where=options,
            allowed="two places, neither of them inside the other",
            remedy="choose another one",
        )


def _exists(out: Path, option: str) -> bool:
    try:
        return out.exists() or out.is_symlink()
    except (OSError, ValueError) as error:
        raise InputError(
            f"{out} cannot be written: {said(error)}.", remedy=f"choose another {option}"
        ) from None


def _check_kind(out: Path, option: str) -> None:
    """Refuse what is no ordinary file or folder, and is never replaced."""
    what = "a link" if out.is_symlink() else kind(out.stat().st_mode)
    if what == "a directory":
        what = ""
        if os.path.ismount(out):  # Path.is_mount is not on Windows before 3.12
            what = "the root of a file system"
        elif Path.cwd().is_relative_to(out.resolve()):
            what = "the working folder, or above it"
    if what:
        raise InputError(
            f"{out} is {what}, and is not replaced.",
            allowed="a path that does not exist yet, a file, or a folder that this program wrote",
            remedy=f"choose another {option}",
        )


def _check_forced(out: Path, force: bool, option: str) -> None:
    if not force:
        raise InputError(
            f"{out} exists already.",
            allowed="a path that does not exist yet",
            remedy=f"choose another {option}, or replace it with --force",
        )


def check_writable(out: Path, remedy: str, *, inside: bool = False) -> None:
    """Refuse a path that nothing can be written to; missing parents are made and removed again.

    Args:
        out: file or folder to write, which may exist.
        remedy: what to do instead.
        inside: ``out`` is a folder to write into, rather than what is to be put into its parent.

    Raises:
        InputError: a parent is a file, or the system refuses to write there.
    """
    made: list[Path] = []
    try:
        whole = out.resolve()
        parent = place = whole if inside else whole.parent
        missing: list[Path] = []
        while not parent.exists():
            missing.append(parent)
            parent = parent.parent
        if not parent.is_dir():
            raise InputError(f"{parent} is a file, so {out} cannot be made below it.", remedy=remedy)
        if not os.access(parent, os.W_OK | os.X_OK):
            raise InputError(f"{parent} is not writable.", remedy=remedy)
        for folder in reversed(missing):
            folder.mkdir()
            made.append(folder)
        # permissions tell the administrator nothing, and nothing of file systems that only look like one
        with tempfile.TemporaryFile(dir=place):
            pass
        if not inside and len(os.fsencode(out.name)) > _LONGEST:
            raise InputError(f"The name {out.name} is too long.", allowed=f"{_LONGEST} bytes", remedy=remedy)
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
        raise InputError(f"{out} cannot be written: {said(error)}.", remedy=remedy) from None
    finally:
        with contextlib.suppress(OSError):  # somebody else has put something there meanwhile
            for folder in reversed(made):
                folder.rmdir()


@contextmanager
def placed(out: Path, remedy: str = "choose another --out") -> Iterator[Path]:
    """Give a temporary path beside ``out``; move it into place at the end, or leave no trace of it.

    What was there is replaced. KeyboardInterrupt counts as failure like any error, but never falls between
    the old and the new; an operating system's refusal becomes an InputError.

    Args:
        out: file or folder.
        remedy: what to do where it cannot be written.

    Raises:
        InputError: ``out`` cannot be written, or something has come to be there that is not to be replaced.
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
                _check_kind(out, "--out")
            if whole.is_dir():  # a file is replaced by one step of the system
                whole.replace(old)
            temporary.replace(whole)
            PLACED.append(out)
            _remove(old)
    except BaseException as error:
        with interrupts_after():
            _remove(temporary)
            if old.exists() and not whole.exists():
                old.replace(whole)
            for folder in made:
                if folder.is_dir() and not any(folder.iterdir()):
                    folder.rmdir()
        if isinstance(error, OSError):
            raise InputError(f"{out} cannot be written: {said(error)}.", remedy=remedy) from error
        raise


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
