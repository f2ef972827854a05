"""Do predictions hold for designs that a search picks? Selection replayed among held-out rows.

A search picks designs whose errors flatter them, so what holds for all held-out rows need not hold for
picked ones. Here the held-out rows of one feed compete like designs of one problem.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.descriptors import structure_key
from optimiser.chemistry.feeds import Feed
from optimiser.chemistry.reagents import Reagents
from optimiser.problem.metrics import METRICS
from optimiser.problem.outcome import outcome
from optimiser.process.balance import mass_balance
from optimiser.process.inputs import process_inputs
from optimiser.process.parameters import process_parameters
from optimiser.surrogate.calibration import INTERVAL_LEVEL, Calibration
from optimiser.surrogate.packing import SHIPPED
from optimiser.surrogate.selection import CONFIDENCES, EACH, LEAST_ROWS, POOLS, TARGETS, Rule
from optimiser.surrogate.training_table import TrainingTable
from optimiser.training.calibrate import Evidence, gather, nested
from optimiser.training.compare.evaluate import shipped_held_out, stored_held_out
from optimiser.training.fit import Progress
from optimiser.training.held_out import HeldOut
from optimiser.training.protocols import units
from optimiser.training.scores import rounded
from optimiser.variables import Bools, Designs, Floats, Ints

#: What is to hold of picked rows: no more than 5 points are promised beyond what is kept, and intervals at
#: ``INTERVAL_LEVEL`` hold 85 %.
MOST_OVERPROMISED, LEAST_COVERAGE = 0.05, 0.85
_FEED_DECIMALS = 2  # of mol per mol Li: one feed is written with two to four
_DRAWS = 2000  # of the bootstrap
_SEED = 0


@dataclass(frozen=True)
class Forecast:
    """A model's predictions of n held-out rows, calibrated on the other folds; metals Li, Ni, Mn, Co.

    Attributes:
        yields: those that count, NaN where the feed lacks a metal or no fold tests the row, shape (n, 4).
        low, high: ends of the interval at ``INTERVAL_LEVEL``, likewise.
        reached: yields that are reached with each of ``CONFIDENCES``, likewise.
        p_feasible: probability that all yields of a row reach each of ``TARGETS``, shape (n,) each.
    """

    yields: Floats
    low: Floats
    high: Floats
    reached: Mapping[float, Floats]
    p_feasible: Mapping[float, Floats]

    @property
    def tested(self) -> Bools:
        """Which rows are predicted, shape (n,)."""
        return np.asarray(~np.isnan(self.yields).all(axis=1), dtype=np.bool_)

    def counted(self, confidence: float | None) -> Floats:
        """Return the yields that a target is held against, shape (n, 4)."""
        return self.yields if confidence is None else self.reached[confidence]


def forecast(evidence: Evidence, held: Mapping[str, HeldOut], protocol: str) -> Forecast:
    """Return the predictions of a protocol's test rows, each fold calibrated on the rows outside it.

    Args:
        evidence: of the training table.
        held: predictions by protocol; ``experiment`` and ``study`` calibrate whatever is measured.
        protocol: whose test rows.
    """
    yields = nested(evidence, held, protocol)
    low, high = np.moveaxis(yields.intervals((INTERVAL_LEVEL,))[:, :, 0], 2, 0)
    return Forecast(
        yields.expected,
        low,
        high,
        {confidence: yields.quantile(1.0 - confidence) for confidence in CONFIDENCES},
        {target: yields.ask(partial(p_feasible, target=target)) for target in TARGETS},
    )


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
        share: of a feed's competing rows, rounded up; 0 for one row.
    """
    first = np.zeros(len(feed), dtype=bool)
    for number in np.unique(feed[able]):
        rows = np.flatnonzero(able & (feed == number))
        # 0.05 x 20 is 1 and a bit in binary, which is no second row
        many = max(1, math.ceil(share * len(rows) - 1e-9))
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


