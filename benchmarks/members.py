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

from optimiser.designs import Floats
from optimiser.surrogate.columns import METAL, PHYSICS
from optimiser.surrogate.features import FEATURES, METALS, table_features
from optimiser.surrogate.fit import TrainSettings, choose_anchors, fit_members
from optimiser.surrogate.members import MEMBERS, Member
from optimiser.surrogate.protocols import make_folds
from optimiser.surrogate.scores import score
from optimiser.surrogate.table import TrainingTable, read_table

PAIRED, PAIRED_BENT, PLAIN, PLAIN_BENT = MEMBERS
_BASE = PLAIN.columns
_SOLUBILITY = (*(f"solubility_{metal}" for metal in METALS), "own_solubility")
_EVERYTHING = tuple(feature.name for feature in FEATURES)
_IDENTITY = METAL[: len(METALS)]

#: Variants by name, each one change from a shipped member.
VARIANTS: dict[str, Member] = {
    "GBR": PLAIN,
    "GBR, bent": PLAIN_BENT,
    "GBR, every row weighs the same": replace(PLAIN, balance=0.0),
    "GBR, bent, every row weighs the same": replace(PLAIN_BENT, balance=0.0),
    "GBR, bent, and solubilities": replace(PLAIN_BENT, columns=(*_BASE, *_SOLUBILITY)),
    "GBR, bent, and all descriptors": replace(PLAIN_BENT, columns=(*_EVERYTHING, *METAL)),
    "GBR, bent, and physics": replace(PLAIN_BENT, columns=(*_BASE, *PHYSICS)),
    "GBR, bent, one pKa": replace(
        PLAIN_BENT, columns=tuple(c for c in _BASE if c not in ("pKa2", "pKa3", "n_protons"))
    ),
    "GBR, bent in time and heat only": replace(PLAIN_BENT, rising=("temperature", "time"), falling=()),
    "GBR, bent, peroxide too": replace(PLAIN_BENT, rising=(*PLAIN_BENT.rising, "h2o2")),
    "GBR, bent, 31 leaves, 400 trees": replace(PLAIN_BENT, leaves=31, trees=400),
    "GBR, each metal by itself": replace(
        PLAIN, joint=False, columns=tuple(c for c in _BASE if c not in _IDENTITY)
    ),
    "PD-GBR": PAIRED,
    "PD-GBR, bent": PAIRED_BENT,
    "PD-GBR, without physics": replace(PAIRED, columns=_EVERYTHING),
    "PD-GBR, all columns at each split": replace(PAIRED, column_share=1.0),
    "PD-GBR, all metals together, bent": replace(
        PAIRED_BENT,
        joint=True,
        columns=(*_BASE, *_SOLUBILITY),
        rising=PLAIN_BENT.rising,
        trees=300,
        column_share=0.2,
        balance=0.5,
    ),
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
