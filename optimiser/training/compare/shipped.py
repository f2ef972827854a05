"""The shipped default among the candidates: its stored held-out predictions, intervals and domain."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from optimiser._io import builtin
from optimiser.surrogate.domain import fit_domain
from optimiser.surrogate.training_table import TrainingTable
from optimiser.training.calibrate import Evidence, gather, ratio
from optimiser.training.compare.candidates import SHIPPED
from optimiser.training.compare.predict import OutOfFold
from optimiser.training.fit import Progress
from optimiser.training.folds import read_folds
from optimiser.training.held_out import HeldOut, hold_out
from optimiser.training.nested import nested_yields
from optimiser.training.protocols import PROTOCOLS, make_folds
from optimiser.training.recipe import tree_recipe
from optimiser.training.scores import LEVELS
from optimiser.training.train import limited
from optimiser.variables import Bools


def stored(table: TrainingTable) -> dict[str, HeldOut] | None:
    """Return the shipped model's held-out predictions, None where they are of another table or settings."""
    return read_folds(builtin.folder("models") / SHIPPED, table, tree_recipe().settings)


def held_out(
    table: TrainingTable,
    *,
    anew: Collection[str] = (),
    only: int | None = None,
    progress: Progress = lambda *_: None,
) -> dict[str, HeldOut]:
    """Return the shipped model's predictions of every protocol: those stored, else fitted now.

    Args:
        table: training table.
        anew: protocols to fit whatever is stored; all of them where nothing is.
        only: number of the one fold to fit, from 0; the others stay NaN.
        progress: called with the steps done, the steps in all, and what comes next.

    Raises:
        InputError: too few groups for the folds, or stored predictions that cannot be read.
    """
    known = stored(table) or {}
    todo = [protocol for protocol in PROTOCOLS if protocol in anew or protocol not in known]
    shipped = tree_recipe()
    folds = sum(1 if only is not None else len(make_folds(table, protocol)) for protocol in todo)
    steps, done = folds * shipped.steps, iter(range(folds * shipped.steps))
    fresh = {
        protocol: hold_out(
            table, protocol, shipped, lambda what: progress(next(done), steps, what), only=only
        )
        for protocol in todo
    }
    return {protocol: fresh.get(protocol, known.get(protocol)) for protocol in PROTOCOLS}  # type: ignore[misc]


def evidence(table: TrainingTable, held: Mapping[str, HeldOut]) -> Evidence:
    """Return the evidence of a table with the domain's limits that held-out predictions set."""
    return gather(table, limited(fit_domain(table, np.arange(len(table))), table, held))


def out_of_fold(found: Evidence, held: Mapping[str, HeldOut], protocol: str) -> OutOfFold:
    """Return calibrated predictions of a protocol's test rows; the intervals are nested."""
    measured = held[protocol]
    expected, intervals = nested_yields(found, held, protocol, LEVELS)
    return OutOfFold(measured.fold, expected, measured.spread, intervals)


def inside(found: Evidence, held: Mapping[str, HeldOut]) -> dict[str, Bools]:
    """Return which rows are inside the applicability domain of their fold, by protocol, shape (n,) each."""
    return {
        protocol: np.asarray(ratio(found, measured) <= 1.0, dtype=np.bool_)
        for protocol, measured in held.items()
    }
