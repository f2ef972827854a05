"""What a figure of merit is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from optimiser.problem.outcome import Outcome
from optimiser.process.inputs import ProcessInputs
from optimiser.process.system_inputs import AnyInputs, SystemInputs
from optimiser.variables import Floats


def _always(inputs: ProcessInputs) -> bool:
    return True


@dataclass(frozen=True)
class Metric:
    """One figure of merit, computed for all designs at once.

    ``meaning`` says what it is without its symbols; ``digits`` is how many decimals a person wants to see;
    ``better`` is the usual direction; ``low`` and ``high`` are the least and most that is possible. ``given``
    tells whether the numbers of a problem on cathodes suffice to compute it, and ``needs`` what to write
    where they do not. ``uses`` is what the numbers of any other system have to have for it
    (`optimiser.process.system_needs.PARTS`); ``cathode`` where it is of cathodes alone.
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
    uses: tuple[str, ...] = ("cathode",)

    def lacks(self, inputs: AnyInputs) -> str:
        """Say what a problem's numbers lack to compute it; nothing where they suffice."""
        if isinstance(inputs, SystemInputs):
            said = inputs.lacks(self.uses)
            return f"{self.name} needs {said}" if said else ""
        return "" if self.given(inputs) else self.needs or "give the feed by its assay"

    def computed(self, inputs: AnyInputs) -> bool:
        """Return whether a problem's numbers suffice to compute it."""
        return not self.lacks(inputs)
