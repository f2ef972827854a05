"""Print how well measures of the applicability domain tell large errors from small ones.

    python benchmarks/domain.py TABLE

For each measure and share of held-out study rows left outside: the mean absolute error outside over inside on
held-out studies, and on held-out experiments with the same limit, each with a 95 % interval bootstrapped
over studies. The table of docs/model.md is its output.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.preprocessing import StandardScaler

from optimiser.surrogate.calibration import stretched
from optimiser.surrogate.features import table_features
from optimiser.surrogate.training_table import TrainingTable, read_table
from optimiser.training.calibrate import gather, ratio
from optimiser.training.compare.evaluate import shipped_held_out
from optimiser.training.protocols import make_folds
from optimiser.variables import Bools, Floats, Ints

SHARES = (0.15, 0.25, 0.35)
PROTOCOLS = ("study", "experiment")


def leverage(train: Floats, test: Floats) -> Floats:
    """Return x (X'X)^-1 x of test rows on standardised training columns, shape (m,)."""
    inverse = np.linalg.pinv(train.T @ train)
    return np.asarray(np.einsum("ij,jk,ik->i", test, inverse, test), dtype=np.float64)


def isolation(train: Floats, test: Floats) -> Floats:
    """Return how easily test rows are isolated from training rows, shape (m,)."""
    forest = IsolationForest(n_estimators=300, random_state=0).fit(train)
    return np.asarray(-forest.score_samples(test), dtype=np.float64)


def per_fold(table: TrainingTable, protocol: str) -> dict[str, Floats]:
    """Return measures that look at features only, by name, shape (n,) each."""
    x = np.nan_to_num(table_features(table)[:, :12], nan=15.0)  # a missing pKa is a very weak proton
    found = {name: np.full(len(x), np.nan) for name in ("leverage", "isolation forest")}
    for fold in make_folds(table, protocol):
        scaler = StandardScaler().fit(x[fold.train])
        train, test = scaler.transform(x[fold.train]), scaler.transform(x[fold.test])
        found["leverage"][fold.test] = leverage(train, test)
        found["isolation forest"][fold.test] = isolation(train, test)
    return found


def told_apart(error: Floats, outside: Bools, studies: Ints, rng: np.random.Generator) -> str:
    """Say the error outside over that inside, and its bootstrap interval over studies."""
    if outside.all() or not outside.any():
        return "none outside"
    names = np.unique(studies)
    rows = {name: np.flatnonzero(studies == name) for name in names}
    drawn = []
    for _ in range(1000):
        sample = np.concatenate([rows[name] for name in rng.choice(names, len(names))])
        far = outside[sample]
        if far.any() and not far.all():
            drawn.append(error[sample][far].mean() / error[sample][~far].mean())
    low, high = np.percentile(drawn, [2.5, 97.5])
    return (
        f"{100 * outside.mean():.0f} %: {error[outside].mean() / error[~outside].mean():.2f} "
        f"({low:.2f}-{high:.2f})"
    )


def main() -> None:
    """Print a Markdown table."""
    table = read_table(Path(sys.argv[1]))
    held = shipped_held_out(table)
    known = gather(table, held)
    rng = np.random.default_rng(0)
    errors, measures = {}, {}
    for protocol in PROTOCOLS:
        miss = np.abs(stretched(held[protocol].mean) - table.yields)
        errors[protocol] = np.nanmean(np.where(table.present, miss, np.nan), axis=1)
        apart = np.where(table.present, held[protocol].disagreement, np.nan)
        measures[protocol] = {
            "members' disagreement": np.nanmean(apart, axis=1),
            "anchors' spread": np.nanmean(np.where(table.present, held[protocol].spread, np.nan), axis=1),
            "distance to 3 experiments with the acid": held[protocol].distance,
            **per_fold(table, protocol),
        }
    print("| measure | held-out studies, outside: error ratio | held-out experiments |\n|---|---|---|")
    for name in measures["study"]:
        for share in SHARES:
            limit = np.quantile(measures["study"][name], 1.0 - share)
            cells = [told_apart(errors[p], measures[p][name] > limit, table.studies, rng) for p in PROTOCOLS]
            print(f"| {name} | {' | '.join(cells)} |", flush=True)
    cells = [told_apart(errors[p], ratio(known, held[p]) > 1.0, table.studies, rng) for p in PROTOCOLS]
    print(f"| **shipped: distance or disagreement** | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
