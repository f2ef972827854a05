"""The one error a user can cause: what was wrong, where, what is allowed, what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

#: Characters of one part of a message: a long value is told by its beginning and its end.
MOST_SAID = 1000


class InputError(ValueError):
    """Input that the user can correct; the command line prints it as one block and exits with status 2.

    It is a ValueError so that pydantic validators can raise it too.

    Args:
        what: one sentence naming the object and the offending value.
        where: file, line, key or cell, e.g. ``problems/mine.yaml, line 4, key variables.temperature``.
        allowed: what would have been accepted.
        remedy: what to do next.
        key: where it is inside a problem or config, e.g. ``("variables", "temperature")``; who knows the file
            turns it into ``where``.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        allowed: str = "",
        remedy: str = "",
        key: tuple[str | int, ...] = (),
    ) -> None:
        self.key = key
        where = where or dotted(key)
        self.what, self.where, self.allowed, self.remedy = map(shortened, (what, where, allowed, remedy))
        super().__init__(self.what)

    def __str__(self) -> str:
        lines = [self.what]
        lines += [f"  {label} {text}" for label, text in self.details() if text]
        return "\n".join(lines)

    def at(self, *prefix: str | int) -> InputError:
        """Return the same error with its key below another one."""
        return InputError(self.what, allowed=self.allowed, remedy=self.remedy, key=(*prefix, *self.key))

    def details(self) -> list[tuple[str, str]]:
        """Return the labelled lines below the first one."""
        return [("where:  ", self.where), ("allowed:", self.allowed), ("do:     ", self.remedy)]


def dotted(key: Iterable[str | int]) -> str:
    """Write a key as a person would.

    Examples:
        >>> dotted(("constraints", 0, "yield", "Li"))
        'constraints[0].yield.Li'
    """
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def shortened(text: str) -> str:
    """Return a text as it can be told: a long one without its middle, and nothing that no file can hold."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")  # lone surrogates
    if len(text) <= MOST_SAID:
        return text
    return (
        f"{text[: MOST_SAID // 2]} [... {len(text) - MOST_SAID:,} characters ...] {text[-MOST_SAID // 2 :]}"
    )


def refused(error: OSError) -> InputError:
    """Return what the operating system refused, as an error that the user can mend."""
    path = shortened(str(error.filename)) if error.filename else "a file"
    return InputError(
        f"The system refuses {path}: {error.strerror or error}.",
        remedy="check the path, its permissions and the space left on the disk",
    )


def closest(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` for the nearest known word, or an empty string."""
    if len(str(word)) > MOST_SAID:
        return ""
    match = difflib.get_close_matches(str(word), [str(k) for k in known], n=1, cutoff=0.6)
    return f"did you mean {match[0]!r}?" if match else ""
