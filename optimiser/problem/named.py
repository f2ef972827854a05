"""The yield model that a problem names."""

from __future__ import annotations

from optimiser._io.errors import InputError
from optimiser.problem.schema import Problem
from optimiser.surrogate.artefact import Surrogate, load_surrogate


def surrogate_of(question: Problem) -> Surrogate:
    """Read the artefact that a problem names: a path or name, beside the problem's file first.

    Raises:
        InputError: there is none, or it cannot be read; with the problem's file and line.
    """
    beside = None if question.source is None else question.source.problem.path.parent
    try:
        return load_surrogate(question.surrogate, beside=beside)
    except InputError as error:
        raise InputError(
            error.what,
            where=f"{question.where('surrogate')}: {error.where}".rstrip(": "),
            allowed=error.allowed,
            remedy=error.remedy,
        ) from None


def refuse_other_system(question: Problem, surrogate: Surrogate, name: str) -> None:
    """Refuse a yield model of another system than the problem's.

    Raises:
        InputError: it is of another one.
    """
    if surrogate.system.name != name:
        raise InputError(
            f"The surrogate {surrogate.name} is of {surrogate.system.name}, the problem of {name}.",
            where=question.where("surrogate"),
            allowed=f"a yield model of {name}",
            remedy="optimiser list models",
        )
