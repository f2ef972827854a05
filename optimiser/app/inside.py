"""Files that a browser hands over name no file outside of the app's folder, and none that one handed over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optimiser._io.errors import InputError
from optimiser._io.yamlfile import read_yaml
from optimiser.app.workspace import STATE

#: Last parts of the keys of problems, configs and sweeps whose values may name a file.
_NAMING = frozenset({"problem", "base", "csv", "surrogate", "impacts", "acids", "prices"})
#: How the names of files end that ask a question.
_YAML = (".yaml", ".yml")
_OUTSIDE = re.compile(r"^[/\\~]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)")


def check_inside(data: Any, file: str) -> None:
    """Refuse a problem, config or sweep that names a file outside of the app's folder, or in its ``jobs/``.

    There lie files that a browser handed over, and these could name others in turn.

    Args:
        data: what the file says.
        file: its name, for the message.

    Raises:
        InputError: it names one; ``key`` says where.

    Examples:
        >>> check_inside({"surrogate": "models/mine"}, "a.yaml")
        >>> check_inside({"grid": {"tables.prices": ["a.csv", "../b.csv"]}}, "a.yaml")
        Traceback (most recent call last):
            ...
        optimiser._io.errors.InputError: '../b.csv' lies outside of the app's folder.
          where:   a.yaml, key grid.tables.prices
          allowed: a name, or a path inside of that folder but not in its jobs/
          do:      put the file there, or use the command line
    """
    for key, text in _named(data, ()):
        outside = _OUTSIDE.search(text)
        if outside or _first(text) == STATE:
            raise InputError(
                f"{text[:100]!r} lies "
                + ("outside of the app's folder." if outside else f"in {STATE}/, which is the app's own."),
                where=f"{file}, key {'.'.join(key)}",
                allowed=f"a name, or a path inside of that folder but not in its {STATE}/",
                remedy="put the file there, or use the command line",
                key=key,
            )


def check_file(path: Path) -> None:
    """Refuse a file that asks a question where it is no YAML, or as `check_inside` does.

    Raises:
        InputError: with its line or key.
    """
    if path.suffix not in _YAML:
        raise InputError(
            f"{path.name} asks no question.",
            allowed="a problem, config or sweep as " + ", ".join(_YAML),
            remedy="drop the YAML file",
        )
    check_inside(read_yaml(path).data, path.name)


def _first(path: str) -> str:
    """Return the first part of a path as a system may read it that knows no capitals and no last dots."""
    parts = (part.strip(". ").casefold() for part in re.split(r"[/\\:]", path))
    return next(filter(None, parts), "")


def _named(data: Any, key: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _named(value, (*key, str(name)))
    elif isinstance(data, list):
        for value in data:
            yield from _named(value, key)
    elif isinstance(data, str) and key and key[-1].rpartition(".")[2] in _NAMING:
        yield key, data
