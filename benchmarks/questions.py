"""Forty questions answered by `ask`, against the best that an exhaustive search finds; ten answers in words.

The reference of a question is the best of a grid over everything, predicted at high fidelity, and of descents
from the best of it: each looks at every design one or two setpoints away, near and far, until none is better.
A gap is 0 where `ask` finds a better one. ``--reference`` makes it anew: a quarter of an hour.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

import optimiser as opt
from optimiser.answers.answer import ask
from optimiser.answers.question import Asked, question_of
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem
from optimiser.report.ask_words import headline
from optimiser.search.archive import total_violation
from optimiser.surrogate.artefact import YieldPrediction
from optimiser.variables import VARIABLES, Designs, Floats

HERE = Path(__file__).parent
REFERENCE, OUT = HERE / "reference" / "questions.json", HERE / "results" / "questions.json"
_STEPS = np.array([v.step for v in VARIABLES])
#: Places of each range in the grid: temperature, strength, peroxide, solids, time.
_GRID = (7, 10, 7, 9, 6)
_FAR = (1, 2, 5, 15)  # steps that a descent looks away
_STARTS, _LONGEST = 2, 30


@dataclass(frozen=True)
class Case:
    """One question: a name, a problem and what is asked of it."""

    name: str
    problem: str
    asked: Asked


def cases() -> list[Case]:
    """Return the forty questions: four feeds, targets, objectives, confidences, acids and limits."""
    found = []
    metals = {"nmc111": "Li Ni Mn Co", "nmc622": "Li Ni Co", "nmc811": "Li Ni Co", "lco": "Li Co"}
    for feed, names in metals.items():
        every = names.split()

        def all_at(target: float, some: list[str] = every) -> dict[str, float]:
            return dict.fromkeys(some, target)

        kinds: dict[str, Asked] = {
            "cost at 0.7": Asked(opt.minimise("cost"), all_at(0.7)),
            "cost at 0.8": Asked(opt.minimise("cost"), all_at(0.8)),
            "cost at 0.9": Asked(opt.minimise("cost"), all_at(0.9)),
            "climate at 0.8": Asked(opt.minimise("climate_change"), all_at(0.8)),
            "net value at Li 0.8": Asked(opt.maximise("net_value"), {"Li": 0.8}),
            "cost at Co 0.9, 80 % sure": Asked(opt.minimise("cost"), {"Co": 0.9}, 0.8),
            "cost at 0.7, 80 % sure together": Asked(opt.minimise("cost"), all_at(0.7), 0.8, joint=True),
            "climate at Li 0.95, 50 % sure": Asked(opt.minimise("climate_change"), {"Li": 0.95}, 0.5),
            "cost at 0.8, 60 degC, 90 min": Asked(
                opt.minimise("cost"), all_at(0.8), fix={"temperature": 60}, at_most={"time": 90}
            ),
            "cost at 0.8, one acid": Asked(
                opt.minimise("cost"), all_at(0.8), acid=["nitric" if feed == "lco" else "sulfuric"]
            ),
        }
        found += [Case(f"{feed}: {kind}", feed, asked) for kind, asked in kinds.items()]
    return found


def exhaustive(case: Case) -> float | None:
    """Return the best objective of a question, to minimise; None where nothing is feasible."""
    bound = bind(question_of(opt.load_problem(case.problem), case.asked))
    bound = bound.with_acids(bound.supported_acids)
    best: tuple[float, float] = (np.inf, np.inf)
    for acid in bound.acid_names:
        alone = bound.with_acids([acid])
        fixed = tuple(sorted((case.asked.fix or {}).items()))
        designs, told = predicted_grid(case.problem, acid, fixed)
        inside = (designs.continuous >= alone.lower - 1e-9) & (designs.continuous <= alone.upper + 1e-9)
        rows = np.flatnonzero(inside.all(axis=1))
        if not len(rows):  # what is asked lies outside the acid's data
            continue
        point = alone.point_at(designs.take(rows), told.take(rows))
        lacking = total_violation(point.margins)
        order = rows[np.lexsort((point.objectives[:, 0], lacking))][:400]
        for row in spread_out(alone, designs.take(order)):
            best = min(best, descent(alone, designs.take(order[[row]])))
    return best[1] if best[0] <= 0.0 else None


@cache
def predicted_grid(
    problem: str, acid: str, fixed: tuple[tuple[str, float], ...]
) -> tuple[Designs, YieldPrediction]:
    """Return a full grid over an acid's ranges, predicted at high fidelity."""
    bound = bind(question_of(opt.load_problem(problem), Asked(acid=[acid], fix=dict(fixed))))
    places = [np.linspace(0.0, 1.0, n) for n in _GRID]
    unit = np.array(list(itertools.product(*places)))
    designs = bound.decode(np.zeros(len(unit), dtype=np.intp), unit)
    designs = designs.take(np.unique(designs.setpoints, return_index=True)[1])
    parts = [bound.predict(designs.take(rows)) for rows in parts_of(len(designs))]
    return designs, YieldPrediction.joined(parts)


