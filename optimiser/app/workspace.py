"""The folder that the app works in: what its commands read and write."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from starlette.concurrency import run_in_threadpool

from optimiser._io.errors import InputError
from optimiser._io.output import PRODUCT, check_writable, placed
from optimiser._io.reading import MOST_TABLE

#: Bytes of one upload, and of all that are kept.
MOST_UPLOAD, MOST_UPLOADS = 50_000_000, 1_000_000_000
#: What a browser may hand over: what the readers of tables and problems take.
SUFFIXES = (".csv", ".xlsx", ".xlsm", ".parquet", ".yaml", ".yml")
#: The folder in it that is the app's own.
STATE = "jobs"
_FORMAT = 1
_MARK, _LOCK = "app.json", ".lock"
_UPLOAD = re.compile(r"[0-9a-f]{24}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
#: Names that Windows keeps for devices, whatever stands behind a dot.
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Workspace:
    """Where the app works: its commands run in ``folder``, and their names and paths count from there.

    Attributes:
        folder: as an absolute path. ``jobs/`` in it is the app's own; ``tables/``, ``models/`` and
            ``store/`` hold own tables, yield models and runs of sweeps, as the command line writes them.
    """

    folder: Path

    @property
    def jobs(self) -> Path:
        """The folder with one folder per job."""
        return self.folder / STATE

    @property
    def uploads(self) -> Path:
        """The folder of files that the browser handed over, each in a folder named by its content."""
        return self.folder / STATE / "uploads"

    @property
    def tables(self) -> Path:
        """The folder of own tables."""
        return self.folder / "tables"

    @property
    def models(self) -> Path:
        """The folder of own yield models, where a problem finds them by name."""
        return self.folder / "models"

    @property
    def store(self) -> Path:
        """The folder of the runs of sweeps."""
        return self.folder / "store"

    def lock(self) -> FileLock:
        """Return the lock of this workspace, which is held.

        Raises:
            InputError: another app works in it.
        """
        lock = FileLock(self.jobs / _LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise InputError(
                f"Another app works in {self.folder}.",
                where="--folder",
                remedy="open that one, end it, or give another --folder",
            ) from None
        return lock

    @property
    def port(self) -> int:
        """The port that the app had here last; 0 where there was none."""
        with suppress(OSError, ValueError, AttributeError):
            port = json.loads((self.jobs / _MARK).read_text(encoding="utf-8")).get("port", 0)
            return port if isinstance(port, int) and 1024 <= port < 65536 else 0
        return 0

    def remember(self, port: int) -> None:
        """Note the port, so that what browsers keep for its address is there again."""
        told = {"product": PRODUCT, "format": _FORMAT, "port": port}
        (self.jobs / _MARK).write_text(json.dumps(told), encoding="utf-8")

    def uploaded(self, upload: str) -> Path:
        """Return the file of an upload.

        Args:
            upload: as `keep` returned it.

        Raises:
            InputError: there is none.
        """
        folder = self.uploads / upload
        if not _UPLOAD.fullmatch(upload) or not folder.is_dir():
            raise InputError("This file is not here any more.", remedy="drop it again")
        return next(path for path in sorted(folder.iterdir()) if not path.name.startswith("."))

    def is_upload(self, name: str) -> bool:
        """Return whether a name has the form of the key of an upload."""
        return _UPLOAD.fullmatch(name) is not None

    def relative(self, path: Path) -> str:
        """Return a path as commands name it from the workspace."""
        return path.relative_to(self.folder).as_posix()


def opened(folder: Path) -> Workspace:
    """Return the workspace in a folder, which is made where there is none.

    Raises:
        InputError: it cannot be written; its ``jobs/`` is of something else, or of a newer version.
    """
    made = Workspace(folder.resolve())
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file, not a folder.", remedy="choose another --folder")
    check_writable(made.jobs / _MARK, "choose another --folder")
    mark = made.jobs / _MARK
    if made.jobs.exists() and any(made.jobs.iterdir()):
        try:
            told = json.loads(mark.read_text(encoding="utf-8"))
            if told["product"] != PRODUCT or told["format"] != _FORMAT:
                raise ValueError
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError(
                f"{made.jobs} is of something else, or of another version of the app.",
                where="--folder",
                remedy="choose another --folder",
            ) from None
    try:
        made.uploads.mkdir(parents=True, exist_ok=True)
        if not mark.exists():
            made.remember(0)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written: {error.strerror}.", remedy="choose another --folder"
        ) from None
    return made


async def keep(workspace: Workspace, name: str, parts: AsyncIterator[bytes]) -> str:
    """Keep a file that the browser hands over, and return what it is called from now on.

    Args:
        workspace: to keep it in.
        name: as the user knows it; only its suffix and safe characters are taken over.
        parts: of its content.

    Raises:
        InputError: no kind of table or problem, too large, or there is no room for more.
    """
    stem, suffix = Path(name).stem, Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            f"{name} is no kind of file that can be read.",
            allowed="a file name that ends in " + ", ".join(SUFFIXES),
            remedy="save the table as CSV or XLSX",
        )
    most, content = min(MOST_UPLOAD, MOST_TABLE), bytearray()
    async for part in parts:
        content += part
        if len(content) > most:
            raise InputError(
                f"{name} is larger than {most // 1_000_000} MB.",
                allowed=f"files of at most {most // 1_000_000} MB",
                remedy="use the command line for tables as large as this",
            )
    if not content:
        raise InputError(f"{name} is empty.", remedy="look whether it was saved")
    return await run_in_threadpool(_keep, workspace, stem, suffix, bytes(content))


def _keep(workspace: Workspace, stem: str, suffix: str, content: bytes) -> str:
    if size_of(workspace.uploads) + len(content) > MOST_UPLOADS:
        raise InputError(
            f"There is no room for more than {MOST_UPLOADS // 1_000_000} MB of dropped files.",
            where=workspace.relative(workspace.uploads),
            remedy="remove old ones",
        )
    safe = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-")[:60] or "table"
    safe = f"{safe}-table" if _DEVICES.fullmatch(safe) else safe
    key = hashlib.sha256(safe.encode() + suffix.encode() + content).hexdigest()[:24]
    target = workspace.uploads / key
    if not target.is_dir():
        with placed(target) as folder:
            folder.mkdir(exist_ok=True)
            (folder / f"{safe}{suffix}").write_bytes(content)
    return key


def files_in(folder: Path) -> Iterator[Path]:
    """Yield all files in a folder and below it; what vanishes meanwhile, as commands make it, is left out."""
    for place, _, names in os.walk(folder):
        yield from (Path(place) / name for name in names)


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder and below it."""
    size = 0
    for path in files_in(folder):
        with suppress(OSError):  # vanished meanwhile
            size += path.stat().st_size
    return size


def check_name(name: str, what: str, key: str) -> str:
    """Return a name that a user gave to a model or table, which becomes a name of a file.

    Args:
        name: the name.
        what: it is of, for the message.
        key: of the field that it was typed into.

    Raises:
        InputError: it has other characters than file names have everywhere.
    """
    if not _NAME.fullmatch(name) or name.endswith(".") or _DEVICES.fullmatch(name):
        raise InputError(
            f"{name!r} cannot be the name of {what}.",
            allowed="letters, digits, - _ and ., up to 64 characters, the first a letter or digit, "
            "the last no dot; none that Windows keeps for itself, such as con or nul",
            key=(key,),
        )
    return name
