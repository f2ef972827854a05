"""The one error a user can cause: what was wrong, where, what is allowed, what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Input that the user can mend; the command line prints it as one block and exits with status 2.

    It is a ValueError so that pydantic validators can raise it too.

    Args:
        what: one sentence naming the object and the offending value.
        where: file, line, key or cell, e.g. ``problems/mine.yaml, line 4, key variables.temperature``.
        allowed: what would have been accepted.
        remedy: what to do next.
    """

    def __init__(self, what: str, *, where: str = "", allowed: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.allowed = allowed
        self.remedy = remedy

    def __str__(self) -> str:
        lines = [self.what]
        lines += [f"  {label} {text}" for label, text in self.details() if text]
        return "\n".join(lines)

    def details(self) -> list[tuple[str, str]]:
        """Return the labelled lines below the first one."""
        return [("where:  ", self.where), ("allowed:", self.allowed), ("do:     ", self.remedy)]


def closest(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` for the nearest known word, or an empty string."""
    match = difflib.get_close_matches(str(word), [str(k) for k in known], n=1, cutoff=0.6)
    return f"did you mean {match[0]!r}?" if match else ""