def seen(bound: BoundProblem, designs: Designs) -> tuple[Floats, Floats]:
    """Return the objective and what constraints lack, at high fidelity, shape (n,) each."""
    point = bound.search_point(designs, "high")
    return point.objectives[:, 0], total_violation(point.margins)


def parts_of(n: int) -> Iterator[np.ndarray]:
    yield from np.array_split(np.arange(n), max(1, n // 4000))


def spread_out(bound: BoundProblem, designs: Designs) -> list[int]:
    """Return rows of good designs that are far from each other, the best first."""
    unit, chosen = bound.encode(designs), [0]
    while len(chosen) < min(_STARTS, len(designs)):
        away = np.min([np.abs(unit - unit[row]).max(axis=1) for row in chosen], axis=0)
        far = np.flatnonzero(away > 0.15)
        if not len(far):
            break
        chosen.append(int(far[0]))
    return chosen


def descent(bound: BoundProblem, start: Designs) -> tuple[float, float]:
    """Follow the best neighbour until there is none better; return what it lacks and its objective."""
    moves = [np.zeros(5)]
    for i, j in itertools.combinations(range(5), 2):
        for a, b in itertools.product((0, *_FAR), repeat=2):
            for s, t in itertools.product((-1, 1), repeat=2):
                move = np.zeros(5)
                move[i], move[j] = s * a * _STEPS[i], t * b * _STEPS[j]
                moves.append(move)
    every = np.unique(np.array(moves), axis=0)
    here, best = start, (np.inf, np.inf)
    for _ in range(_LONGEST):
        around = bound.settable(Designs(np.repeat(here.acid, len(every)), here.continuous + every))
        around = around.take(np.unique(around.setpoints, return_index=True)[1])
        value, lacking = seen(bound, around)
        row = int(np.lexsort((value, lacking))[0])
        now = (float(lacking[row]), float(value[row]))
        if not now < best:
            return best
        here, best = around.take(np.array([row])), now
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--reference", action="store_true", help="make the reference anew")
    parser.add_argument("--words", type=int, default=10, help="answers to print in words")
    options = parser.parse_args()
    known = json.loads(REFERENCE.read_text()) if REFERENCE.exists() else {}
    if options.reference:
        for case in cases():
            began = time.perf_counter()
            known[case.name] = exhaustive(case)
            print(f"{case.name}: {known[case.name]} ({time.perf_counter() - began:.0f} s)", flush=True)
            REFERENCE.write_text(json.dumps(known, indent=1) + "\n")
        return
    told, gaps = [], []
    ask(opt.load_problem("nmc111"), Asked(yields={"Li": 0.5}))  # warm
    for i, case in enumerate(cases()):
        began = time.perf_counter()
        answer = ask(opt.load_problem(case.problem), case.asked)
        seconds = time.perf_counter() - began
        value = float(answer.evaluation.objectives[0, 0]) if answer.feasible else None
        best = known.get(case.name)
        gap = None if value is None or best is None else max(0.0, (value - best) / abs(best))
        missed = best is not None and value is None
        gaps.append(np.inf if missed else (gap or 0.0))
        told.append(
            {"question": case.name, "seconds": round(seconds, 2), "value": value, "best": best, "gap": gap}
        )
        print(f"{case.name}: {seconds:.1f} s, {value} against {best}, gap {gaps[-1]:.2%}", flush=True)
        if i % 4 == 0 and i // 4 < options.words:
            print("  " + " ".join(headline(answer)))
    seconds = [one["seconds"] for one in told]
    within = float(np.mean(np.array(gaps) <= 0.01))
    print(f"within 1 %: {within:.1%} of {len(told)}")
    print(f"seconds: median {np.median(seconds):.1f}, most {max(seconds):.1f}")
    OUT.write_text(json.dumps({"within_1_percent": within, "questions": told}, indent=1) + "\n")


if __name__ == "__main__":
    main()
