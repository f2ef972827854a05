"""The experiments nearest to designs, in the distance that the applicability domain measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimiser._io.errors import InputError
from optimiser.nearest.samples import TIME, UNKNOWN, samples
from optimiser.problem.problem import Problem
from optimiser.surrogate.domain import Neighbourhood
from optimiser.surrogate.features import PREDICTED_METALS as METALS
from optimiser.surrogate.training_table import TrainingTable, feed_names
from optimiser.variables import CONTINUOUS, Designs, Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

#: How many experiments are told of each design.
NUMBER = 5
DISTANCES = (*(f"distance_{name}" for name in CONTINUOUS), "distance_feed")


def nearest_experiments(
    problem: Problem, designs: Designs, table: TrainingTable | None, number: int = NUMBER
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
        known; feed and acid; conditions; ``yield_X`` as fractions, NaN where absent or not known;
        ``distance``, and what each variable and the feed add to it; ``breaks_stoichiometry``, missing where
        not known; ``source``. No row for a design whose acid is not in the data.

    Raises:
        InputError: ``number`` is less than 1.
    """
    import pandas as pd

    if number < 1:
        raise InputError(
            f"{number} experiments cannot be told.", where=f"--number {number}", allowed="1 or more"
        )
    known = samples(problem.surrogate, table)
    domain = known.domain(problem.surrogate.domain)
    feeds = feed_names(known.feed)
    records = []
    for k in np.unique(designs.acid):
        near = domain.neighbourhood(problem.feed, problem.acids[k])
        if not len(near.of_acid):
            continue
        of = np.flatnonzero(designs.acid == k)
        square = near.square_distances(designs.continuous[of])
        for i, distances in zip(of.tolist(), np.sqrt(square), strict=True):
            chosen = _nearest(distances, known.experiment[near.of_acid], number)
            place = near.of_acid[chosen]
            design = designs.continuous[i]
            conditions = known.continuous[place].copy()
            conditions[:, TIME] = np.clip(design[TIME], known.first[place], conditions[:, TIME])
            parts = _parts(near, design, conditions, chosen)
            for rank, (at, row) in enumerate(zip(chosen.tolist(), place.tolist(), strict=True)):
                records.append(
                    {
                        "rank": rank + 1,
                        "design": i + 1,
                        "row": _told(known.row[row]),
                        "study": _told(known.study[row]),
                        "feed": str(feeds[row]),
                        "acid": problem.acids[k].name,
                        **dict(zip(CONTINUOUS, conditions[rank].tolist(), strict=True)),
                        **{f"yield_{m}": float(y) for m, y in zip(METALS, known.yields[row], strict=True)},
                        "distance": float(distances[at]),
                        **dict(zip(DISTANCES, parts[rank].tolist(), strict=True)),
                        "breaks_stoichiometry": None
                        if np.isnan(known.breaks[row])
                        else bool(known.breaks[row]),
                        "source": str(known.source[row]),
                    }
                )
    names = ("rank", "design", "row", "study", "feed", "acid", *CONTINUOUS)
    names = (*names, *(f"yield_{m}" for m in METALS), "distance", *DISTANCES)
    frame = pd.DataFrame(records, columns=[*names, "breaks_stoichiometry", "source"])
    frame = frame.astype({"row": "Int64", "study": "Int64", "breaks_stoichiometry": "boolean"})
    return frame.sort_values(["design", "rank"], kind="stable", ignore_index=True)


def _told(number: np.intp) -> int | None:
    return None if number == UNKNOWN else int(number)


def _nearest(distances: Floats, experiments: Ints, number: int) -> Ints:
    """Return where the nearest samples stand, nearest first, one of each experiment, shape (<= number,)."""
    order = np.argsort(distances, kind="stable")
    _, first = np.unique(experiments[order], return_index=True)
    return order[np.sort(first)[:number]]


def _parts(near: Neighbourhood, design: Floats, conditions: Floats, chosen: Ints) -> Floats:
    """Return the distance by variable and by feed of chosen samples, in the order of `DISTANCES`, (c, 6).

    What a variable adds is how far the sample's own conditions are from it when that variable alone is set to
    the design's.
    """
    one_moved = np.where(np.eye(len(CONTINUOUS), dtype=bool), design, conditions[:, None])  # (c, 5, 5)
    tried = np.concatenate([one_moved, conditions[:, None]], axis=1)
    square = near.square_distances(tried.reshape(-1, len(CONTINUOUS))).reshape(len(chosen), 6, -1)
    own = square[np.arange(len(chosen)), :, chosen]  # each to its own sample
    feed = own[:, -1:]
    parts: Floats = np.sqrt(np.hstack([np.maximum(own[:, :-1] - feed, 0.0), feed]))
    return parts
