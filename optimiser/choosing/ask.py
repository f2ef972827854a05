"""What may be asked of a front, and what of it is impossible whatever the front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimiser._io.errors import InputError
from optimiser.choosing.values import is_share

_MOST_DIVERSE = 1000


@dataclass(frozen=True)
class Ask:
    """What is asked of a front; one kind of question at a time.

    Attributes:
        improve: metrics to improve, each as much as possible (None), or up to a value.
        relax: metrics that may get worse, each up to a value.
        keep: metrics that must not get worse.
        start: number of the front's design that these start from, as in ``front.csv``, from 1; None for the
            best one in the first objective.
        reference: values wished for, by metric.
        weights: how much each metric counts, by metric.
        diverse: how many designs that differ most.
        knees: whether to look for knees.
        polish: whether to search on from what is known.
    """

    improve: Mapping[str, float | None] = field(default_factory=dict)
    relax: Mapping[str, float] = field(default_factory=dict)
    keep: Sequence[str] = ()
    start: int | None = None
    reference: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    diverse: int | None = None
    knees: bool = False
    polish: bool = False


def kind_of(ask: Ask) -> str:
    """Return which of classification, reference, weights, diverse and knees is asked for.

    Raises:
        InputError: nothing, or several kinds of things are asked; a metric is named twice; a value is
            impossible.
    """
    kinds = {
        "classification": bool(ask.improve or ask.relax or ask.keep),
        "reference": bool(ask.reference),
        "weights": bool(ask.weights),
        "diverse": ask.diverse is not None,
        "knees": ask.knees,
    }
    asked = [kind for kind, yes in kinds.items() if yes]
    if len(asked) != 1:
        raise InputError(
            "Nothing is asked." if not asked else f"Several things are asked at once: {', '.join(asked)}.",
            allowed="one of improve (with relax and keep), reference, weights, diverse and knees",
            remedy="for example: --improve climate_change --relax cost=1.2",
        )
    if asked == ["classification"] and not ask.improve:
        raise InputError("Nothing is to improve.", remedy="add --improve METRIC")
    if ask.polish and asked[0] in ("diverse", "knees"):
        raise InputError(
            f"{asked[0]} takes what is known: there is nothing to polish.", remedy="leave it out"
        )
    _check_pairs(ask)
    return asked[0]


def _check_pairs(ask: Ask) -> None:
    roles = {"improve": ask.improve, "relax": ask.relax, "keep": ask.keep}
    said: dict[str, str] = {}
    for role, names in roles.items():
        for name in names:
            if name in said:
                raise InputError(
                    f"{name} stands under {said[name]} and again under {role}.",
                    allowed="each metric once, in one of improve, relax and keep",
                    remedy=f"choose what is to become of {name}",
                )
            said[name] = role
    for option in ("improve", "relax", "reference", "weights"):
        given: Mapping[str, float | None] = getattr(ask, option)
        for name, value in given.items():
            if value is None and option == "improve":
                continue
            _check_value(option, name, value)
    if ask.diverse is not None and not 2 <= ask.diverse <= _MOST_DIVERSE:
        raise InputError(
            f"{ask.diverse} designs cannot differ most.", where="diverse", allowed=f"2 to {_MOST_DIVERSE}"
        )


def _check_value(option: str, name: str, value: Any) -> None:
    where = f"{option} {name}={value}"
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not is_number or not np.isfinite(value):
        raise InputError(f"{option} {name} needs a number.", where=where, remedy=f"write e.g. {name}=1.2")
    if option == "weights":
        if value <= 0.0:
            raise InputError(f"A weight of {value:g} is not possible.", where=where, allowed="above 0")
    elif is_share(name) and not 0.0 <= value <= 1.0:
        raise InputError(f"{name} = {value:g} is not possible: it is a share.", where=where, allowed="0 to 1")
