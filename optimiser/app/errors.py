"""Errors as the page gets them: those of the command line, in parts, so that each stands at its field."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from optimiser._io.errors import InputError, refused


def told(error: InputError) -> dict[str, Any]:
    """Return the parts of an error.

    Examples:
        >>> told(InputError("2 is no share.", key=("constraints", 0, "yield", "Co")))["key"]
        ['constraints', 0, 'yield', 'Co']
    """
    return {
        "what": error.what,
        "where": error.where,
        "allowed": error.allowed,
        "remedy": error.remedy,
        "key": list(error.key),
    }


async def answer_error(request: Request, error: Exception) -> JSONResponse:
    """Answer what the user can correct, with status 422."""
    known = error if isinstance(error, InputError) else refused(error) if isinstance(error, OSError) else None
    if known is None:
        raise error
    return JSONResponse({"error": told(known)}, status_code=422)
