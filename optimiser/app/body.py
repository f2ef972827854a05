"""What a page sends: JSON of bounded size, read into plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from optimiser._io.errors import InputError

#: Bytes of a message.
MOST = 2_000_000


async def body_of(request: Request) -> dict[str, Any]:
    """Return the JSON object that a page sent.

    Raises:
        InputError: it is none, or larger than any page sends.
    """
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MOST:
            raise InputError(f"The message is larger than {MOST // 1_000_000} MB.", remedy="send less")
    try:
        told = json.loads(bytes(content))
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise InputError("The message is no JSON object.", remedy="reload the page")
    return told


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
