"""The user's own tables in the workspace: ``tables/NAME.KIND.csv`` and other formats that commands read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from optimiser._io.errors import InputError, closest
from optimiser._io.output import placed
from optimiser.app.workspace import SUFFIXES, Workspace, check_name

#: Kinds of own tables; each is given to a command by the option of that name.
KINDS = ("acids", "prices", "impacts")


@dataclass(frozen=True)
class OwnTable:
    """An own table.

    Attributes:
        kind: of `KINDS`.
        name: that the user gave it.
        path: as commands name it from the workspace.
        size: bytes.
    """

    kind: str
    name: str
    path: str
    size: int


def own_tables(workspace: Workspace) -> dict[str, list[OwnTable]]:
    """Return the own tables of each kind, sorted by name."""
    found: dict[str, list[OwnTable]] = {kind: [] for kind in KINDS}
    if workspace.tables.is_dir():
        for path in sorted(workspace.tables.iterdir()):
            name, _, kind = path.stem.rpartition(".")
            if name and kind in KINDS and path.suffix.lower() in SUFFIXES and path.is_file():
                place = workspace.relative(path)
                found[kind].append(OwnTable(kind, name, place, path.stat().st_size))
    return found


def own_table(workspace: Workspace, kind: str, name: str) -> Path:
    """Return the file of an own table.

    Raises:
        InputError: there is none of this kind and name.
    """
    known = {table.name: table for table in own_tables(workspace).get(kind, [])}
    if name not in known:
        raise InputError(
            f"There is no own table of {kind if kind in KINDS else 'this kind'} named {name[:100]!r}.",
            allowed=", ".join(known) or "none yet",
            remedy=closest(name, known) or "look at the screen Tables",
            key=("tables", kind),
        )
    return workspace.folder / known[name].path


def options_of(workspace: Workspace, chosen: Mapping[str, str]) -> list[str]:
    """Return the options that give own tables to a command, such as ``--prices=tables/mine.prices.csv``.

    Args:
        workspace: that they are in.
        chosen: names by kind; an empty name is none.

    Raises:
        InputError: there is none of this kind and name.
    """
    return [
        f"--{kind}={workspace.relative(own_table(workspace, kind, name))}"
        for kind, name in chosen.items()
        if name
    ]


def keep_own(workspace: Workspace, kind: str, name: str, suffix: str, content: bytes, replace: bool) -> str:
    """Keep an own table, whole or not at all, and return its path as commands name it.

    Args:
        workspace: to keep it in.
        kind: of `KINDS`.
        name: that the user gives it.
        suffix: of its format.
        content: of the file, which the importers have read.
        replace: whether one of this kind and name may be replaced.

    Raises:
        InputError: a name that cannot be that of a file; there is one of this name, and ``replace`` is not
            given.
    """
    check_name(name, "a table", "name")
    before = [table for table in own_tables(workspace)[kind] if table.name == name]
    if before and not replace:
        raise InputError(
            f"There is an own table of {kind} named {name} already.",
            key=("replace",),
            remedy="replace it, or choose another name",
        )
    target = workspace.tables / f"{name}.{kind}{suffix}"
    with placed(target) as temporary:
        temporary.write_bytes(content)
    for table in before:
        if (old := workspace.folder / table.path) != target:
            old.unlink()
    return workspace.relative(target)
