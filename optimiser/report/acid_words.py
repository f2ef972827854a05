"""Acids compared, in words: who takes over where, who is the best and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optimiser.answers.acids import AcidAlone, AcidComparison
from optimiser.answers.crossing import Breakeven, CrossingMap, Takeover
from optimiser.answers.levers import Lever
from optimiser.answers.rivals import Field, least_experiments
from optimiser.problem.metrics import METRICS
from optimiser.report.columns import column, told_of
from optimiser.report.impact_words import assumed_lines
from optimiser.report.numbers import number
from optimiser.report.refusal import binding_text
from optimiser.report.scope_words import scope_lines
from optimiser.report.words import chance
from optimiser.surrogate.site import whose_yields
from optimiser.systems.words import vocabulary

#: Said wherever an acid without enough data is shown.
GUESS = "a guess: too few experiments with it near the feed, the applicability domain is off for it"


def labelled(field: Field, acid: str) -> str:
    """Return what a person calls an acid; ``no acid`` where nothing is feasible."""
    if not acid:
        return f"no {vocabulary(field.problem.system).option}"
    return field.problem.acids[field.problem.acid_names.index(acid)].label


def lever_text(lever: Lever, value: float) -> str:
    """Write a lever's number with its unit: ``0.335 EUR/kg stock``, ``90 %``."""
    if lever.name.partition(".")[0] in ("yield", "confidence"):
        return f"{number(100.0 * value, figures=3)} %"
    return f"{number(value, figures=3)} {lever.unit}".rstrip()


def _from(text: str) -> str:
    return text[0].upper() + text[1:]


def takeover_sentence(of: Breakeven, takeover: Takeover) -> str:
    """Say where one acid takes over, and what both come to there."""
    loser, winner = (labelled(of.field, acid) for acid in (takeover.loser, takeover.winner))
    place = f"at {_the(of.lever)} of {lever_text(of.lever, takeover.value)}"
    how, what = column(of.objective.metric), vocabulary(of.field.problem.system).option
    if not takeover.winner:
        return f"{_from(place)}, {loser} has its last feasible design; beyond it no {what} has one."
    if not takeover.loser:
        return f"{_from(place)}, {winner} has its first feasible design; before it no {what} has one."
    if takeover.same:
        return (
            f"{_from(winner)} takes over from {loser} {place}, where both come to "
            f"{how.said(takeover.winner_value)}."
        )
    if np.isnan(takeover.loser_value) or np.isnan(takeover.winner_value):
        cause = f"{loser} has no feasible design beyond it" if np.isnan(takeover.loser_value) else ""
        cause = cause or f"{winner} has no feasible design before it"
        return f"{_from(winner)} takes over from {loser} {place}: {cause}."
    return (
        f"{_from(winner)} takes over from {loser} {place}, where a design is lost or gained: "
        f"{how.text(takeover.winner_value)} against {how.said(takeover.loser_value)}."
    )


def _the(lever: Lever) -> str:
    if lever.label.endswith("s"):
        return lever.label
    return f"{'an' if lever.label[:1].lower() in 'aeio' else 'a'} {lever.label}"


def breakeven_lines(of: Breakeven) -> list[str]:
    """Return the answer of a break-even: each takeover, or that there is none and by how much."""
    with told_of(of.field.problem.system):
        return _breakeven_lines(of)


def _breakeven_lines(of: Breakeven) -> list[str]:
    said = [takeover_sentence(of, one) for one in of.takeovers]
    if of.subject not in of.winners and not any(of.subject == t.winner for t in of.takeovers):
        said.insert(0, _never(of))
    elif not of.takeovers:
        said.append(_throughout(of))
    if of.lever.value == of.lever.value and said:
        said.append(f"The problem itself has {_the(of.lever)} of {lever_text(of.lever, of.lever.value)}.")
    own = whose_yields(of.field.problem.surrogate)
    return [*said, *own, *outside_lines(of.field), *guess_lines(of.field, of.acids)]


def _never(of: Breakeven) -> str:
    """Say that an acid never takes over, and what it comes to where it does best against the best."""
    k, sign = of.acids.index(of.subject), of.objective.sign
    name = _from(labelled(of.field, of.subject))
    best = sign * np.nanmin(sign * of.best, axis=1, initial=np.inf)
    if np.isnan(of.best[:, k]).all():
        return (
            f"{name} never takes over: it has no feasible design with {of.lever.label} between "
            f"{lever_text(of.lever, of.span.low)} and {lever_text(of.lever, of.span.high)}."
        )
    row = int(np.nanargmin(sign * (of.best[:, k] - best)))
    how, winner = column(of.objective.metric), of.winners[row]
    # the end where it does best is told already
    last = len(of.values) - 1
    ends = "; ".join(_at_end(of, end) for end in (0, last) if end != row)
    return (
        f"{name} never takes over, even at {_the(of.lever)} of {lever_text(of.lever, of.values[row])}: "
        f"{how.text(of.best[row, k])} against {how.said(best[row])} of {labelled(of.field, winner)}. "
        f"{_from(ends)}."
    )


