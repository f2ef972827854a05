"""A journal of one search: what each step predicted, so that a search that was cut off goes on from there.

A search is a pure function of its problem, its settings and its random stream, and what takes time in it is
making and predicting designs. So a journal holds, step by step, the designs with their predictions and the
state of the generator after them. A search that goes on runs from the beginning, but takes these steps from
the journal; all else is done as always, so that its result is the same, bit for bit.

The file is a row of records, each with its number, its length and checksums. The first one says which search
it is of. A record that was cut off when the process was killed is dropped.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from filelock import FileLock, Timeout

from optimiser._io.errors import InputError
from optimiser._io.reading import MOST_UNPACKED, npz_arrays, said
from optimiser.search.archive import Archive
from optimiser.surrogate.artefact import YieldPrediction
from optimiser.variables import Designs, Variables

#: How the names of journals end, and those of what keeps two processes from writing the same one.
SUFFIX, LOCK = ".journal", ".lock"
_AGAIN = "make room on the disk, and look who may write there"
_HEAD = struct.Struct("<QIII")  # length of the record, its checksum, its number, checksum of these three
_CHECKED = 16  # bytes of the head that its own checksum is of
_WAIT = 30  # seconds for a process that was left alone to notice it, after its step

#: Makes a step of a search, or gives back the one that was made before: `Journal.step`, or `not_kept`.
Step = Callable[[np.random.Generator, Callable[[], Archive]], Archive]


def not_kept(rng: np.random.Generator, make: Callable[[], Archive]) -> Archive:
    """Make a step of a search without a journal."""
    return make()


class Journal:
    """The steps of one search, as :func:`opened` gives it: first those that were kept, then new ones.

    Args:
        path: of the file.
        file: open for reading and writing, without a buffer, behind the first record.
        variables: that the designs of the search have.
    """

    def __init__(self, path: Path, file: io.FileIO, variables: Variables) -> None:
        self._path = path
        self._file = file
        self._variables = variables
        self._number, self._kept = 1, True

    def step(self, rng: np.random.Generator, make: Callable[[], Archive]) -> Archive:
        """Return the next step: the one that was kept, or the one that is made now, which is kept.

        Args:
            rng: generator of the search, from `numpy.random.default_rng`; a step that was kept leaves it as
                it was left when the step was made.
            make: makes the designs of the step and predicts them; draws from ``rng``.

        Raises:
            InputError: the file is damaged, or cannot be written.
        """
        start = self._file.tell()
        content = _record(self._path, self._file, self._number) if self._kept else None
        if content is None:
            if self._kept:
                self._kept = False
                self._file.truncate(start)
                self._file.seek(start)
            part = make()
            content = _packed(part, rng)
            if len(content) > MOST_UNPACKED:
                raise InputError(
                    f"A step of this search takes {len(content) / 1e6:,.0f} MB, too much for a journal.",
                    allowed=f"up to {MOST_UNPACKED / 1e6:,.0f} MB",
                    remedy="ask for fewer generations, or a smaller population",
                )
            _write(self._path, self._file, content, self._number)
        else:
            try:
                part, state = _unpacked(self._path, content, self._variables)
                rng.bit_generator.state = state
            except Exception:  # zipfile, numpy and json each raise their own kinds
                raise _damaged(self._path) from None
        self._number += 1
        return part


@contextmanager
def opened(path: Path, search: str, variables: Variables) -> Iterator[Journal]:
    """Open the journal of a search; a new one where there is none.

    Args:
        path: of the file, in a folder that exists.
        search: says which search it is, in a text that no other search of the folder has.
        variables: that its designs have.

    Raises:
        InputError: it is damaged, is of another search, cannot be written, or another process holds it.
    """
    lock = FileLock(path.with_name(path.name + LOCK), timeout=_WAIT)
    with ExitStack() as held:
        try:
            held.enter_context(lock)
            file = held.enter_context(path.open("r+b" if path.exists() else "x+b", buffering=0))
            known = _record(path, file, 0)
            if known is None:  # new, or cut off within its first record
                file.truncate(0)
                file.seek(0)
        except Timeout:
            raise InputError(
                f"Another process still makes the search of {path.name}.",
                where=str(path),
                remedy="wait for it, or end it",
            ) from None
        except OSError as error:
            raise _unwritable(path, error) from None
        if known is None:
            _write(path, file, search.encode(), 0)
        elif known != search.encode():
            raise InputError(
                f"{path} is the journal of another search.",
                where=str(path),
                remedy="put the files of the folder back as they were, or start anew with --force",
            )
        yield Journal(path, file, variables)


def steps(path: Path) -> int:
    """Return how many steps a journal holds, whole ones, after checking each of them.

    Raises:
        InputError: it is damaged.
    """
    try:
        with path.open("rb", buffering=0) as file:
            number = 0
            while _record(path, file, number) is not None:
                number += 1
    except OSError as error:
        raise InputError(f"{path} cannot be read: {said(error)}.", remedy="check its permissions") from None
    return max(number - 1, 0)


def _record(path: Path, file: io.FileIO, number: int) -> bytes | None:
    """Return the next record, or None at the end, which may be a record that was cut off.

    Raises:
        InputError: the file is damaged: what stands there was never written, and more follows.
    """
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size or not any(head):  # zeros are what a computer that lost its power may leave
        return None
    length, checksum, own, check = _HEAD.unpack(head)
    if crc32(head[:_CHECKED]) != check or own != number or length > MOST_UNPACKED:
        raise _damaged(path)
    content = file.read(length)
    if len(content) == length and crc32(content) == checksum:
        return content
    if file.read(1):
        raise _damaged(path)
    return None


def _write(path: Path, file: io.FileIO, content: bytes, number: int) -> None:
    head = struct.pack("<QII", len(content), crc32(content), number)
    left = memoryview(head + struct.pack("<I", crc32(head)) + content)
    try:
        while left:
            left = left[file.write(left) :]
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(f"{path} cannot be written: {said(error)}.", remedy=_AGAIN)


def _damaged(path: Path) -> InputError:
    return InputError(
        f"The journal {path} is damaged.",
        where=str(path),
        allowed="the file as it was written; only its end may be missing",
        remedy="remove this file: its search then starts anew, the others go on",
    )


def _packed(part: Archive, rng: np.random.Generator) -> bytes:
    arrays = {"acid": part.designs.acid, "continuous": part.designs.continuous}
    arrays |= {"objectives": part.objectives, "margins": part.margins, "cell": part.cell}
    for name in ("prediction", "rough"):
        told = getattr(part, name)
        every = {f"{name}_{f.name}": getattr(told, f.name) for f in fields(told)}
        arrays |= {key: values for key, values in every.items() if values is not None}
    state = json.dumps(rng.bit_generator.state).encode()
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, state=np.frombuffer(state, np.uint8), **arrays)
    return buffer.getvalue()


def _unpacked(path: Path, content: bytes, variables: Variables) -> tuple[Archive, Any]:
    arrays = npz_arrays(path, content)
    high, low = (
        YieldPrediction(**{f.name: arrays.get(f"{name}_{f.name}") for f in fields(YieldPrediction)})  # type: ignore[arg-type]
        for name in ("prediction", "rough")
    )
    designs = Designs(arrays["acid"], arrays["continuous"], variables)
    part = Archive(designs, arrays["objectives"], arrays["margins"], arrays["cell"], high, low)
    return part, json.loads(arrays["state"].tobytes())
