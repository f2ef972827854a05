"""What the page is told of a question and of its answer, as plain JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from optimiser._io.errors import InputError
from optimiser.answers.answer import Answer
from optimiser.answers.levers import Lever, lever, reagents_of
from optimiser.app.live import Live
from optimiser.app.question import Posed
from optimiser.chemistry.acids import Acid, load_acids
from optimiser.chemistry.feeds import Feed
from optimiser.problem.binding import known_acids
from optimiser.problem.bound import BoundProblem
from optimiser.process.inputs import ProcessInputs, bought
from optimiser.report import ask_words, refusal, words
from optimiser.report.cards.ask import acids_frame, tiles_of
from optimiser.report.caveats import intervals_caveat, selection_caveat
from optimiser.report.columns import column, told_of
from optimiser.report.figures.ask import draw_price_of_certainty, draw_price_of_yield
from optimiser.report.manifest import plain_json
from optimiser.report.numbers import counted
from optimiser.surrogate.domain import Neighbourhood
from optimiser.systems.system import Option


def answer_json(live: Live) -> dict[str, Any]:
    """Return the answer: sentences, figures of merit, yields with 90 % intervals, what more would cost."""
    answer = live.answer
    problem, e = answer.problem, answer.evaluation
    with told_of(problem.system):
        shown = column(answer.objective.metric)
        figures = {}
        if answer.price_of_yield:
            figures["price-of-yield"] = _figure(draw_price_of_yield(answer))
        if answer.price_of_certainty:
            figures["price-of-certainty"] = _figure(draw_price_of_certainty(answer))
        told = {
            "feasible": answer.feasible,
            "headline": list(ask_words.headline(answer)),
            "objective": ask_words.heading(answer),
            "said": shown.said(answer.value),
            "acid": answer.acid,
            "setpoints": [
                {"label": v.label, "value": f"{x:g}", "unit": v.shown_unit}
                for v, x in zip(problem.variables, e.designs.continuous[0].tolist(), strict=True)
            ],
            "tiles": [vars(tile) for tile in tiles_of(answer)],
            "yields": [
                {
                    "metal": metal,
                    "mean": e.yields[0, i],
                    "low": e.yields_low[0, i],
                    "high": e.yields_high[0, i],
                    "target": problem.targets.get(metal),
                    "assumed": metal in problem.feed.assumed_yields,
                }
                for metal in problem.present
                for i in [problem.responses.index(metal)]
            ],
            "chance": e.p_feasible[0] if problem.targets else None,
            "acids": _acids(answer),
            "sentences": [
                line
                for line in (
                    ask_words.yield_sentence(answer),
                    ask_words.certainty_sentence(answer),
                    ask_words.acids_sentence(answer),
                )
                if line
            ],
            "figures": figures,
            "known": _known(live),
            "searched": live.searched,
        }
    plain: dict[str, Any] = plain_json(told)
    return plain


def more_json(live: Live) -> dict[str, Any]:
    """Return the answer with what takes longer: intervals, warnings, why nothing is feasible."""
    answer = live.answer
    problem, e = answer.problem, answer.evaluation
    with told_of(problem.system):
        why = [] if answer.refusal is None else refusal.infeasibility_lines(answer.refusal, problem)
        nearest = [] if answer.feasible else [f"Nearest: {words.setpoints(problem, e, 0)}."]
        warnings = words.warnings_of(problem, e, 0) if answer.feasible else []
        return {
            **answer_json(live),
            "why": [*why, *nearest],
            "warnings": [*warnings, intervals_caveat(problem.surrogate), *selection_caveat(problem, e, 0)],
        }


def form_json(posed: Posed, problem: BoundProblem) -> dict[str, Any]:
    """Return what the form offers for a feed and a yield model: acids, ranges, prices, factors, metals.

    Args:
        posed: the question.
        problem: bound, with all of its acids.
    """
    feed = problem.feed
    told = {
        "feed": feed.name,
        "metals": [m for m in problem.present if m not in feed.assumed_yields],
        "reading": _reading(feed) if isinstance(feed, Feed) else None,
        "acids": _near(posed, problem),
        "ranges": [
            {
                "name": v.name,
                "label": v.label,
                "unit": v.shown_unit,
                "low": v.low,
                "high": v.high,
                "step": v.step,
                "range": posed.problem.variables.range_of(v),
            }
            for v in problem.variables
        ],
        "prices": [_lever(one) for one in _levers(problem, "price")],
        "factors": [_lever(one) for one in _levers(problem, "climate_change")],
        "objectives": [
            {"name": name, "label": column(name).heading, "better": metric.better}
            for name, metric in problem.metrics.items()
        ],
        "cathode": problem.system.is_cathode,
    }
    plain: dict[str, Any] = plain_json(told)
    return plain


def differing(problem: BoundProblem, other: BoundProblem, kind: str) -> dict[str, float]:
    """Return the prices or factors by name that two bindings of a problem do not share.

    Args:
        problem: whose numbers are returned.
        other: with the usual tables.
        kind: ``price`` or ``climate_change``.
    """
    usual = {one.name: one.value for one in _levers(other, kind)}
    return {
        one.name.split(".", 1)[1]: one.value
        for one in _levers(problem, kind)
        if one.value != usual.get(one.name)
    }


def _figure(drawing: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(drawing.to_json())
    return found


def _known(live: Live) -> str:
    """Say what the answer is: the best of so many designs, not of all."""
    found = f", {live.searched:,} of them from searches" if live.searched else ""
    return f"The best of {counted(live.known, 'design')} that are known by now{found}."


def _acids(answer: Answer) -> list[dict[str, Any]]:
    frame = acids_frame(answer)
    heading = ask_words.heading(answer)
    return [
        {
            "acid": one.acid,
            "value": row[heading],
            "premium": row["premium [%]"],
            "verdict": row["verdict"],
            "experiments": one.experiments,
            "share": one.premium,
        }
        for one, (_, row) in zip(answer.acids, frame.iterrows(), strict=True)
    ]


def _near(posed: Posed, problem: BoundProblem) -> list[dict[str, Any]]:
    """Return the acids that a question may choose from, with their experiments near the feed."""
    if not problem.system.is_cathode:
        return [_experiments(a, n) for a, n in zip(problem.acids, problem.neighbourhoods, strict=True)]
    every = {**load_acids(), **known_acids(posed.problem), **{a.name: a for a in problem.cathode_acids}}
    domain = problem.surrogate.domain
    found = [_experiments(acid, domain.neighbourhood(problem.feed, acid)) for acid in every.values()]
    return sorted(found, key=lambda one: -one["experiments"])


def _experiments(acid: Acid | Option, near: Neighbourhood) -> dict[str, Any]:
    return {"name": acid.name, "label": acid.label, "experiments": near.experiments, "near": near.supported}


def _levers(problem: BoundProblem, kind: str) -> Iterator[Lever]:
    """Yield the prices or factors of what a question buys: its acids, peroxide, base and energies."""
    if (kind == "price" and "cost" not in problem.metrics) or kind not in ("price", *problem.metrics):
        return
    names = [*reagents_of(problem)]
    if isinstance(problem.inputs, ProcessInputs):
        items = bought(problem.reagents, problem.inputs.parameters).values()
        names += [item.name for item in items if item.name != "water"]
    for name in dict.fromkeys(names):
        with suppress(InputError):  # of what nobody knows the factor, such as what only the plant buys
            yield lever(problem, f"{kind}.{name}")


def _lever(one: Lever) -> dict[str, Any]:
    label = one.label.removeprefix("price of ").removeprefix("climate change of ")
    return {"name": one.name.split(".", 1)[1], "label": label, "unit": one.unit, "value": one.value}


def _reading(feed: Feed) -> dict[str, Any]:
    """Return what an assay or a formula comes to."""
    read = feed.reading
    return {
        "closure": read.closure,
        "cathode": read.cathode,
        "composition": dict(read.composition),
        "oxygen": read.oxygen,
        "unaccounted": read.unaccounted,
        "notes": list(read.notes),
        "assay": feed.assay is not None,
    }
