"""What is typed after ``ask`` as values."""

from __future__ import annotations

from collections.abc import Sequence

from optimiser._io.errors import InputError
from optimiser.answers.question import Asked
from optimiser.problem.numbers import number
from optimiser.problem.objectives import Objective, read_objective


def asked_of(
    *,
    minimise: str | None = None,
    maximise: str | None = None,
    yields: Sequence[str] = (),
    confidence: float | None = None,
    joint: bool = False,
    acid: str | None = None,
    fix: Sequence[str] = (),
    at_least: Sequence[str] = (),
    at_most: Sequence[str] = (),
    price: Sequence[str] = (),
) -> Asked:
    """Return what is asked from the options of the command.

    Raises:
        InputError: two objectives, ``NAME=VALUE`` that is none, or a name that is given twice.

    Examples:
        >>> asked_of(minimise="cost", yields=["Co=0.9"]).yields
        {'Co': 0.9}
    """
    names = None if acid is None else [name.strip() for name in acid.split(",") if name.strip()]
    return Asked(
        objective=objective_of(minimise, maximise),
        yields=pairs("--yield", yields) or None,
        confidence=confidence,
        joint=joint,
        acid=names,
        fix=pairs("--fix", fix),
        at_least=pairs("--min", at_least),
        at_most=pairs("--max", at_most),
        price=pairs("--price", price),
    )


def pairs(option: str, given: Sequence[str]) -> dict[str, float]:
    """Return numbers by name from ``NAME=VALUE``.

    Raises:
        InputError: one is not of that form, or a name is given twice.
    """
    found: dict[str, float] = {}
    for text in (part for one in given for part in one.split(",")):
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise InputError(
                f"{text!r} is not NAME=VALUE.",
                where=option,
                remedy=f"write e.g. {option} {_EXAMPLES[option]}",
            )
        name = name.strip()
        if name in found:
            raise InputError(
                f"{name} is given twice: {found[name]:g} and {value}.", where=option, remedy="leave one out"
            )
        try:
            found[name] = number(float(value))
        except ValueError:  # an InputError too
            raise InputError(
                f"{value!r} is not a number.", where=f"{option} {text}", remedy="write a number"
            ) from None
    return found


_EXAMPLES = {
    "--yield": "Co=0.9",
    "--fix": "temperature=60",
    "--min": "recovery=0.9",
    "--max": "time=120",
    "--price": "sulfuric=0.2",
}


def objective_of(minimise: str | Objective | None, maximise: str | Objective | None) -> Objective | None:
    """Return the one objective that is asked for: a metric, or ``cost:p90`` for a quantile of it.

    Raises:
        InputError: both are given, there is no such metric, or an objective goes the other way.

    Examples:
        >>> objective_of("cost:p90", None)
        Objective(metric='cost', sign=1, quantile=0.9)
    """
    if minimise is not None and maximise is not None:
        raise InputError(
            "A question has one objective.",
            where="minimise and maximise",
            remedy="leave one out, or search a front of both with optimiser run",
        )
    for verb, metric in (("minimise", minimise), ("maximise", maximise)):
        if isinstance(metric, Objective):
            if metric.verb != verb:
                raise InputError(
                    f"To {verb} an objective that asks to {metric.verb} is contradictory.", where=verb
                )
            return metric
        if metric is not None:
            name, sign, quantile = str(metric).partition(":")
            return read_objective(verb, {name: quantile} if sign else name)
    return None