def _at_end(of: Breakeven, row: int) -> str:
    """Say what the subject, and the best other acid, come to at an end."""
    how, k = column(of.objective.metric), of.acids.index(of.subject)
    own = of.best[row, k]
    others = np.where(np.arange(len(of.acids)) == k, np.nan, of.objective.sign * of.best[row])
    told = (
        f"at {lever_text(of.lever, of.values[row])} {how.text(own) if own == own else 'no feasible design'}"
    )
    if np.isnan(others).all():
        return f"{told}, the others none"
    other = int(np.nanargmin(others))
    return f"{told} against {how.said(of.best[row, other])} of {labelled(of.field, of.acids[other])}"


def _throughout(of: Breakeven) -> str:
    winner, what = of.winners[0], vocabulary(of.field.problem.system).option
    if not winner:
        return f"No {what} has a feasible design anywhere along it."
    ends = "; ".join(_at_end(of, end) for end in (0, -1))
    name = _from(labelled(of.field, winner))
    return (
        f"{name} is the best throughout, with {of.lever.label} from {lever_text(of.lever, of.span.low)} to "
        f"{lever_text(of.lever, of.span.high)}; no other {what} takes over. {_from(ends)}."
    )


def outside_lines(field: Field) -> list[str]:
    """Say which acids are not compared, and why."""
    if not field.outside:
        return []
    named = ", ".join(f"{acid} ({n or 'no'} experiments)" for acid, n in field.outside)
    least = least_experiments(field.problem)
    return [
        f"Not compared, outside the applicability domain: {named}; {least} near {field.problem.feed.name} "
        "are needed. The option unseen shows them as guesses."
    ]


def guess_lines(field: Field, acids: Sequence[str]) -> list[str]:
    """Say which acids are guesses."""
    named = [labelled(field, acid) for acid in acids if acid in field.guessed]
    return [f"{_from(' and '.join(named))}: {GUESS}."] if named else []


def map_lines(of: CrossingMap) -> list[str]:
    """Say who wins how much of a map, and how its boundary runs."""
    winners, total = of.winners, of.winners.size
    shares = [(int((winners == k).sum()), acid) for k, acid in enumerate(of.acids)]
    shares.sort(key=lambda pair: -pair[0])
    told = [f"{labelled(of.field, acid)} in {n} of {total} cells" for n, acid in shares if n]
    if none := int((winners < 0).sum()):
        told.append(f"nothing is feasible in {none}")
    x, y = of.levers
    what = vocabulary(of.field.problem.system).option
    lines = [f"Over {x.label} and {y.label}, the best {what} is {', '.join(told)}."]
    crossed = [(v, row) for v, row in zip(of.y, of.boundary, strict=True) if any(t.same for t in row)]
    if crossed:
        parts = []
        for value, row in dict([crossed[0], crossed[-1]]).items():
            one = next(t for t in row if t.same)
            parts.append(
                f"{labelled(of.field, one.winner)} takes over from {labelled(of.field, one.loser)} at "
                f"{lever_text(x, one.value)} with {y.label} at {lever_text(y, value)}"
            )
        lines.append(_from("; ".join(parts)) + ".")
    return lines


def verdict(of: AcidComparison, one: AcidAlone) -> str:
    """Say whether an acid is feasible, or what stands in the way."""
    if one.front is not None:
        return "feasible, a guess" if one.guess else "feasible"
    if one.infeasibility is None or not one.infeasibility.binding:
        return "no feasible design"
    return f"no feasible design; {binding_text(one.infeasibility.binding[0])}"


def _uncertain(of: AcidComparison) -> str:
    drawn = () if of.drawn is None else of.drawn.inputs
    priced = any(one.varies and one.kind == "price" for one in drawn)
    return "prices, factors and yields" if priced or of.problem.system.is_cathode else "yields"


def comparison_lines(of: AcidComparison) -> list[str]:
    """Return the answer of a comparison: the best acid, how sure that is, who else, who not."""
    with told_of(of.problem.system):
        return _comparison_lines(of)


def _comparison_lines(of: AcidComparison) -> list[str]:
    able, how, what = of.feasible, column(of.objective.metric), vocabulary(of.problem.system).option
    if not able:
        lines = [f"No {what} has a feasible design."]
    else:
        metric = METRICS[of.objective.metric].label
        best = [
            f"{one.label} {how.text(one.picked.metrics[of.objective.metric][0])}"
            for one in able[1:]
            if one.picked
        ]
        first = able[0].picked
        assert first is not None
        lines = [
            f"{_from(able[0].label)} is the best in {metric}: "
            f"{how.said(first.metrics[of.objective.metric][0])}"
            + (f"; {', '.join(best)}." if best else f"; no other {what} is feasible.")
        ]
        if best:
            lines.append(
                f"With {_uncertain(of)} uncertain it stays the best of all with probability "
                f"{chance(of.p_best()[able[0].acid])}."
            )
    unable = [f"{one.label} ({verdict(of, one)})" for one in of.acids if one.front is None]
    lines += [f"Not feasible: {'; '.join(unable)}."] if unable else []
    if (both := of.scopes()) is not None:
        lines += scope_lines(both)
    if of.crossing is not None:
        lines += map_lines(of.crossing)
    own = whose_yields(of.field.problem.surrogate)
    lines += assumed_lines(of.problem) if of.problem.system.is_cathode else []
    return [*lines, *own, *outside_lines(of.field), *guess_lines(of.field, of.problem.acid_names)]
