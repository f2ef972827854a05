"""How far yields move against chemistry along each setpoint: the wiggle bar.

    python benchmarks/responses.py [--artefact PATH] [--values N] [PROBLEM ...]

Designs inside the domain are drawn for each shipped problem, evenly over its acids and uniformly over their
ranges. Each setpoint of each design runs through its acid's whole range while the others stay. Temperature,
strength, time and peroxide must not lower a yield that counts, solids must not raise it: the drop is what a
yield lacks of its running maximum. Variables that the acid's data or the problem fix are left out, and
peroxide where the feed holds nothing to reduce. Writes benchmarks/results/responses.json and prints the drop
that 95 % of designs stay below and the worst.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from optimiser._io.errors import InputError
from optimiser.chemistry.metals import METALS
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem
from optimiser.problem.load import load_problem, with_shipped_model
from optimiser.variables import CONTINUOUS, VARIABLES, Designs, Floats, Ints

RESULTS = Path(__file__).parent / "results"
#: Designs per problem, and values of the setpoint that runs.
DESIGNS, VALUES = 500, 60
#: The bars: of the 95th percentile over designs, and of the worst; fractions of yield.
P95, WORST = 0.02, 0.05
_ROUNDS = 60  # of drawing, until the domain holds enough designs
_ROWS = 5_000  # designs predicted at once


@dataclass(frozen=True)
class Response:
    """What yields lose against chemistry along one setpoint.

    Attributes:
        setpoint: index into CONTINUOUS.
        rows: which of the designs drawn have it free, shape (r,).
        drops: fraction of yield, a column per metal of METALS, NaN for an absent metal, shape (r, metals).
        at: the setpoint where the drop is greatest, likewise.
    """

    setpoint: int
    rows: Ints
    drops: Floats
    at: Floats


def shipped_problem(name: str, artefact: Path | None = None) -> BoundProblem:
    """Return a shipped problem with its supported acids; an artefact stands in for the one it names."""
    question = load_problem(name)
    if artefact is not None:
        question = question.model_copy(update={"surrogate": str(artefact.absolute())})
    problem = bind(question)
    return problem.with_acids(problem.supported_acids)


def drawn(
    problem: BoundProblem, number: int, rng: np.random.Generator, *, feasible: bool = False
) -> tuple[Ints, Floats]:
    """Draw designs inside the domain, evenly over the acids.

    Args:
        problem: whose acids have support.
        number: of designs.
        rng: generator.
        feasible: whether every constraint must hold, not the domain alone.

    Returns:
        Acid indices, shape (n,), and search coordinates, shape (n, 5).

    Raises:
        InputError: too few are inside.
    """
    acids, names = len(problem.acids), problem.constraint_names
    held = np.array([feasible or name == "applicability_domain" for name in names])
    acid, unit, quota = np.empty(0, np.intp), np.empty((0, len(VARIABLES))), number // acids
    for _ in range(_ROUNDS):
        dealt, places = (
            np.tile(np.arange(acids), quota + 1),
            rng.random((acids * (quota + 1), len(VARIABLES))),
        )
        margins = problem.search_point(problem.decode(dealt, places), fidelity="high").margins
        inside = (margins[:, held] >= 0.0).all(axis=1)
        acid, unit = np.concatenate([acid, dealt[inside]]), np.concatenate([unit, places[inside]])
        if len(acid) >= number and np.bincount(acid, minlength=acids).min() > quota:
            break
    if len(acid) < number:
        raise InputError(
            f"The domain of {problem.name} holds {len(acid)} of the designs drawn, not {number}."
        )
    # the first of every acid, then the second of every acid, ...; where one has too few, others stand in
    turn = np.empty(len(acid), np.intp)
    for k in range(acids):
        turn[acid == k] = np.arange((acid == k).sum())
    kept = np.lexsort((acid, turn))[:number]
    return acid[kept], unit[kept]


def free(problem: BoundProblem, setpoint: int, acid: Ints) -> Ints:
    """Return which designs can move a setpoint that chemistry knows the sign of."""
    if CONTINUOUS[setpoint] == "h2o2" and problem.feed.reducible == 0.0:
        return np.empty(0, np.intp)
    return np.flatnonzero((problem.upper > problem.lower)[acid, setpoint])


def response(problem: BoundProblem, acid: Ints, unit: Floats, setpoint: int, values: int) -> Response:
    """Run one setpoint through its range for designs given by acid and search coordinates."""
    rows = free(problem, setpoint, acid)
    places = np.repeat(unit[rows], values, axis=0)
    places[:, setpoint] = np.tile(np.linspace(0.0, 1.0, values), len(rows))
    designs = problem.decode(np.repeat(acid[rows], values), places)
    yields = counted(problem, designs).reshape(len(rows), values, len(METALS))
    against = drops(yields, rising=CONTINUOUS[setpoint] != "solid_liquid_ratio")
    where = np.nan_to_num(against, nan=-1.0).argmax(axis=1)
    at = designs.continuous[:, setpoint].reshape(len(rows), values)
    greatest = np.take_along_axis(against, where[:, None], axis=1)[:, 0]
    return Response(setpoint, rows, greatest, np.take_along_axis(at, where, axis=1))


def counted(problem: BoundProblem, designs: Designs) -> Floats:
    """Return the mean yields that the product counts, at high fidelity, a column per metal of METALS."""
    parts = np.array_split(np.arange(len(designs)), max(1, len(designs) // _ROWS))
    return np.concatenate(
        [problem.search_point(designs.take(rows), fidelity="high").prediction.mean for rows in parts]
    )


def drops(yields: Floats, *, rising: bool) -> Floats:
    """Return what yields lack of their running maximum along axis 1; from its end where they must fall."""
    ordered = yields if rising else yields[:, ::-1]
    lacking = np.maximum.accumulate(ordered, axis=1) - ordered
    return lacking if rising else lacking[:, ::-1]


def figures(problem: BoundProblem, responses: list[Response]) -> dict[str, object]:
    """Return the figures of a problem: by setpoint and metal, and the largest of all."""
    by = {
        CONTINUOUS[r.setpoint]: {
            metal: {
                "p95": round(float(np.quantile(r.drops[:, METALS.index(metal)], 0.95)), 4),
                "worst": round(float(r.drops[:, METALS.index(metal)].max()), 4),
            }
            for metal in problem.present
        }
        for r in responses
    }
    most = {
        key: max(one[key] for metals in by.values() for one in metals.values()) for key in ("p95", "worst")
    }
    return {**most, "by": by}


def report(name: str, problem: BoundProblem, designs: Designs, responses: list[Response]) -> list[str]:
    """Return rows of the Markdown table: a problem's setpoints, the worst of their metals."""
    rows = []
    for r in responses:
        p95 = np.quantile(r.drops, 0.95, axis=0)
        worst = np.unravel_index(np.nanargmax(r.drops), r.drops.shape)
        design, label = designs.take(r.rows[[worst[0]]]), CONTINUOUS[r.setpoint]
        place = ", ".join(
            f"{v.name} {r.at[worst] if j == r.setpoint else design.continuous[0, j]:g}"
            for j, v in enumerate(VARIABLES)
        )
        held = np.nanmax(p95) <= P95 and r.drops[worst] <= WORST
        rows.append(
            f"| {name} | {label} | {len(r.rows)} | {np.nanmax(p95):.3f} ({METALS[np.nanargmax(p95)]}) "
            f"| {r.drops[worst]:.3f} ({METALS[worst[1]]}) | {'yes' if held else 'no'} "
            f"| {problem.acid_names[design.acid[0]]}: {place} |"
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--artefact", type=Path, help="folder of an artefact to judge instead of the problems'"
    )
    parser.add_argument("--designs", type=int, default=DESIGNS, help="designs per problem")
    parser.add_argument("--values", type=int, default=VALUES, help="values of the setpoint that runs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS / "responses.json")
    parser.add_argument("problems", nargs="*", metavar="PROBLEM")
    asked = parser.parse_args()
    found, everything = {}, []
    print(
        f"| problem | setpoint | designs | p95, at most {P95:g} | worst, at most {WORST:g} | holds "
        "| the worst is at |\n|---|---|---|---|---|---|---|"
    )
    for name in asked.problems or with_shipped_model("problems"):
        problem = shipped_problem(name, asked.artefact)
        acid, unit = drawn(problem, asked.designs, np.random.default_rng(asked.seed))
        responses = [
            response(problem, acid, unit, j, asked.values)
            for j in range(len(VARIABLES))
            if len(free(problem, j, acid))
        ]
        found[name] = figures(problem, responses)
        print("\n".join(report(name, problem, problem.decode(acid, unit), responses)), flush=True)
        everything.append(found[name])
    p95, worst = (max(one[key] for one in everything) for key in ("p95", "worst"))
    print(
        f"\nThe largest over problems, setpoints and metals: p95 {p95:.4f} (bar {P95:g}), "
        f"worst {worst:.4f} (bar {WORST:g}): {'holds' if p95 <= P95 and worst <= WORST else 'does not hold'}."
    )
    asked.out.parent.mkdir(exist_ok=True)
    asked.out.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
