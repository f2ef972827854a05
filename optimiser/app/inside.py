"""Files that a browser hands over name no file outside of the app's folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from optimiser._io.errors import InputError

#: Last parts of the keys of problems, configs and sweeps whose values may name a file.
_NAMING = frozenset({"problem", "base", "csv", "surrogate", "impacts", "acids", "prices"})
_OUTSIDE = re.compile(r"^[/\\~]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)")


def check_inside(data: Any, file: str) -> None:
    """Refuse a problem, config or sweep that names a file outside of the app's folder.

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
          allowed: a name, or a path inside of that folder
          do:      put the file there, or use the command line
    """
    for key, text in _named(data, ()):
        if _OUTSIDE.search(text):
            raise InputError(
                f"{text[:100]!r} lies outside of the app's folder.",
                where=f"{file}, key {'.'.join(key)}",
                allowed="a name, or a path inside of that folder",
                remedy="put the file there, or use the command line",
                key=key,
            )


def _named(data: Any, key: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _named(value, (*key, str(name)))
    elif isinstance(data, list):
        for value in data:
            yield from _named(value, key)
    elif isinstance(data, str) and key and key[-1].rpartition(".")[2] in _NAMING:
        yield key, data
