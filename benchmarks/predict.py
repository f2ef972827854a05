"""Designs per second: compiled, by LightGBM on pairs, and the seed's way; and what compiling takes.

python benchmarks/predict.py TABLE [--artefact NAME_OR_FOLDER]

TABLE is the training table (`optimiser data install`). Slow ways are timed on a few designs and scaled. The
seed's way is its recipe (scikit-learn on pairs, 492 trees per metal, 776 anchors), fitted on few pairs: what
a prediction takes does not depend on how many.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from optimiser.binding import assemble
from optimiser.chemistry.feeds import load_feeds
from optimiser.chemistry.reagents import load_acids
from optimiser.designs import Designs
from optimiser.process.parameters import process_parameters
from optimiser.surrogate.artefact import load_surrogate
from optimiser.surrogate.columns import columns
from optimiser.surrogate.features import feature_matrix, table_features
from optimiser.surrogate.members import MEMBERS, fit_member, pair_columns
from optimiser.surrogate.pdgbr import PairwiseDifferenceRegressor
from optimiser.surrogate.table import read_table

SEED_TREES, SEED_ANCHORS = 492, 776
ACIDS = ("sulfuric", "hydrochloric", "nitric", "lactic")


def rate(what: Callable[[], Any], designs: int, repeats: int = 5) -> float:
    """Return designs per second, of the best of some repeats."""
    best = np.inf
    for _ in range(repeats):
        started = time.perf_counter()
        what()
        best = min(best, time.perf_counter() - started)
    return designs / best


def seeds_way(x: Any, y: Any) -> float:
    models = []
    for k in range(4):
        held = ~np.isnan(y[:, k])
        rows = np.flatnonzero(held)[:SEED_ANCHORS]
        model = PairwiseDifferenceRegressor(
            max_pairs=20_000, max_iter=SEED_TREES, max_leaf_nodes=31, random_state=0
        ).fit(x[rows], y[rows, k])
        repeats = -(-SEED_ANCHORS // len(rows))  # a metal that fewer rows have still takes all anchors
        model.anchors_ = np.tile(model.anchors_, (repeats, 1))[:SEED_ANCHORS]
        model.anchor_targets_ = np.tile(model.anchor_targets_, repeats)[:SEED_ANCHORS]
        models.append(model)
    few = x[:4]
    return rate(lambda: [model.predict(few) for model in models], len(few), 2)


def by_lightgbm(table: Any, fitted: Any, x: Any) -> float:
    features = table_features(table)
    seen = columns(features)
    boosters = [fit_member(m, seen, table.yields, table.experiments, 0) for m in MEMBERS]
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

    return rate(predict, len(x), 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--artefact", default="pd-gbr")
    asked = parser.parse_args()
    table, surrogate = read_table(asked.table), load_surrogate(asked.artefact)
    fitted, rng = surrogate.fitted, np.random.default_rng(0)
    feed, acids = load_feeds()["NMC111"], tuple(load_acids()[name] for name in ACIDS)
    problem = assemble("bench", feed, acids, surrogate, process_parameters({}))
    continuous = rng.uniform([25, 0.25, 0, 10, 5], [90, 4, 10, 100, 240], (10_000, 5)).round(1)
    many = Designs(rng.integers(0, len(acids), len(continuous)), continuous)
    x = feature_matrix(feed, acids, many, surrogate.acids)

    rows: list[tuple[str, float]] = []
    fitted.predict(x[:1])  # numba's own compilation, or its cache
    fitted._compiled.cache_clear()
    compiling = []
    for k in range(len(acids)):
        one = x[many.acid == k][:1]
        started = time.perf_counter()
        fitted.predict(one)
        compiling.append(time.perf_counter() - started)
    rows.append(
        ("seed's way, 776 anchors, 492 trees per metal", seeds_way(table_features(table), table.yields))
    )
    rows.append(
        (f"LightGBM on pairs, same model, {surrogate.anchors} anchors", by_lightgbm(table, fitted, x[:64]))
    )
    for grade in ("final", "search"):
        number = surrogate.anchors_at(grade)  # type: ignore[arg-type]
        for n in (100, 10_000):
            rows.append(
                (
                    f"compiled, {grade} grade ({number} anchors), {n} designs at once",
                    rate(lambda n=n, number=number: fitted.predict(x[:n], number), n, 20 if n == 100 else 3),  # type: ignore[misc]
                )
            )
    for n in (100, 10_000):
        some = many.take(np.arange(n))
        rows.append(
            (
                f"whole search point (domain, process, margins), {n} at once",
                rate(lambda some=some: problem.search_point(some), n, 20 if n == 100 else 3),  # type: ignore[misc]
            )
        )
    some = many.take(np.arange(1000))
    rows.append(("whole Evaluation, 1000 at once", rate(lambda: problem.evaluate(some), 1000, 3)))
    print("| way | designs/s | times the seed's |\n|---|---|---|")
    for name, speed in rows:
        print(f"| {name} | {speed:,.1f} | {speed / rows[0][1]:,.0f} |")
    print(f"\ncompiling one feed and acid, and one design: {max(compiling):.3f} s at most")


if __name__ == "__main__":
    main()
