"""What a search picks is flattered: how far yields are drawn down so that promises on picked rows hold.

Errors that a search exploits are those of the rows that it prefers: high, cheap, sure to reach a target. The
expected yield is drawn down the more, the higher it is and the less sure such yields are, by the least that
keeps the promises on held-out rows that are picked as a search picks. Nothing is drawn where they hold
without.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from optimiser.designs import Bools, Floats, Ints
from optimiser.surrogate.calibration import Calibration
from optimiser.surrogate.table import TrainingTable

#: Targets that all yields of a picked row are to reach, and confidences with which each does (None: the
#: yield that is expected does).
TARGETS = (0.7, 0.8, 0.9)
CONFIDENCES = (0.5, 0.8, 0.9)
#: Share of a feed's rows that are picked as best, and the target that these are asked for afterwards.
BEST_SHARE, BEST_TARGET = 0.05, 0.9
#: What is to hold of picked rows: no more than 5 points are promised beyond what is kept, and 90 % intervals
#: hold 85 %. Rules that pick fewer rows tell too little.
MOST_OVERPROMISED, LEAST_COVERAGE, LEAST_ROWS = 0.05, 0.85, 20
# Stricter when fitted: other rows than those fitted on are to keep the above.
_FIT_OVERPROMISED, _FIT_ROWS = 0.025, 40
_STEPS = np.arange(0.0, 2.0001, 0.05)
_FEED_DECIMALS = 2  # of mol per mol Li: one feed is written with two to four


def feeds(table: TrainingTable) -> Ints:
    """Return the number of each row's feed, shape (n,): compositions that round alike are one."""
    rounded = table.feed.round(_FEED_DECIMALS) + 0.0
    return np.asarray(np.unique(rounded, axis=0, return_inverse=True)[1].reshape(-1), dtype=np.intp)


def best_of(order: Floats, able: Bools, feed: Ints, share: float) -> Bools:
    """Return which rows are the first of their feed, shape (n,); at least one of a feed that has any.

    Args:
        order: smaller is better, shape (n,); of equals, those first in the table.
        able: which rows compete, shape (n,).
        feed: number of each row's feed, shape (n,).
        share: of a feed's competing rows, rounded up.
    """
    first = np.zeros(len(feed), dtype=bool)
    for number in np.unique(feed[able]):
        rows = np.flatnonzero(able & (feed == number))
        # 0.05 x 20 is 1 and a bit in binary, which is no second row
        many = math.ceil(share * len(rows) - 1e-9)
        first[rows[np.argsort(order[rows], kind="stable")[:many]]] = True
    return first


def reaching(counted: Floats, target: float) -> Bools:
    """Return which rows' yields all reach a target, absent metals (NaN) aside, shape (n,)."""
    return np.asarray((np.isnan(counted) | (counted >= target)).all(axis=1), dtype=np.bool_)


def p_feasible(found: Calibration, mean: Floats, scale: Floats, target: float) -> Floats:
    """Return the probability that all yields of a row that are not NaN reach a target, shape (n,)."""
    out, there = np.full(len(mean), np.nan), ~np.isnan(mean)
    for holds in np.unique(there, axis=0):
        rows = (there == holds).all(axis=1)
        if holds.any():
            out[rows] = found.joint_probability(mean[rows], scale[rows], np.where(holds, target, np.nan))
    return out


def fit_selection(found: Calibration, centre: Floats, scale: Floats, measured: Floats, feed: Ints) -> float:
    """Return the least ``selection`` of a calibration with which promises on picked rows hold.

    Picked are, as a search would with that calibration, the best of each feed by mean yield, and all rows
    that reach a target with a confidence: their cost is not known here.

    Args:
        found: calibration; its own ``selection`` is not looked at.
        centre: stretched and clipped yields of n held-out rows, NaN where the feed lacks a metal, (n, 4).
        scale: of their errors, shape (n, 4).
        measured: yields, shape (n, 4).
        feed: number of each row's feed, shape (n,).
    """
    lacking = []
    for selection in _STEPS.tolist():
        trial = replace(found, selection=selection)
        lacking.append(_lacking(trial, trial.expected(centre), scale, measured, feed))
        if lacking[-1] == 0.0:
            break
    return float(_STEPS[int(np.argmin(lacking))])


def _lacking(found: Calibration, mean: Floats, scale: Floats, measured: Floats, feed: Ints) -> float:
    """Return by how much promises on picked rows are missed, summed over the rules; 0 where all hold."""
    low, high = (found.quantile(mean, scale, p) for p in (0.05, 0.95))
    within = np.where(np.isnan(measured), np.nan, (low <= measured) & (measured <= high))
    yields = {None: mean} | {p: found.quantile(mean, scale, 1.0 - p) for p in CONFIDENCES}
    best = best_of(-np.nanmean(mean, axis=1), np.ones(len(mean), dtype=bool), feed, BEST_SHARE)
    total = 0.0
    for target in TARGETS:
        # how many of the confidences pick each row
        picks = np.sum([reaching(counted, target) for counted in yields.values()], axis=0)
        kept, promise = reaching(measured, target), np.full(len(mean), np.nan)
        asked = (picks > 0) | (best & (target == BEST_TARGET))
        promise[asked] = p_feasible(found, mean[asked], scale[asked], target)
        for weight in (picks, best) if target == BEST_TARGET else (picks,):
            rows = weight > 0
            if rows.sum() < _FIT_ROWS:
                continue
            total += max(0.0, _mean(promise - kept, weight, rows) - _FIT_OVERPROMISED)
            total += max(0.0, LEAST_COVERAGE - _mean(within, weight, rows))
    return total


def _mean(values: Floats, weight: Ints | Bools, rows: Bools) -> float:
    """Return the mean of what is not NaN in some rows, each as often as its weight says."""
    values = values[rows].reshape(int(rows.sum()), -1)
    often = np.where(np.isnan(values), 0.0, weight[rows, None])
    return float(np.nansum(values * often) / often.sum())
