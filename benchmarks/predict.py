"""Designs per second: compiled, by LightGBM on pairs, and the seed's way; and what compiling takes.

python benchmarks/predict.py TABLE [--artefact NAME_OR_FOLDER]

TABLE is the training table (`optimiser data install`). Slow ways are timed on a few designs and scaled. The
seed's way is its recipe (scikit-learn on pairs, 492 trees per metal, 776 anchors), of one metal, times four;
it is fitted on 100,000 pairs, whose trees are as deep as those of all, and timed on one design at a time, as
the Toolkit is used, on few at once, which is its best, and on a hundred at once, as a population is.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.feeds import load_feeds
from optimiser.problem.binding import assemble
from optimiser.process.parameters import process_parameters
from optimiser.surrogate.artefact import load_surrogate
from optimiser.surrogate.columns import columns
from optimiser.surrogate.features import feature_matrix, table_features
from optimiser.surrogate.fitted import Fitted
from optimiser.surrogate.training_table import TrainingTable, read_table
from optimiser.training.compare.pdgbr import PairwiseDifferenceRegressor
from optimiser.training.members import MEMBERS, fit_member, pair_columns
from optimiser.variables import Designs, Floats

SEED_TREES, SEED_ANCHORS, SEED_PAIRS = 492, 776, 100_000
SEED_AT_ONCE = (1, 4, 100)
ROUNDS = 5
ACIDS = ("sulfuric", "hydrochloric", "nitric", "lactic")


def rate(what: Callable[[], Any], designs: int, repeats: int = 5) -> float:
    """Return designs per second, of the best of some repeats."""
    best = np.inf
    for _ in range(repeats):
        started = time.perf_counter()
        what()
        best = min(best, time.perf_counter() - started)
    return designs / best


def rates(ways: Sequence[tuple[Callable[[], Any], int]]) -> list[float]:
    """Return designs per second of ways that are compared, each the best of some rounds of all of them.

    They take turns, so that a machine that is slower for a while is so for all; each turn is of two, because
    the first finds the others' data in the caches.
    """
    found = [[rate(way, designs, 2) for way, designs in ways] for _ in range(ROUNDS)]
    return [max(speeds) for speeds in zip(*found, strict=True)]


def seeds_way(x: Floats, y: Floats) -> dict[int, Callable[[], Any]]:
    """Return the seed's way for one metal, by the number of designs at once."""
    rows = np.flatnonzero(~np.isnan(y[:, 0]))[:SEED_ANCHORS]
    model = PairwiseDifferenceRegressor(
        max_pairs=SEED_PAIRS, max_iter=SEED_TREES, max_leaf_nodes=31, max_depth=10, random_state=0
    ).fit(x[rows], y[rows, 0])
    assert len(model.anchors_) == SEED_ANCHORS
    return {n: lambda n=n: model.predict(x[:n]) for n in SEED_AT_ONCE}


def plain_way(table: TrainingTable, fitted: Fitted, x: Floats) -> tuple[Callable[[], None], float]:
    """Return the shipped model by its own estimators, and the seconds of its fit."""
    seen = columns(table_features(table))
    began = time.perf_counter()
    boosters = [fit_member(m, seen, table.yields, table.experiments, 0) for m in MEMBERS]
    fitting = time.perf_counter() - began
    mine, known, m = columns(x), columns(fitted.features), len(fitted.yields)

    def predict() -> None:
        for member, own in zip(MEMBERS, boosters, strict=True):
            tests = pair_columns(member)
            for k in range(4):
                first, second = mine[:, k], mine[:1, k]
                if member.paired:
                    first, second = np.repeat(first, m, axis=0), np.tile(known[:, k], (len(x), 1))
                sides = (first, second, first - second)
                matrix = np.column_stack([sides[test.kind][:, test.column] for test in tests])
                own[k if len(own) > 1 else 0].predict(matrix)

    return predict, fitting


def seeds_fit(table: TrainingTable) -> float:
    """Return the seconds of the seed's fit, 492 trees on all pairs per metal, scaled from a few trees."""
    x = table_features(table)
    rows = np.flatnonzero(table.present[:, 0])[:SEED_ANCHORS]
    taken = []
    for trees in (2, 2, 22):  # the first, on cold memory, does not count
        model = PairwiseDifferenceRegressor(max_iter=trees, max_depth=10, random_state=0)
        began = time.perf_counter()
        model.fit(x[rows], table.yields[rows, 0])
        taken.append(time.perf_counter() - began)
    per_tree = (taken[2] - taken[1]) / 20
    return 4 * (taken[1] + (SEED_TREES - 2) * per_tree)


