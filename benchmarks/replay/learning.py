"""How well own results teach, and how well experiments are chosen, replayed on published studies.

Writes ``benchmarks/results/replay.json``; with ``--prior`` also ``models/learning.npz``, what the published
studies say of a plant. Takes minutes: six searches for the parts of the residual process come first.

    make replay
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from optimiser.surrogate.site import PRIOR_FILE, pack_prior
from optimiser.surrogate.training_table import read_table
from optimiser.training.calibrate import gather, nested
from optimiser.training.compare.evaluate import shipped_held_out, stored_held_out
from optimiser.training.compare.own_replay import MANY, NUMBERS, alone, skill, wrong_study
from optimiser.training.own_results import learning_prior, plants
from optimiser.training.scores import rounded

HERE = Path(__file__).resolve()
TABLE = HERE.parents[3] / "shared" / "data" / "input_913pts_250407.xlsx"
RESULTS = HERE.parents[1] / "results" / "replay.json"
PRIOR = HERE.parents[2] / "models" / PRIOR_FILE
SEED = 0


def learning(table_path: Path, prior_path: Path | None) -> dict[str, Any]:
    """Return the figures of learning; write the prior if a path is given.

    Args:
        table_path: training table.
        prior_path: where to write what all studies say of a plant.
    """
    table = read_table(table_path)
    held = stored_held_out(table) or shipped_held_out(table)
    evidence = gather(table, held)
    began = time.perf_counter()
    prior, priors = learning_prior(evidence, held)
    if prior_path is not None:
        prior_path.write_bytes(pack_prior(prior))
    known, base = plants(evidence, held), nested(evidence, held, "study")

    def rng() -> np.random.Generator:
        return np.random.default_rng(SEED)

    return {
        "skill": skill(known, priors, base, rng()),
        "skill_many_experiments": skill(known, priors, base, rng(), MANY),
        "explanations": alone(known, priors, base, SEED),
        "wrong_study": {
            "mae_ratio": wrong_study(known, priors, rng(), same_acid=False),
            "mae_ratio_same_acid": wrong_study(known, priors, rng(), same_acid=True),
        },
        "exponent": float(prior.widths[0]),
        "seconds": time.perf_counter() - began,
    }


def shown(told: dict[str, Any]) -> str:
    """Return the figures of learning as a Markdown table."""
    lines = [
        "| own experiments | R2 | MAE | 90 % hold | interval score | of the base | R2, MAE with 14 or more |",
        "|---|---|---|---|---|---|---|",
    ]
    for own in map(str, NUMBERS):
        one, many = told["skill"][own], told["skill_many_experiments"][own]
        lines.append(
            f"| {own} | {one['r2']:.3f} | {one['mae']:.3f} | {100 * one['coverage']:.1f} % | "
            f"{one['winkler']:.3f} | {one['base_winkler']:.3f} | {many['r2']:.3f}, {many['mae']:.3f} |"
        )
    for name, by_number in told["explanations"].items():
        row = ", ".join(
            f"{own}: {s['r2']:.3f} / {s['mae']:.3f}" for own, s in by_number.items() if own != "0"
        )
        lines.append(f"\n{name} alone: {row}")
    wrong = told["wrong_study"]
    lines.append(
        f"\nWrong study: MAE {wrong['mae_ratio']:.3f} times that of the base; with the same acid "
        f"{wrong['mae_ratio_same_acid']:.3f}."
    )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--prior", action="store_true", help=f"write {PRIOR_FILE}, too")
    asked = parser.parse_args()
    told = learning(asked.table, PRIOR if asked.prior else None)
    print(shown(told))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(rounded(told), indent=1) + "\n")


if __name__ == "__main__":
    main()
