"""How far a long command is, as lines of JSON in a file, for a program that has started it.

Where the environment variable ``OPTIMISER_PROGRESS`` names a file, each step is appended to it as one record:
``what`` is done, ``done`` steps ``of`` how many, and what else is known, such as the hypervolume.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

VARIABLE = "OPTIMISER_PROGRESS"
#: Seconds between two records of the same thing; the last one is always told.
_EVERY = 0.1


def recorder() -> Callable[..., None] | None:
    """Return what to call with ``what``, ``done``, ``of`` and more by name; None where nobody reads it."""
    path = os.environ.get(VARIABLE)
    if not path:
        return None
    last: dict[str, float] = {}

    def record(what: str, done: int, of: int, **more: Any) -> None:
        now = time.monotonic()
        if done < of and now - last.get(what, -_EVERY) < _EVERY:
            return
        last[what] = now
        line = json.dumps({"what": what, "done": done, "of": of, **more})
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    return record
