"""How well own results teach, and how well experiments are chosen, replayed on published studies.

    python -m benchmarks.replay [--table TABLE] [--starts N] [--prior]

Writes ``benchmarks/results/replay.json``; with ``--prior`` also ``models/learning.npz``, what the published
studies say of a plant. Takes a quarter of an hour on two cores: six searches for the parts of the residual
process come first.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.replay.choosing import (
    OWN,
    RANDOM,
    STARTS,
    TABLE,
    Played,
    band,
    play_all,
)
from benchmarks.replay.game import Chooser, games
from benchmarks.replay.learning import PRIOR, RESULTS, figures, learning
from benchmarks.replay.learning import shown as learning_shown
from benchmarks.replay.suggested import suggested
from optimiser.surrogate.residuals import Prior
from optimiser.surrogate.training_table import TrainingTable, read_table
from optimiser.training.scores import rounded

SUGGEST = "suggest"


def choosing(table: TrainingTable, priors: dict[int, Prior], starts: int) -> dict[str, Any]:
    """Play every chooser, print the table, and return the regrets and shares of random's experiments."""
    all_games = games(table)
    choosers: dict[str, Chooser] = {SUGGEST: suggested(table, priors), **OWN}
    played, text = play_all(table, all_games, choosers, starts)
    print(text)
    shares = {name: band(of.regret, played[RANDOM].regret) for name, of in played.items() if name != RANDOM}
    return {
        "choosing": {_key(name): _mean(of) for name, of in played.items()},
        "feasible": {_key(name): of.feasible.mean(axis=0).tolist() for name, of in played.items()},
        "experiments_share_of_random": shares[SUGGEST][0],
        "experiments_share_of_random_band": list(shares[SUGGEST][1:]),
        "shares": {_key(name): list(share) for name, share in shares.items()},
    }


def _key(name: str) -> str:
    return name.casefold().replace(" ", "_")


def _mean(of: Played) -> list[float]:
    return list(of.regret.mean(axis=0).tolist())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--starts", type=int, default=STARTS)
    parser.add_argument("--prior", action="store_true", help=f"write {PRIOR.name}, too")
    asked = parser.parse_args()
    table = read_table(asked.table)
    told, priors = learning(table, PRIOR if asked.prior else None)
    print(learning_shown(told), end="\n\n", flush=True)
    if asked.prior:
        PRIOR.with_suffix(".yaml").write_text(figures(told))
    told |= choosing(table, priors, asked.starts)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(rounded(told), indent=1) + "\n")


if __name__ == "__main__":
    main()
