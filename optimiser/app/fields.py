"""What a page sends, read part by part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optimiser._io.errors import InputError


def text_in(told: Mapping[str, Any], key: str, default: str | None = None) -> str:
    """Return a text of a message.

    Args:
        told: the message.
        key: of the text.
        default: where it is left out; None where it must be there.

    Raises:
        InputError: it is missing, or no text.
    """
    value = told.get(key, default)
    if not isinstance(value, str):
        raise InputError(f"{key} is missing, or no text.", key=(key,), remedy="fill it in")
    return value


def texts_in(told: Mapping[str, Any], key: str) -> dict[str, str]:
    """Return the texts by name of a message; none where it has none.

    Raises:
        InputError: it holds something else.
    """
    value = told.get(key) or {}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise InputError(f"{key} holds something else than texts by name.", key=(key,))
    return value
