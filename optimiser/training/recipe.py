"""How a model is fitted, whichever it is: what holding out, calibrating and writing need to know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from optimiser._io.errors import InputError, closest
from optimiser.surrogate.features import METALS
from optimiser.surrogate.fitted import Predictor
from optimiser.surrogate.training_table import TrainingTable
from optimiser.training.compare.candidates import SHIPPED, Candidate, candidates
from optimiser.training.compare.rival import fit_rival
from optimiser.training.fit import TrainSettings, fit
from optimiser.variables import Ints

#: Called with what is fitted next.
Step = Callable[[str], None]


@dataclass(frozen=True)
class Recipe:
    """A model to fit.

    Attributes:
        model: what it is, as its card tells it.
        settings: hyperparameters.
        steps: times that one fit says what comes next.
        fit: fits it on rows of a table.
    """

    model: str
    settings: Mapping[str, Any]
    steps: int
    fit: Callable[[TrainingTable, Ints, Step], Predictor]


def recipe(model: str = SHIPPED) -> Recipe:
    """Return the recipe of a model by name.

    Raises:
        InputError: no such model.
    """
    known = candidates()
    if model not in known:
        raise InputError(
            f"There is no model {model!r}.", allowed=", ".join(known), remedy=closest(model, known)
        )
    return tree_recipe() if model == SHIPPED else rival_recipe(known[model])


def tree_recipe(settings: TrainSettings | None = None) -> Recipe:
    """Return the recipe of the mean of members that ships; with its own settings if none are given."""
    settings = settings or TrainSettings()
    return Recipe(
        "two PD-GBR (gradient boosting on pairwise differences) and four gradient boostings, mostly monotone",
        asdict(settings),
        len(settings.members) + 1,  # and the anchors
        lambda table, rows, step: fit(table, rows, settings, step),
    )


def rival_recipe(candidate: Candidate) -> Recipe:
    """Return the recipe of a rival, on all features."""
    return Recipe(
        candidate.label,
        dict(candidate.settings),
        len(METALS),
        lambda table, rows, step: fit_rival(candidate, table, rows, step=step),
    )