def cost_and_recovery(
    table: TrainingTable, yields: Floats, reagents: Reagents | None = None
) -> tuple[Floats, Floats]:
    """Return what the process model makes of rows with given yields, with the shipped prices of acids.

    Args:
        table: training table of n rows.
        yields: NaN where the feed lacks a metal, shape (n, 4).
        reagents: with their prices; None for the shipped ones.

    Returns:
        Cost in EUR per kg of metal dissolved, NaN where the acid has no price in the product, and recovery as
        a share of the metal fed, shape (n,) each.
    """
    known = [acid for acid in load_acids().values() if acid.price and acid.climate_change]
    index = {structure_key(acid.smiles): k for k, acid in enumerate(known)}
    acid = np.array([index.get(structure_key(smiles), -1) for smiles in table.smiles])
    number, parameters = feeds(table), process_parameters()
    cost, recovery = np.full((2, len(table)), np.nan)
    for feed in range(int(number.max()) + 1):
        rows = np.flatnonzero(number == feed)
        ni, mn, co = table.feed[rows[0]].tolist()
        inputs = process_inputs(Feed(Ni=ni, Mn=mn, Co=co), known, parameters, reagents)
        # nothing that is weighed depends on the acid, so it may be any where it is not known
        designs = Designs(np.maximum(acid[rows], 0), table.continuous[rows])
        result = outcome(designs, yields[rows], mass_balance(designs, yields[rows], inputs), inputs)
        cost[rows] = np.where(acid[rows] < 0, np.nan, METRICS["cost"].compute(result))
        recovery[rows] = METRICS["recovery"].compute(result)
    return cost, recovery


def pick(rule: Rule, found: Forecast, feed: Ints, cost: Floats, recovery: Floats) -> Bools:
    """Return which rows a rule picks, shape (n,).

    Of each feed the best 5 % by recovery, or the cheapest fifth (or the one cheapest) of its rows that reach
    the target: whose yields all do, or with ``joint`` whose probability of that is at least the confidence.
    At least one row where there is one. Of equals, those first in the table.

    Args:
        rule: how to pick.
        found: predictions of n rows.
        feed: number of each row's feed, shape (n,).
        cost: NaN where it is not known, shape (n,).
        recovery: shape (n,).
    """
    if not rule.cheapest:
        return best_of(-recovery, found.tested, feed, rule.share)
    if rule.joint and rule.confidence is not None:
        sure = found.p_feasible[rule.target] >= rule.confidence
    else:
        sure = reaching(found.counted(rule.confidence), rule.target)
    return best_of(cost, found.tested & sure & ~np.isnan(cost), feed, rule.share)


def figures(
    picks: Sequence[tuple[float, Bools]],
    found: Forecast,
    measured: Floats,
    groups: Ints,
    generator: np.random.Generator,
) -> dict[str, Any]:
    """Return how predictions held for the picked rows.

    Args:
        picks: targets, and which rows were picked for each, shape (n,); a row may be picked for several.
        found: predictions of n rows.
        measured: yields, NaN where the feed lacks a metal, shape (n, 4).
        groups: number of what each row was held out with, shape (n,): these are drawn by the bootstrap.
        generator: of its draws.

    Returns:
        ``n``: rows picked; ``groups``: of how many groups; ``bias``: mean of predicted less measured over the
        metals present; ``coverage``: share of measured yields within their interval; ``promised``: mean
        probability that all yields reach the target; ``kept``: share of rows whose measured yields all do;
        ``difference``: kept less promised. Each but the first two also as ``bias_interval`` and so on, low
        and high end of the 95 % bootstrap interval. None where no row is picked, and intervals where all are
        of one group.
    """
    row = np.concatenate([np.flatnonzero(picked) for _, picked in picks])
    promised = np.concatenate([found.p_feasible[target][picked] for target, picked in picks])
    kept = np.concatenate([reaching(measured[picked], target) for target, picked in picks]).astype(np.float64)
    mine = measured[row]
    there = ~np.isnan(mine)
    rows, values = np.ones(len(mine)), there.sum(axis=1).astype(np.float64)
    within = there & (found.low[row] <= mine) & (mine <= found.high[row])
    sums = {
        "bias": (np.where(there, found.yields[row] - mine, 0.0).sum(axis=1), values),
        "coverage": (within.sum(axis=1).astype(np.float64), values),
        "promised": (promised, rows),
        "kept": (kept, rows),
        "difference": (kept - promised, rows),
    }
    names, index = np.unique(groups[row], return_inverse=True)
    many = len(names)
    values_of: dict[str, Any] = {"n": len(mine), "groups": many}
    intervals: dict[str, Any] = {}
    weights = generator.multinomial(many, np.full(many, 1.0 / many), _DRAWS) if many else np.empty((0, 0))
    for name, (total, number) in sums.items():
        values_of[name] = float(total.sum() / number.sum()) if len(mine) else None
        intervals[f"{name}_interval"] = None
        if many > 1:
            of_groups = [np.bincount(index, part, many) for part in (total, number)]
            draws = (weights @ of_groups[0]) / (weights @ of_groups[1])
            intervals[f"{name}_interval"] = np.quantile(draws, [0.025, 0.975]).tolist()
    return values_of | intervals


