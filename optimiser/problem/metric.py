"""What a figure of merit is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from optimiser.problem.outcome import Outcome
from optimiser.process.inputs import ProcessInputs
from optimiser.variables import Floats


def _always(inputs: ProcessInputs) -> bool:
    return True


@dataclass(frozen=True)
class Metric:
    """One figure of merit, computed for all designs at once.

    ``meaning`` says what it is without its symbols; ``digits`` is how many decimals a person wants to see;
    ``better`` is the usual direction; ``low`` and ``high`` are the least and most that is possible. ``given``
    tells whether a problem's numbers suffice to compute it, and ``needs`` what to write where they do not.
    """

    name: str
    label: str
    meaning: str
    unit: str
    better: Literal["lower", "higher"]
    digits: int
    compute: Callable[[Outcome], Floats]
    low: float = 0.0
    high: float = math.inf
    given: Callable[[ProcessInputs], bool] = _always
    needs: str = ""
