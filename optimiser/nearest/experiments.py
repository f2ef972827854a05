"""The experiments nearest to designs, in the distance that the applicability domain measures."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError
from optimiser.nearest.samples import domain_of, samples, yields_of
from optimiser.problem.bound import BoundProblem
from optimiser.surrogate.domain import Neighbourhood
from optimiser.surrogate.features import of_cathode
from optimiser.surrogate.stoichiometry import breaks
from optimiser.surrogate.training_table import TrainingTable, acid_names, feed_names
from optimiser.systems.system import System
from optimiser.systems.table import SystemTable
from optimiser.variables import CONTINUOUS, Designs, Floats, Ints

#: How many experiments are shown for each design.
NUMBER = 5
#: Said wherever studies are numbered.
SOURCES = (
    "The training table names no papers: a study is a run of neighbouring rows with one feed and one acid. "
    "Neighbouring studies may be one paper, and one study may be several."
)


def distance_columns(system: System) -> list[str]:
    """Return the columns of what each setpoint and the feed add to a distance."""
    return [*(f"distance_{name}" for name in system.names), "distance_feed"]


def nearest_experiments(
    problem: BoundProblem,
    designs: Designs,
    table: TrainingTable | SystemTable | None,
    number: int = NUMBER,
) -> pd.DataFrame:
    """Return the experiments with each design's acid that are nearest to it.

    Of an experiment that was sampled several times only the sample nearest in time counts. Distances are
    those of the applicability domain, in standard deviations of the data; their squares add up.

    Args:
        problem: says the feed, the acids that designs count, and the surrogate.
        designs: n designs.
        table: the training table; None for what the artefact holds, which has few yields.
        number: of experiments for each design; fewer where the acid has fewer.

    Returns:
        Rank from 1 and number of the design from 1; ``row`` in the sheet and ``study``, missing where not
        known; feed and acid, or option; conditions, with solids as g of cathode per L; ``yield_X`` as
        fractions, NaN where absent or not known; ``distance``, and what each variable and the feed add to
        it; ``breaks_stoichiometry``, missing where not known; ``source``. No row for a design
        whose acid is not in the data.

    Raises:
        InputError: ``number`` is less than 1.
    """
    if number < 1:
        raise InputError(
            f"{number} experiments are too few.", where=f"--number {number}", allowed="1 or more"
        )
    system, names = problem.system, list(problem.system.names)
    known = samples(problem.surrogate, table)
    domain = domain_of(known, problem.surrogate.domain, system)
    found = [known.iloc[:0]]
    for k in np.unique(designs.acid):
        near = domain.neighbourhood(problem.feed, problem.acids[k])
        if not len(near.of_acid):
            continue
        mine, of = known.iloc[near.of_acid], np.flatnonzero(designs.acid == k)
        for i, square in zip(of, near.square_distances(designs.continuous[of]), strict=True):
            chosen = _nearest(square, mine["experiment"].to_numpy(), number)
            rows = mine.iloc[chosen].assign(
                rank=np.arange(len(chosen)) + 1,
                design=int(i) + 1,
                acid=problem.acids[k].name,
                distance=np.sqrt(square[chosen]),
            )
            if (j := domain.space.along) is not None:
                time = names[j]
                rows[time] = np.clip(designs.continuous[i, j], rows["first"], rows[time])
            # of as much cathode in the feed, which is what distances compare
            conditions = of_cathode(rows[names].to_numpy(dtype=np.float64), 1.0 / near.share)
            rows[distance_columns(system)] = _parts(near, designs.continuous[i], conditions, chosen)
            found.append(rows)
    frame = pd.concat(found[1:] or found).reindex(columns=_columns(system))
    return frame.sort_values(["design", "rank"], kind="stable", ignore_index=True)


def _columns(system: System) -> list[str]:
    told = ["rank", "design", "row", "study", "feed", "acid", *system.names, *yields_of(system), "distance"]
    return [*told, *distance_columns(system), "breaks_stoichiometry", "source"]


def _nearest(distances: Floats, experiments: Ints, number: int) -> Ints:
    """Return where the nearest samples stand, nearest first, one of each experiment, shape (<= number,)."""
    order = np.argsort(distances, kind="stable")
    _, first = np.unique(experiments[order], return_index=True)
    return order[np.sort(first)[:number]]


def _parts(near: Neighbourhood, design: Floats, conditions: Floats, chosen: Ints) -> Floats:
    """Return the distance by variable and by feed of chosen samples, as `distance_columns`, shape (c, v + 1).

    What a variable adds is how far the sample's own conditions are from it when that variable alone is set to
    the design's.
    """
    variables = conditions.shape[1]
    one_moved = np.where(np.eye(variables, dtype=bool), design, conditions[:, None])  # (c, v, v)
    tried = np.concatenate([one_moved, conditions[:, None]], axis=1)
    square = near.square_distances(tried.reshape(-1, variables)).reshape(len(chosen), variables + 1, -1)
    own = square[np.arange(len(chosen)), :, chosen]  # each to its own sample
    feed = own[:, -1:]
    parts: Floats = np.sqrt(np.hstack([np.maximum(own[:, :-1] - feed, 0.0), feed]))
    return parts


def studies(table: TrainingTable) -> pd.DataFrame:
    """Return one row per study of a training table, in its order.

    Returns:
        ``study`` from 1, ``first_row`` and ``last_row`` in the sheet, ``feed``, ``acid``, ``experiments``,
        ``rows``, ``NAME_low`` and ``NAME_high`` of each variable of ``CONTINUOUS``, and how many of the rows
        break stoichiometry.
    """
    frame = pd.DataFrame(table.continuous, columns=list(CONTINUOUS)).assign(
        study=table.studies + 1,
        row=np.arange(len(table)) + 2,
        feed=feed_names(table.feed),
        acid=acid_names(table),
        experiment=table.experiments,
        broken=breaks(table),
    )
    ends = {f"{v}_{end}": (v, how) for v in CONTINUOUS for end, how in (("low", "min"), ("high", "max"))}
    found = frame.groupby("study", as_index=False).agg(
        first_row=("row", "first"),
        last_row=("row", "last"),
        feed=("feed", "first"),
        acid=("acid", "first"),
        experiments=("experiment", "nunique"),
        rows=("row", "size"),
        **ends,
        breaks_stoichiometry=("broken", "sum"),
    )
    return pd.DataFrame(found)
