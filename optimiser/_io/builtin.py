"""Where the files that ship with the product are: by name (``nmc111``) or by path."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from optimiser._io.errors import InputError, closest

#: How the names of files of systems end.
SYSTEM = ".system.yaml"
Kind = Literal["problems", "configs", "models", "systems", "sweeps"]
#: What a user may name or give the path of.
Named = Literal["problems", "configs", "sweeps"]


def root() -> Path:
    """Return the folder that holds ``problems/``, ``configs/``, ``sweeps/``, ``models/`` and ``systems/``.

    Inside an installed wheel that is ``optimiser/_builtin``; in a checkout it is the repository.
    """
    package = Path(__file__).resolve().parents[1]
    packed = package / "_builtin"
    return packed if packed.is_dir() else package.parent


def folder(kind: Kind) -> Path:
    """Return the folder of one kind of built-in file."""
    return root() / kind


def names(kind: Named) -> list[str]:
    """Return the names of the built-in problems, configs or sweeps, sorted."""
    return sorted(path.stem for path in folder(kind).glob("*.yaml"))


def system_names() -> list[str]:
    """Return the names of the systems that ship: cathodes, and the examples."""
    files = [*folder("models").glob(f"*{SYSTEM}"), *folder("systems").glob(f"*{SYSTEM}")]
    return sorted(path.name.removesuffix(SYSTEM) for path in files)


def find_system(name: str | Path) -> Path:
    """Return the path of a system's file given by path, or by the name of one that ships.

    Raises:
        InputError: nothing of that name exists.
    """
    given = Path(name)
    if given.exists():
        return given
    if given.name == str(name):
        for kind in ("models", "systems"):
            for file in (f"{name}{SYSTEM}", str(name)):
                if file.endswith(SYSTEM) and (shipped := root() / kind / file).is_file():
                    return shipped
    if given.parts[:-1] == ("systems",) and (folder("systems") / given.name).is_file():
        return folder("systems") / given.name
    raise InputError(
        f"There is no system {str(name)!r}.",
        allowed="the path of a system's file, or one of: " + ", ".join(system_names()),
        remedy=closest(given.name.removesuffix(SYSTEM), system_names()) or "check the path",
    )


def shown(path: Path) -> str:
    """Return a path as it is told: a built-in file by its place in the product, others as given."""
    return path.relative_to(root()).as_posix() if path.is_relative_to(root()) else str(path)


def find(kind: Named, name: str | Path, *, beside: Path | None = None) -> Path:
    """Return the path of a problem, config or sweep given by name or by path.

    Args:
        kind: ``problems``, ``configs`` or ``sweeps``.
        name: a path to a YAML file, or the name of a built-in one.
        beside: a folder in which relative paths are looked up too (that of the file naming this one).

    Raises:
        InputError: nothing of that name exists.
    """
    given = Path(name)
    candidates = [given] if beside is None or given.is_absolute() else [beside / given, given]
    for path in candidates:
        if path.is_file():
            return path
    shipped = folder(kind) / f"{name}.yaml"
    if given.name == str(name) and shipped.is_file():
        return shipped
    # a repository path such as configs/nmc111_cost_vs_recovery.yaml, run from another folder
    if given.parts[:-1] == (kind,) and (folder(kind) / given.name).is_file():
        return folder(kind) / given.name
    for path in candidates:
        if path.exists():  # whoever reads it says why it cannot be read
            return path
    raise InputError(
        f"There is no {kind[:-1]} {str(name)!r}.",
        allowed="the path of a YAML file, or one of: " + ", ".join(names(kind)),
        remedy=closest(given.stem, names(kind)) or f"optimiser list {kind}",
    )


def table_hashes() -> dict[str, str]:
    """Return the sha256 of every table in ``models/``, by name."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder("models").glob("*.yaml"))
    }
