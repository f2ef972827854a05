"""How well own results teach: the figures of learning, replayed on published studies."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from optimiser.surrogate.residuals import Prior
from optimiser.surrogate.site import PRIOR_FILE, pack_prior
from optimiser.surrogate.training_table import TrainingTable
from optimiser.training.calibrate import gather, nested
from optimiser.training.compare.evaluate import shipped_held_out, stored_held_out
from optimiser.training.compare.own_replay import MANY, NUMBERS, alone, skill, wrong_study
from optimiser.training.own_results import learning_prior, plants
from optimiser.training.scores import rounded

HERE = Path(__file__).resolve()
RESULTS = HERE.parents[1] / "results" / "replay.json"
PRIOR = HERE.parents[2] / "models" / PRIOR_FILE
SEED = 0


def learning(table: TrainingTable, prior_path: Path | None) -> tuple[dict[str, Any], dict[int, Prior]]:
    """Return the figures of learning, and what the other studies say of a plant, by fold.

    Args:
        table: training table.
        prior_path: where to write what all studies say of a plant.
    """
    held = stored_held_out(table) or shipped_held_out(table)
    evidence = gather(table, held)
    began = time.perf_counter()
    prior, priors = learning_prior(evidence, held)
    if prior_path is not None:
        prior_path.write_bytes(pack_prior(prior))
    known, base = plants(evidence, held), nested(evidence, held, "study")

    def rng() -> np.random.Generator:
        return np.random.default_rng(SEED)

    told = {
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
    return told, priors


def figures(told: dict[str, Any]) -> str:
    """Return the skill by number of own experiments for the model card."""
    names = ("r2", "mae", "coverage", "winkler", "base_winkler", "plants")
    skill_of = {own: {name: found[name] for name in names} for own, found in told["skill"].items()}
    head = "# Skill of site models on held-out studies. Written by: python -m benchmarks.replay --prior\n"
    return head + yaml.safe_dump({"skill": rounded(skill_of)}, sort_keys=False)


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
