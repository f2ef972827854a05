"""How far off yields are that a search guesses by the nearest design, by distance in the model's terms.

    python benchmarks/guess.py [CONFIG]

After a search of 4,000 predictions at final grade, children of what it saw are guessed and then predicted.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from itertools import pairwise

import numpy as np
from quality import SETTINGS
from reference import bound

from optimiser.designs import Floats
from optimiser.search.archive import predicted
from optimiser.search.moves import children
from optimiser.search.parents import choose_parents
from optimiser.search.search import search
from optimiser.search.survey import survey
from optimiser.spec.load import load_config

_CHILDREN = 2000
_QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


def measure(config: str) -> tuple[Floats, Floats]:
    """Return distances to the nearest known design, and how far its yields are off, (n,) and (n, metals)."""
    problem, rng = bound(load_config(config)), np.random.default_rng(1)
    known = search(problem, replace(SETTINGS, generations=80, grade="final"), rng).searched
    seen = survey(problem, known, rng)
    parents, mates = choose_parents(seen, np.zeros(0, dtype=np.intp), _CHILDREN, rng)
    made = children(problem, known.designs.take(parents), known.designs.take(mates), rng)
    new = predicted(
        problem, made.take(np.flatnonzero(~np.isin(made.setpoints, known.designs.setpoints))), "final"
    )
    away, error = np.empty(len(new)), np.empty_like(new.yields)
    for acid, (rows, tree) in seen.trees.items():
        mine = new.designs.acid == acid
        away[mine], nearest = tree.query(new.heights[mine])
        near = rows[nearest]
        changed = known.yields[near] + new.effects[mine] - known.effects[near]
        error[mine] = new.yields[mine] - changed.clip(0.0, 1.0)
    return away, error


def table(away: Floats, error: Floats) -> str:
    """Return a Markdown table."""
    lines = [
        "| distance | candidates | off by (root mean square) | share of the distance |",
        "|---|---|---|---|",
    ]
    ends = np.quantile(away, _QUANTILES)
    for low, high in pairwise(ends):
        mine = (away >= low) & (away <= high)
        off = float(np.sqrt(np.nanmean(error[mine] ** 2)))
        share = off / max(float(away[mine].mean()), 1e-12)
        lines.append(f"| {low:.4f} to {high:.4f} | {mine.sum()} | {off:.4f} | {share:.2f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("config", nargs="?", default="nmc111_cost_vs_recovery")
    print(table(*measure(parser.parse_args().config)))


if __name__ == "__main__":
    main()
