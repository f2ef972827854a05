"""Which acid wins in each scope of the cost, for the shipped feeds: ``python -m benchmarks.scopes``.

Writes ``benchmarks/results/scopes.json``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import optimiser as opt
from optimiser.report.scope_words import shares_of

#: Problems of the shipped feeds; each of them has yield targets.
PROBLEMS = ("nmc111", "nmc622", "nmc811", "lco")
#: t of feed per day; the smallest is a pilot, the largest a plant of some 30,000 t per year.
THROUGHPUTS = (1.0, 10.0, 100.0)
OUT = Path(__file__).parent / "results" / "scopes.json"


def compared(name: str, throughput: float) -> list[dict[str, Any]]:
    """Return a record per acid with a feasible design, the best at plant scope first."""
    answer = opt.ask(opt.load_problem(name), minimise="cost", scope="plant", throughput=throughput)
    both = answer.found.scopes
    if both is None:
        return []
    ranks = [{row: rank for rank, row in enumerate(both.order(scope), start=1)} for scope in (0, 1)]
    found = []
    for row, acid in enumerate(both.acids):
        shares = shares_of(both.plant, row)
        found.append(
            {
                "problem": name,
                "throughput": throughput,
                "acid": acid,
                "rank_reagents": ranks[0][row],
                "rank_plant": ranks[1][row],
                "cost_reagents": round(float(both.values(0)[row]), 3),
                "cost_plant_of_reagents": round(float(both.reagents.metrics["cost_plant"][row]), 3),
                "time_reagents": float(both.reagents.designs.time[row]),
                "cost_plant": round(float(both.values(1)[row]), 3),
                "cost_of_plant": round(float(both.plant.metrics["cost"][row]), 3),
                "time_plant": float(both.plant.designs.time[row]),
                "annual_cost": round(float(both.plant.metrics["annual_cost"][row])),
                "capital": round(float(both.plant.metrics["capital"][row])),
                "shares": {part: round(share, 4) for part, share in sorted(shares.items())},
            }
        )
    return found


def main(problems: tuple[str, ...], throughputs: tuple[float, ...]) -> None:
    """Compare, print a line per acid, and write all of it."""
    records = [record for name in problems for t in throughputs for record in compared(name, t)]
    for r in records:
        print(
            f"{r['problem']:7} {r['throughput']:5g} t/d {r['acid']:13} "
            f"reagents {r['rank_reagents']}: {r['cost_reagents']:6.2f} ({r['time_reagents']:.0f} min)  "
            f"plant {r['rank_plant']}: {r['cost_plant']:6.2f} ({r['time_plant']:.0f} min)  "
            f"capital {100 * r['shares']['capital']:.0f} %, labour {100 * r['shares']['labour']:.0f} %"
        )
    OUT.write_text(json.dumps(records, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or PROBLEMS, THROUGHPUTS)
