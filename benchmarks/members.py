"""Print what variants of the yield model's members give on held-out experiments and studies.

    python benchmarks/members.py TABLE [NAME ...]

The table of docs/model.md is its output. Plain members take seconds each, paired ones minutes.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from optimiser.surrogate.columns import PHYSICS
from optimiser.surrogate.features import PREDICTED_METALS as METALS
from optimiser.surrogate.features import table_features
from optimiser.surrogate.training_table import TrainingTable, read_table
from optimiser.training.fit import TrainSettings, choose_anchors, fit_members
from optimiser.training.members import MEMBERS, Member
from optimiser.training.protocols import make_folds
from optimiser.training.scores import score
from optimiser.variables import Floats

PAIRED, PAIRED_FREE, SHORT, LONG, ON_PH, HALF_FREE = MEMBERS
_BASE = SHORT.columns
_SOLUBILITY = (*(f"solubility_{metal}" for metal in METALS), "own_solubility")
_FREE = {"rising": (), "falling": ()}


def _seen(member: Member, **instead: str) -> Member:
    """Return a member that sees some columns instead of others."""
    return replace(member, columns=tuple(instead.get(name, name) for name in member.columns))


def _without(member: Member, *names: str) -> Member:
    """Return a member that is not constrained in some columns."""
    rising, falling = (tuple(c for c in side if c not in names) for side in (member.rising, member.falling))
    return replace(member, rising=rising, falling=falling)


#: Variants by name, each one change from a shipped member.
VARIANTS: dict[str, Member] = {
    "GBR, monotone": SHORT,
    "GBR, monotone, peroxide in wt%": _seen(SHORT, peroxide_share="h2o2"),
    "GBR, monotone, on pH": _seen(SHORT, acid_concentration="pH0"),
    "GBR, free": replace(SHORT, **_FREE),
    "GBR, monotone but in peroxide": _without(SHORT, "peroxide_share"),
    "GBR, monotone but in strength": _without(SHORT, "acid_concentration"),
    "GBR, monotone but in solids": _without(SHORT, "solid_liquid_ratio"),
    "GBR, monotone but in temperature": _without(SHORT, "temperature"),
    "GBR, monotone but in time": _without(SHORT, "time"),
    "GBR, monotone in temperature and time": HALF_FREE,
    "GBR, monotone, 600 trees of 63 leaves": replace(SHORT, trees=600, learning_rate=0.05, leaves=63),
    "GBR, monotone, and physics": replace(SHORT, columns=tuple(dict.fromkeys((*_BASE, *PHYSICS)))),
    "GBR on descriptors, monotone": LONG,
    "GBR on descriptors, monotone, every tree sees all rows": replace(LONG, bagging=1.0),
    "GBR on descriptors, monotone, peroxide in wt%": _seen(LONG, peroxide_share="h2o2"),
    "GBR on descriptors and pH, monotone": ON_PH,
    "GBR on descriptors, free": replace(LONG, **_FREE),
    "GBR with solubilities, monotone": replace(LONG, columns=(*_BASE, *_SOLUBILITY)),
    "PD-GBR, monotone": PAIRED,
    "PD-GBR, monotone, peroxide in wt%": _seen(PAIRED, peroxide_share="h2o2"),
    "PD-GBR, free": PAIRED_FREE,
    "PD-GBR on descriptors, monotone": replace(PAIRED_FREE, rising=PAIRED.rising, falling=PAIRED.falling),
}


def held_out_mean(table: TrainingTable, protocol: str, member: Member) -> Floats:
    """Return a lone member's predictions of a protocol's test rows, clipped to 0-1, shape (n, 4)."""
    features = table_features(table)
    out = np.full((len(table), len(METALS)), np.nan)
    settings = TrainSettings(members=(member,))
    for fold in make_folds(table, protocol):
        every = fit_members(table, fold.train, settings)
        few = every.take(choose_anchors(every, settings.n_anchors) if member.paired else np.arange(1))
        out[fold.test] = few.predict(features[fold.test]).mean
    return out.clip(0.0, 1.0)


def main() -> None:
    """Print a Markdown table, one row per variant."""
    table = read_table(Path(sys.argv[1]))
    names = sys.argv[2:] or list(VARIANTS)
    print("| member | experiment R2 / MAE | study R2 / MAE | seconds |\n|---|---|---|---|")
    for name in names:
        began, cells = time.perf_counter(), []
        for protocol in ("experiment", "study"):
            figures = score(held_out_mean(table, protocol, VARIANTS[name]), table.yields, table.present)
            cells.append(f"{figures['r2']:.3f} / {figures['mae']:.4f}")
        print(f"| {name} | {' | '.join(cells)} | {time.perf_counter() - began:.0f} |", flush=True)


if __name__ == "__main__":
    main()
