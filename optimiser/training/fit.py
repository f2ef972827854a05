"""Fit the yield model that ships: its members, and a few anchors that stand for all training rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from optimiser.surrogate.encoding import encoding_of
from optimiser.surrogate.fitted import Fitted, Predictor
from optimiser.surrogate.training_table import TrainingTable
from optimiser.surrogate.trees import flatten
from optimiser.systems.table import SystemTable
from optimiser.training.members import MEMBERS, Member, fit_member, mixture, pair_columns
from optimiser.variables import Ints

#: Rows among which anchors are chosen, at most: comparing every two takes time that grows with their square.
MOST_CANDIDATES = 1_000
#: Called with what has been done, out of how much, and what comes next.
Progress = Callable[[int, int, str], None]
#: Called with what is fitted next.
Step = Callable[[str], None]


@dataclass(frozen=True)
class Recipe:
    """A model to fit, whichever it is.

    Attributes:
        model: what it is, for its card.
        settings: hyperparameters.
        steps: how often one fit calls its step.
        fit: fits it on rows of a table.
    """

    model: str
    settings: Mapping[str, Any]
    steps: int
    fit: Callable[[Any, Ints, Step], Predictor]


@dataclass(frozen=True)
class TrainSettings:
    """How the yield model is fitted; the defaults are those of the shipped artefact.

    Attributes:
        members: what is fitted and averaged.
        n_anchors: training rows kept to compare designs with.
        random_state: seed.
    """

    members: tuple[Member, ...] = MEMBERS
    n_anchors: int = 64
    random_state: int = 0


def shipped_recipe(settings: TrainSettings | None = None) -> Recipe:
    """Return the recipe of the model that ships; with its own settings if none are given."""
    settings = settings or TrainSettings()
    return Recipe(
        "two PD-GBR (gradient boosting on pairwise differences) and four gradient boostings, mostly monotone",
        asdict(settings),
        len(settings.members) + 1,  # and the anchors
        lambda table, rows, step: fit(table, rows, settings, step),
    )


def fit(
    table: TrainingTable | SystemTable, rows: Ints, settings: TrainSettings, progress: Step = lambda _: None
) -> Fitted:
    """Fit every member on the given rows, keep the anchors that stand for all of them.

    Args:
        table: training table.
        rows: which rows to fit on.
        settings: hyperparameters.
        progress: called with a member's name before its fit begins, and with "anchors".
    """
    every = fit_members(table, rows, settings, progress)
    progress("anchors")
    if len(rows) > MOST_CANDIDATES:
        rng = np.random.default_rng(settings.random_state)
        every = every.take(np.sort(rng.choice(len(rows), MOST_CANDIDATES, replace=False)))
    return every.take(choose_anchors(every, settings.n_anchors))


def fit_members(
    table: TrainingTable | SystemTable, rows: Ints, settings: TrainSettings, progress: Step = lambda _: None
) -> Fitted:
    """Fit every member on the given rows; every row becomes an anchor. Arguments as for :func:`fit`."""
    encoding = encoding_of(table.system)
    features = encoding.table_matrix(table)[rows]
    seen = encoding.columns(features)
    forests = []
    for member in settings.members:
        progress(member.name)
        boosters = fit_member(
            member, seen, table.yields[rows], table.experiments[rows], settings.random_state, encoding
        )
        forests.append(flatten(boosters, pair_columns(member, encoding), table.yields.shape[1]))
    pairs = list(zip(settings.members, forests, strict=True))
    anchored = table.yields[rows]
    if not table.system.is_cathode:  # a study may take a response with it; `held_out` asks for none of it
        anchored = np.where(np.isnan(anchored).all(axis=0), 0.0, anchored)
    return Fitted(
        tuple(forest for member, forest in pairs if member.paired),
        tuple(forest for member, forest in pairs if not member.paired),
        features,
        anchored,
        mixture(settings.members, encoding.system),
        encoding,
    )


def choose_anchors(fitted: Fitted, n_anchors: int) -> Ints:
    """Choose anchors whose votes have nearly the mean and the spread of the votes of all of them.

    Greedy, in the manner of kernel herding (Chen, Welling and Smola 2010, arXiv:1203.3472): each step takes
    the anchor that brings mean and standard deviation over those taken nearest to those over all, in the
    squared sum over training rows and metals. Herding the mean alone would take the most central anchors and
    understate the spread by a third. Only rows with every metal are taken, so that each metal keeps them all.

    Returns:
        Indices of the anchors, in the order chosen: the first few are the best few. At most ``n_anchors``, or
        all rows where none has every metal.
    """
    held = ~np.isnan(fitted.yields)  # (m, 4)
    candidates = np.flatnonzero(held.all(axis=1))
    if n_anchors >= len(held) or not len(candidates):
        # each metal's first row, then each one's second: the first few know every metal
        turn = np.where(held, np.cumsum(held, axis=0), np.inf).min(axis=1)
        return np.argsort(turn, kind="stable")
    votes = fitted.votes(fitted.features).mean(axis=0)  # of the members on pairs
    apart, spread = [], []
    for k in range(fitted.yields.shape[1]):
        mine = votes[held[:, k], k]
        every = mine[:, held[:, k]]
        apart.append(mine[:, candidates] - every.mean(axis=1, keepdims=True))
        spread.append(every.std(axis=1, keepdims=True))
    first, second = ([np.zeros((len(a), 1)) for a in apart] for _ in range(2))
    chosen: list[int] = []
    for step in range(1, min(n_anchors, len(candidates)) + 1):
        cost = np.zeros(len(candidates))
        for k in range(fitted.yields.shape[1]):
            mean = (first[k] + apart[k]) / step
            deviation = np.sqrt(np.maximum((second[k] + apart[k] ** 2) / step - mean**2, 0.0))
            cost += (mean**2 + (deviation - spread[k]) ** 2).sum(axis=0)
        cost[chosen] = np.inf
        best = int(np.argmin(cost))
        chosen.append(best)
        for k in range(fitted.yields.shape[1]):
            first[k] += apart[k][:, [best]]
            second[k] += apart[k][:, [best]] ** 2
    return np.asarray(candidates[chosen], dtype=np.intp)
