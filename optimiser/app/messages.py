"""What a page sends: JSON of a known shape, or an error at the field that has another."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from optimiser._io.errors import InputError, closest

#: Bytes of one message.
MOST = 2_000_000


class Message(BaseModel):
    """What a page sends; fields that it does not know are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Kind = TypeVar("Kind", bound=Message)


async def message(request: Request, kind: type[Kind]) -> Kind:
    """Return the JSON of a request as a message of its kind.

    Raises:
        InputError: it is longer than `MOST`, no JSON, or a field has another shape; ``key`` names the field.
    """
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MOST:
            raise InputError(f"This is more than {MOST // 1_000_000} MB at once.", remedy="send less")
    none = InputError("This is no JSON object.", remedy="load the page again")
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        raise none from None
    try:
        found = kind.model_validate(told)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["type"] != "finite_number" and not _lasts(told):
            raise none from None
        raise InputError(f"{first['msg']}.", key=first["loc"], remedy="correct this field") from None
    if not _lasts(told):
        raise none
    return found


def _lasts(told: Any) -> bool:
    """Return whether files and pages can read it again: they know no NaN and no lone surrogates."""
    try:
        json.dumps(told, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return False
    return True


def one_of(name: str, known: Collection[str], key: str) -> str:
    """Return a name that a page has sent, which is one of those that exist.

    Args:
        name: as it came; empty where none was chosen.
        known: what may be chosen.
        key: of the field.

    Raises:
        InputError: it is none of them.
    """
    if name and name not in known:
        raise InputError(
            f"There is no {key} {name[:100]!r} here.",
            allowed=", ".join(known),
            remedy=closest(name, known) or "choose one of the list",
            key=(key,),
        )
    return name
