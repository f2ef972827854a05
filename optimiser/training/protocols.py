"""Which rows train and which test: made before any pairing, scaling or tuning."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from optimiser._io.errors import InputError
from optimiser.surrogate.training_table import TrainingTable
from optimiser.systems.table import SystemTable
from optimiser.variables import Bools, Ints

#: The split of the Toolkit's paper.
TEST_FRACTION, SPLIT_SEED = 0.15, 820
#: Folds of the protocols that hold out whole groups; the least number of rows that `random` tests.
FOLDS = 5
#: Protocols by name, and what each holds out.
PROTOCOLS = {
    "random": f"rows, once: train_test_split(test_size={TEST_FRACTION}, random_state={SPLIT_SEED})",
    "experiment": f"whole experiments: GroupKFold({FOLDS}), in table order",
    "study": f"whole studies: GroupKFold({FOLDS}), in table order",
}
#: Protocols of a user's own system. What is held out whole: each group alone where there are few, so that the
#: figures hang on luck less; ``FOLDS`` folds from ``MANY_GROUPS`` groups on.
SYSTEM_PROTOCOLS = ("row", "experiment", "study")
MANY_GROUPS, MOST_FOLDS = 100, 10
#: Number of the fold of rows that no fold tests.
UNTESTED = -1
_LEAST_ROWS = 5  # of each metal, to train on


@dataclass(frozen=True)
class Fold:
    """Rows of one fold, ascending in ``test``; a row may be in neither.

    Attributes:
        train: rows to fit on, shape (k,).
        test: rows to predict, shape (m,).
    """

    train: Ints
    test: Ints


def make_folds(table: TrainingTable | SystemTable, protocol: str) -> tuple[Fold, ...]:
    """Return the folds of a protocol.

    ``random`` is the one split of the Toolkit's paper. ``experiment`` and ``study`` hold out each group once.
    A study is a run of neighbouring rows, so an experiment may be in two studies; the training rows of a
    ``study`` fold whose experiment is tested in it are left out, so that no experiment is ever on both sides.

    Args:
        table: training table.
        protocol: of :data:`PROTOCOLS`.

    Raises:
        InputError: too few experiments, studies or rows of a metal.
    """
    folds = _random(table) if protocol == "random" else _grouped(table, protocol)
    for number, fold in enumerate(folds):
        rows = table.present[fold.train].sum(axis=0)
        if rows.min() < _LEAST_ROWS and (table.system.is_cathode or protocol != "study"):
            metal = table.system.responses[int(rows.argmin())]
            raise InputError(
                f"Fold {number + 1} of protocol {protocol!r} has {rows.min()} training rows with {metal}.",
                where=str(table.path),
                allowed=f"{_LEAST_ROWS} or more of each of {', '.join(table.system.responses)} in every fold",
                remedy="add experiments to the table",
            )
    return folds


def protocols_of(table: TrainingTable | SystemTable) -> tuple[str, ...]:
    """Return the protocols that a table can be judged by: without ``study`` where a system has only one."""
    if table.system.is_cathode:
        return tuple(PROTOCOLS)
    return SYSTEM_PROTOCOLS if len(np.unique(table.studies)) > 1 else SYSTEM_PROTOCOLS[:2]


def predictable(table: TrainingTable | SystemTable, fold: Fold) -> Bools:
    """Return which responses a fold has training rows enough to predict, shape (m,).

    A whole study held out of a system's table may take a response with it, as an element that only one feed
    has; of cathodes such folds are refused.
    """
    return np.asarray(table.present[fold.train].sum(axis=0) >= _LEAST_ROWS, dtype=np.bool_)


def number_of_folds(groups: int) -> int:
    """Return into how many folds the groups of a system's table are parted.

    Examples:
        >>> [number_of_folds(n) for n in (4, 27, 80, 200)]
        [4, 10, 10, 5]
    """
    return FOLDS if groups >= MANY_GROUPS else min(groups, MOST_FOLDS)


def described_folds(table: TrainingTable | SystemTable, protocol: str) -> str:
    """Return in words what a protocol of a system holds out, for its card."""
    if protocol == "row":
        return f"rows, in {number_of_folds(len(table))} folds drawn at random"
    many = len(np.unique(units(table, protocol)))
    kind, folds = ("studies" if protocol == "study" else "experiments"), number_of_folds(many)
    return f"each of {many} {kind}" if folds == many else f"{many} whole {kind} in {folds} folds"


def fold_numbers(folds: tuple[Fold, ...], rows: int) -> Ints:
    """Return the number of the fold that tests each row, from 0, -1 where none does, shape (rows,)."""
    numbers = np.full(rows, UNTESTED, dtype=np.intp)
    for number, fold in enumerate(folds):
        numbers[fold.test] = number
    return numbers


def units(table: TrainingTable | SystemTable, protocol: str) -> Ints:
    """Return the group that each row is held out with, shape (n,): its study, else its experiment."""
    if protocol == "row":
        return np.arange(len(table))
    return table.studies if protocol == "study" else table.experiments


def _random(table: TrainingTable | SystemTable) -> tuple[Fold, ...]:
    from sklearn.model_selection import train_test_split

    _check_many(table.experiments, "experiments", table, "protocol 'random'")
    # scikit-learn rounds up, too
    tested = math.ceil(TEST_FRACTION * len(table))
    if tested < FOLDS:
        raise InputError(
            f"The table has {len(table)} rows, of which protocol 'random' would test {tested}: too few.",
            where=str(table.path),
            allowed=f"{math.floor((FOLDS - 1) / TEST_FRACTION) + 1} rows or more",
            remedy="add experiments to the table",
        )
    train, test = train_test_split(np.arange(len(table)), test_size=TEST_FRACTION, random_state=SPLIT_SEED)
    return (Fold(train, np.sort(test)),)


def _grouped(table: TrainingTable | SystemTable, protocol: str) -> tuple[Fold, ...]:
    from sklearn.model_selection import GroupKFold, KFold

    groups, rows = units(table, protocol), np.arange(len(table))
    kind, least, number = ("studies" if protocol == "study" else "experiments"), FOLDS, FOLDS
    if not table.system.is_cathode:
        least, number = (2 if protocol == "study" else FOLDS), number_of_folds(len(np.unique(groups)))
    if protocol == "row":
        drawn = KFold(number, shuffle=True, random_state=SPLIT_SEED).split(rows)
        return tuple(Fold(train, test) for train, test in drawn)
    _check_many(groups, kind, table, f"the {number} folds of protocol {protocol!r}", least)
    folds = []
    for train, test in GroupKFold(number).split(rows, groups=groups):
        clean = ~np.isin(table.experiments[train], table.experiments[test])
        folds.append(Fold(train[clean], test))
    return tuple(folds)


def _check_many(
    groups: Ints, kind: str, table: TrainingTable | SystemTable, whose: str, least: int = FOLDS
) -> None:
    many = len(np.unique(groups))
    if many < least:
        raise InputError(
            f"The table has {many} {kind}, too few for {whose}.",
            where=str(table.path),
            allowed=f"{least} or more",
            remedy=f"add {kind} to the table",
        )