@dataclass(frozen=True)
class Speeds:
    """Designs per second by way, and what else was timed on the way.

    Attributes:
        seed: the seed's way, by number of designs at once: scikit-learn on pairs, 776 anchors, 492 trees.
        plain: the shipped model by its own estimators on pairs, all shipped anchors.
        compiled: by fidelity and number of designs at once.
        point: whole search points, by number at once.
        evaluation: whole Evaluations, 1,000 at once.
        compiling: most seconds to compile one feed and acid, and predict one design.
        fitting: seconds of the shipped model's fit, all metals.
        seeds_fitting: of the seed's, scaled from a few trees.
    """

    seed: dict[int, float]
    plain: float
    compiled: dict[tuple[str, int], float]
    point: dict[int, float]
    evaluation: float
    compiling: float
    fitting: float
    seeds_fitting: float


def measure(table: TrainingTable, artefact: str = "pd-gbr") -> Speeds:
    """Time all ways of predicting in one run."""
    surrogate = load_surrogate(artefact)
    fitted, rng = surrogate.fitted, np.random.default_rng(0)
    assert isinstance(fitted, Fitted)
    feed, acids = load_feeds()["NMC111"], tuple(load_acids()[name] for name in ACIDS)
    problem = assemble("bench", feed, acids, surrogate, process_parameters({}))
    continuous = rng.uniform([25, 0.25, 0, 10, 5], [90, 4, 10, 100, 240], (10_000, 5)).round(1)
    many = Designs(rng.integers(0, len(acids), len(continuous)), continuous)
    x = feature_matrix(feed, acids, many, surrogate.acids)
    fitted.predict(x[:1])  # numba's own compilation, or its cache
    fitted._compiled.cache_clear()  # type: ignore[attr-defined]
    compiling = []
    for k in range(len(acids)):
        one = x[many.acid == k][:1]
        began = time.perf_counter()
        fitted.predict(one)
        compiling.append(time.perf_counter() - began)
    plain, fitting = plain_way(table, fitted, x[:64])
    seeds = seeds_way(table_features(table), table.yields)
    # what ratios are made of takes turns; the seed's way is of one of four metals
    ways: list[tuple[Callable[[], Any], int]] = [(plain, 64), *((way, n) for n, way in seeds.items())]
    fidelities = [(fidelity, n) for n in (100, 10_000) for fidelity in ("low", "high")]
    for fidelity, n in fidelities:
        number = surrogate.anchors_at(fidelity)
        ways.append((lambda n=n, number=number: fitted.predict(x[:n], number), n))
    by_plain, *others = rates(ways)
    seed = {n: speed / 4 for n, speed in zip(seeds, others, strict=False)}
    compiled = dict(zip(fidelities, others[len(seeds) :], strict=True))
    point = {}
    for n in (100, 10_000):
        some = many.take(np.arange(n))
        point[n] = rate(lambda some=some: problem.search_point(some), n, 20 if n == 100 else 3)
    some = many.take(np.arange(1000))
    evaluation = rate(lambda: problem.evaluate(some), 1000, 3)
    return Speeds(seed, by_plain, compiled, point, evaluation, max(compiling), fitting, seeds_fit(table))


def report(speeds: Speeds, anchors: dict[str, int]) -> str:
    """Return a Markdown table of designs per second."""
    rows = [
        *(
            (f"Toolkit's method: pairs in scikit-learn, 776 anchors, 492 trees per metal; {n} at once", value)
            for n, value in speeds.seed.items()
        ),
        (f"shipped model on pairs, own estimators, {anchors['high']} anchors", speeds.plain),
        *(
            (
                f"compiled, {fidelity} fidelity ({anchors[fidelity]} anchors), {n:,} designs at once",
                value,
            )
            for (fidelity, n), value in speeds.compiled.items()
        ),
        *(
            (f"search point: yields, domain, process, limits; {n:,} at once", v)
            for n, v in speeds.point.items()
        ),
        ("Evaluation: everything a report shows, 1,000 at once", speeds.evaluation),
    ]
    lines = ["| way | designs/s | relative to the Toolkit's method, one at a time |", "|---|---|---|"]
    lines += [f"| {name} | {value:,.1f} | {value / speeds.seed[1]:,.1f} |" for name, value in rows]
    return "\n".join(
        [
            *lines,
            "",
            f"Compiling one feed and acid, and one design: {speeds.compiling:.3f} s at most.",
            f"Fitting the shipped model: {speeds.fitting:.0f} s; the Toolkit's recipe, scaled from a few "
            f"trees: {speeds.seeds_fitting:.0f} s.",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--artefact", default="pd-gbr")
    asked = parser.parse_args()
    surrogate = load_surrogate(asked.artefact)
    anchors = {fidelity: surrogate.anchors_at(fidelity) for fidelity in ("low", "high")}
    print(report(measure(read_table(asked.table), asked.artefact), anchors))


if __name__ == "__main__":
    main()
