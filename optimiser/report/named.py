"""A design by names, as JSON tells it."""

from __future__ import annotations

from typing import Any

from optimiser.problem.bound import BoundProblem
from optimiser.systems.system import Option
from optimiser.variables import Designs


def named_design(problem: BoundProblem, designs: Designs, row: int) -> dict[str, Any]:
    """Return a design by the names of its setpoints, and of its acid or the system's choices."""
    acid, choices = problem.acids[int(designs.acid[row])], problem.system.choices
    said: dict[str, Any] = (
        dict(zip(choices, acid.values, strict=True)) if isinstance(acid, Option) else {"acid": acid.name}
    )
    return said | dict(zip(problem.system.names, designs.continuous[row].tolist(), strict=True))