def selected(
    table: TrainingTable, protocol: str, found: Forecast, rules: Mapping[str, Sequence[Rule]] = EACH
) -> dict[str, dict[str, Any]]:
    """Return figures by the name of a rule, or of some that are pooled.

    Args:
        table: training table of n rows.
        protocol: under which they were held out.
        found: their predictions.
        rules: by name; what several pick is told together.
    """
    feed, groups = feeds(table), units(table, protocol)
    cost, recovery = cost_and_recovery(table, found.yields)
    generator = np.random.default_rng(_SEED)
    told = {}
    for name, pooled in rules.items():
        picks = [(rule.target, pick(rule, found, feed, cost, recovery)) for rule in pooled]
        told[name] = figures(picks, found, table.yields, groups, generator)
    return told


def replay(
    table: TrainingTable,
    protocols: Iterable[str],
    progress: Progress = lambda *_: None,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, dict[str, dict[str, dict[str, Any]]]]:
    """Return what `optimiser evaluate --selected` answers: figures by protocol, model and rule.

    Those of each rule are under ``selected``, and under ``joint`` those of the joint rules of all targets.

    Args:
        table: training table.
        protocols: under which rows are held out.
        progress: called with the steps done, the steps in all, and what comes next.
        say: called with a line where held-out predictions are not stored, and are fitted now.

    Raises:
        InputError: too few groups for the folds, or stored predictions that cannot be read.
    """
    held = stored_held_out(table)
    if held is None:
        say(f"Fitting {SHIPPED}: nothing stored for this table and these settings.")
        held = shipped_held_out(table, progress=progress)
    evidence = gather(table, held)
    told = {}
    for protocol in protocols:
        found = forecast(evidence, held, protocol)
        rules = {"selected": EACH, "joint": POOLS}
        told[protocol] = {SHIPPED: {kind: selected(table, protocol, found, of) for kind, of in rules.items()}}
    return told


def broken(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the rules whose picked rows do not keep what is to hold of them; those with few rows left out.

    Args:
        found: figures by rule.
    """
    return [
        rule
        for rule, figure in found.items()
        if figure["n"] >= LEAST_ROWS
        and (figure["promised"] - figure["kept"] > MOST_OVERPROMISED or figure["coverage"] < LEAST_COVERAGE)
    ]


def off(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the pools whose picked rows keep over ``MOST_OVERPROMISED`` more or less than is promised.

    Args:
        found: figures by pool.
    """
    return [name for name, each in found.items() if each["n"] and abs(each["difference"]) > MOST_OVERPROMISED]


def card_figures(evidence: Evidence, held: Mapping[str, HeldOut]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return a model card's figures of picked rows: by protocol and rule, rounded, without the intervals.

    Args:
        evidence: of the training table.
        held: predictions by protocol.
    """
    return {
        protocol: shortened(selected(evidence.table, protocol, forecast(evidence, held, protocol)))
        for protocol in ("experiment", "study")
    }


def shortened(rules: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return figures by rule as a card holds them."""
    return {
        rule: {name: rounded(figure[name]) for name in ("n", "bias", "coverage", "promised", "kept")}
        for rule, figure in rules.items()
    }
