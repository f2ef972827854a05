"""What a page sends: JSON of a known shape, or an error at the field that has another."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from optimiser._io.errors import InputError, closest

#: Bytes of one request.
MOST = 2_000_000


class Asked(BaseModel):
    """A request; fields that it does not know are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Kind = TypeVar("Kind", bound=Asked)


async def _content(request: Request) -> bytes:
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MOST:
            raise InputError(f"This is more than {MOST // 1_000_000} MB at once.", remedy="send less")
    return bytes(content)


async def asked_json(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request whose shape its screen checks.

    Raises:
        InputError: it is longer than `MOST`, or no JSON object.
    """
    try:
        told = _kept(json.loads(await _content(request)))
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        told = None
    if not isinstance(told, dict):
        raise InputError("This is no JSON object.", remedy="load the page again")
    return told


async def asked(request: Request, kind: type[Kind]) -> Kind:
    """Return the JSON of a request as one of its kind.

    Raises:
        InputError: it is longer than `MOST`, no JSON, or a field has another shape; ``key`` names the field.
    """
    try:
        told = kind.model_validate_json(await _content(request))
        _kept(told.model_dump())
        return told
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(f"{first['msg']}.", key=first["loc"], remedy="correct this field") from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("This is no JSON object.", remedy="load the page again") from None


def _kept(told: Any) -> Any:
    """Return what JSON can hold, which files and pages can read again.

    Raises:
        ValueError: it holds more.
    """
    json.dumps(told, ensure_ascii=False, allow_nan=False).encode()
    return told


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
