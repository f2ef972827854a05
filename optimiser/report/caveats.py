"""Caveats of the model, the intervals and the numbers, in one place for every card that needs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from optimiser._io import builtin
from optimiser._io.yamlfile import read_yaml
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.metals import Metal, load_metals
from optimiser.chemistry.mixtures import single_acids
from optimiser.chemistry.provenance import Provenance, provenance
from optimiser.learning.lessons import skill_of
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.metrics import is_yield
from optimiser.problem.system_binding import transfer_in_words
from optimiser.process.inputs import bought
from optimiser.process.system_inputs import SystemInputs
from optimiser.surrogate.artefact import SEAL, Surrogate
from optimiser.surrogate.calibration import INTERVAL_KEY, INTERVAL_PERCENT
from optimiser.surrogate.packing import SHIPPED
from optimiser.surrogate.selection import LEAST_ROWS, RULES, Rule
from optimiser.surrogate.site import base_name, whose_yields

SELECTED = "selected.yaml"  # beside the shipped card


def intervals_caveat(surrogate: Surrogate) -> str:
    """Say what the intervals hold, wherever they are shown."""
    if surrogate.site is not None:
        return _own_coverage(surrogate)
    skill = surrogate.card["skill"]
    if not surrogate.system.is_cathode:
        return _system_intervals(surrogate)
    experiment, study = (100.0 * skill[name]["coverage"][INTERVAL_KEY] for name in ("experiment", "study"))
    return (
        f"Intervals are calibrated on held-out experiments: {INTERVAL_PERCENT} intervals contained "
        f"{experiment:.0f} % of the yields of held-out experiments, and {study:.0f} % of those of held-out "
        "studies, which stand for a new laboratory or plant."
    )


#: What each protocol holds out, in the order in which skill is told.
HELD_OUT: Mapping[str, str] = {"experiment": "held-out experiments", "study": "held-out studies"}


def told_protocols(surrogate: Surrogate) -> dict[str, Mapping[str, Any]]:
    """Return the scores that a card has, by protocol: experiments held out and, where it has any, studies.

    A table without studies has none to hold out.
    """
    skill = surrogate.card.get("skill", {})
    return {name: skill[name] for name in HELD_OUT if isinstance(skill.get(name), Mapping)}


def told_limits(surrogate: Surrogate) -> tuple[str, ...]:
    """Return what everyone must know who asks a model: `no_transfer`, and its system's warning."""
    return tuple(line for line in (no_transfer(surrogate), surrogate.system.spec.warning) if line)


def no_transfer(surrogate: Surrogate) -> str:
    """Say that yields on a feed that was not measured are not to be relied on; empty where they may be."""
    return transfer_in_words(surrogate) if surrogate.system.transfers is False else ""


def _system_intervals(surrogate: Surrogate) -> str:
    """Say what the intervals of a system of one's own hold, by what was held out."""
    held = [
        f"{100.0 * scores['coverage'][INTERVAL_KEY]:.0f} % of the yields of {HELD_OUT[name]}"
        for name, scores in told_protocols(surrogate).items()
        if scores.get("coverage")
    ]
    if not held:
        return "The model card does not say what the intervals hold on held-out data."
    return (
        f"Intervals are calibrated on held-out experiments: {INTERVAL_PERCENT} intervals contained "
        f"{', and '.join(held)}."
    )


def _system_skill(surrogate: Surrogate) -> str:
    """Say how accurate the yields of a system of one's own are, by what was held out."""
    system, training = surrogate.system, surrogate.card.get("training", {})
    rows, experiments = (training.get(key) for key in ("rows", "experiments"))
    many = f" ({rows} rows of {experiments} experiments)" if rows and experiments else ""
    told = []
    for name, scores in told_protocols(surrogate).items():
        r2 = "" if scores.get("r2") is None else f"its R² is {scores['r2']:.2f} and "
        told.append(f"on {HELD_OUT[name]} {r2}its mean absolute error {100.0 * scores['mae']:.1f} points")
    alone = (
        ""
        if "study" in told_protocols(surrogate)
        else (
            " No study was held out, so nothing shows how yields carry over to another laboratory or plant."
        )
    )
    said = "; ".join(told)
    skill = f" {said[0].upper()}{said[1:]} of yield." if told else ""
    limits = f" {no_transfer(surrogate)}".rstrip()
    return (
        f"Yields are predictions of a model fitted to the table of {system.name}{many}.{skill}{alone}{limits}"
        " Confirm a design by experiment before building on it."
    )


def _own_coverage(surrogate: Surrogate) -> str:
    """Say what the intervals of a site model held of its own results."""
    skill = skill_of(surrogate)
    if skill is None:
        return f"With one own experiment, nothing shows yet what the intervals of {surrogate.name} hold."
    return (
        f"Each own experiment left out in turn, {INTERVAL_PERCENT} intervals of {surrogate.name} contained "
        f"{100.0 * skill.within_after:.0f} % of the {skill.values} yields measured."
    )


#: What the figures of money and of climate change rest on: quantities of the table of sources, by group.
MONEY: Mapping[str, tuple[str, ...]] = {
    "prices": ("price", "payable"),
    "exchange rates": ("exchange rate",),
    "stock strength": ("stock purity", "stock density"),
}
CLIMATE: Mapping[str, tuple[str, ...]] = {"factors": ("climate change",)}


def marked_numbers(
    problem: BoundProblem, what: str, groups: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """Say which numbers behind a figure are old or poorly founded; nothing where none is.

    Args:
        problem: the bound question; what it does not use is left out.
        what: they stand behind, in words.
        groups: ``MONEY`` or ``CLIMATE``.
    """
    records = _used(problem)
    said = []
    for group, quantities in groups.items():
        marks: dict[str, dict[str, None]] = {}
        for r in records:
            if r.quantity in quantities and r.flags:
                marks.setdefault(_called(r), {}).update(dict.fromkeys(r.flags))
        if marks:
            said.append(f"{group}: {_by_mark(marks)}")
    return (f"Marked numbers stand behind {what}: {'; '.join(said)}.",) if said else ()


def acids_of(problem: BoundProblem) -> dict[str, Acid]:
    """Return the known acids whose numbers a problem uses, by name; a mixture's are its parts."""
    if not isinstance(problem.inputs, SystemInputs):
        return single_acids(problem.cathode_acids)
    known = [one.acid for one in problem.inputs.solutes if one is not None and one.acid is not None]
    return {acid.name: acid for acid in known}


def metals_of(problem: BoundProblem) -> dict[str, Metal]:
    """Return the known metals of a problem: of a system of one's own those whose value counts."""
    metals = load_metals()
    if problem.system.is_cathode:
        return dict(metals)
    counts = problem.present if "net_value" in problem.metrics else ()
    return {name: metal for name, metal in metals.items() if name in counts}


def sums_count(problem: BoundProblem) -> bool:
    """Return whether reagents and energy count in some metric; of cathodes they always do."""
    apart = {"time", "recovery"}
    return problem.system.is_cathode or any(
        not is_yield(name) and name not in apart for name in problem.metrics
    )


def _used(problem: BoundProblem) -> list[Provenance]:
    """Return the numbers that a problem rests on: no base that is not bought, no metal that is absent."""
    reagents, acids, metals = problem.reagents, acids_of(problem), metals_of(problem)
    used = {item.name for item in bought(reagents, problem.inputs.parameters).values()}
    unused = reagents.bases.keys() - used
    labels = {reagents[name].label for name in unused}
    for name in unused:  # without its price, the exchange rate of a base that is not bought is left out, too
        reagents = reagents.changed(name, price=None)
    records = provenance(acids, {m: metals[m] for m in problem.present if m in metals}, reagents)
    stocks = {reagents.h2o2.label, *(acid.label for acid in acids.values())}
    return [
        r
        for r in records
        if r.item not in labels and (r.item in stocks or not r.quantity.startswith("stock"))
    ]


def _called(record: Provenance) -> str:
    """Return what a marked number is called beside others of its group."""
    if record.quantity == "exchange rate":
        return f"{record.unit.split('/')[0]} {record.date}"
    return f"payable share of {record.item}" if record.quantity == "payable" else record.item


def _by_mark(marks: Mapping[str, Iterable[str]]) -> str:
    """Say what shares its marks together: ``a, b (confidence C), c (older than 2020)``."""
    together: dict[str, list[str]] = {}
    for item, flags in marks.items():
        together.setdefault(", ".join(sorted(flags)), []).append(item)
    return ", ".join(f"{', '.join(items)} ({flags})" for flags, items in together.items())


def skill_caveat(surrogate: Surrogate) -> str:
    """Say how accurate yields are on held-out data."""
    if surrogate.site is not None:
        return _own_skill(surrogate)
    if not surrogate.system.is_cathode:
        return _system_skill(surrogate)
    experiment, study = (surrogate.card["skill"][name] for name in ("experiment", "study"))
    return (
        "Yields are predictions of a model fitted to published laboratory experiments. On held-out "
        f"experiments its R² is {experiment['r2']:.2f} and its mean absolute error "
        f"{100.0 * experiment['mae']:.0f} points of yield; on held-out studies "
        f"{study['r2']:.2f} and {100.0 * study['mae']:.0f} points. Confirm a design by experiment before "
        "building on it."
    )


def _own_skill(surrogate: Surrogate) -> str:
    """Say how accurate a site model is at its plant, beside its base there."""
    said, skill = " ".join(whose_yields(surrogate)), skill_of(surrogate)
    if skill is None:
        return f"{said} With one own experiment, nothing shows yet how accurate they are at this plant."
    after, before = (100.0 * mae for mae in (skill.mae_after, skill.mae_before))
    return (
        f"{said} Each own experiment left out in turn, its mean absolute error was {after:.0f} points of "
        f"yield, and that of {base_name(surrogate)} {before:.0f}. With other acids yields are those of "
        "the base; with the same acid, what was learned holds the less the further a design is from the own "
        "results. Confirm a design by experiment before building on it."
    )


def selected_figures(card: Mapping[str, Any]) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """Return a card's figures of picked rows by protocol and rule; nothing where the card has none.

    Of the shipped card those of the file beside it count, which `optimiser evaluate --selected --out` writes:
    its rules and prices are newer than the card, whose hash names the artefact.
    """
    own: Mapping[str, Mapping[str, Mapping[str, Any]]] = card["skill"].get("selected", {})
    path = builtin.folder("models") / SHIPPED / SELECTED
    if not own or not path.is_file():
        return own
    stored = read_yaml(path).data
    if stored[SEAL] != card.get(SEAL):
        return own
    return {protocol: stored["selected"][protocol] for protocol in own}


def targets_reached(
    card: Mapping[str, Any],
    *,
    target: float | None = None,
    confidence: float | None = None,
    joint: bool = False,
) -> str:
    """Say how many designs that a search selects reach their targets; nothing where the card does not tell.

    Args:
        card: model card, whose ``skill.selected`` `optimiser train` writes.
        target: that all yields are to reach; told is the nearest that was replayed. None for a search
            without targets, which picks by recovery.
        confidence: with which each yield reaches the target, likewise; None where the yield that is expected
            does. Where few rows were picked so, a smaller one is told.
        joint: whether the confidence is that all yields reach the target at once. Told is then the nearest
            confidence, and where few rows were picked so, another target.
    """
    told = selected_figures(card)
    if not told:
        return ""

    def unlike(rule: Rule) -> tuple[float, ...]:
        if target is None:
            return (float(rule.cheapest),)
        few = told["experiment"][rule.name]["n"] < LEAST_ROWS
        sure = abs((rule.confidence or 0.0) - (confidence or 0.0))
        apart = abs(rule.target - target)
        # a joint promise is made by the confidence, whatever the target
        order = (float(few), sure, apart) if joint else (apart, float(few), sure)
        return float(not rule.cheapest), float(rule.joint != joint), *order

    rule = min((rule for rule in RULES if rule.name in told["experiment"]), key=unlike)
    experiment, study = (told[protocol][rule.name] for protocol in ("experiment", "study"))
    if not experiment["n"]:
        return ""
    how, reached = "by recovery", f"{100 * rule.target:g} % for every metal"
    if rule.cheapest:
        how, reached = f"as the cheapest at {100 * rule.target:g} %", "all targets"
    if rule.confidence is not None:
        sure = f"{100 * rule.confidence:g} %"
        how += f" with {sure} joint confidence" if rule.joint else f" with {sure} confidence each"
    said = f"Of rows of held-out experiments selected {how}, {_kept(experiment, f'reached {reached} ')}"
    return f"{said}; of rows of held-out studies {_kept(study)}." if study["n"] else f"{said}."


def selection_caveat(problem: BoundProblem, evaluation: Evaluation, row: int) -> tuple[str, ...]:
    """Say how many designs selected like one that was evaluated reach their targets, where its model tells.

    Nothing of a guess: no selected row had an acid without data.
    """
    # what was replayed was the base
    if problem.surrogate.site is not None or problem.without_data(int(evaluation.designs.acid[row])):
        return ()
    target = max(problem.targets.values(), default=None)
    told = targets_reached(
        problem.surrogate.card, target=target, confidence=problem.confidence, joint=problem.joint
    )
    return (told,) if told else ()


def _kept(figure: Mapping[str, Any], reached: str = "") -> str:
    """E.g. ``92 % of 50 (84 % promised)``."""
    kept, promised = (f"{100 * figure[name]:.0f} %" for name in ("kept", "promised"))
    return f"{kept} of {figure['n']} {reached}({promised} promised)"


_MONOTONE = (
    "The model is monotonically constrained: more heat, time, acid or peroxide lowers a predicted yield by "
    "two points at most, and more solids raises it by two points at most. Real yields sometimes change "
    "more, where something precipitates or decomposes."
)
_SITE = (
    "The published model is monotonically constrained; what own results add to it is not. Predicted yields "
    "can fall a little with more heat, time, acid or peroxide."
)


def sums_notes(problem: BoundProblem) -> tuple[str, ...]:
    """Say what the sums of a system of one's own recognise, estimate and leave out; nothing of cathodes."""
    return problem.inputs.notes if isinstance(problem.inputs, SystemInputs) else ()


def not_known(surrogate: Surrogate) -> tuple[str, ...]:
    """Return what no figure of a report covers."""
    if not surrogate.system.is_cathode:
        return _not_known_of_system(surrogate)
    return (_MONOTONE if surrogate.site is None else _SITE, *_NOT_KNOWN)


def _not_known_of_system(surrogate: Surrogate) -> tuple[str, ...]:
    """Return what no figure of a report on a system of one's own covers."""
    system = surrogate.system
    label = {v.name: v.label for v in system.variables}
    ways = [
        f"{'rise' if direction > 0 else 'fall'} with {label[name]}"
        for name, direction in system.monotone.items()
        if direction
    ]
    held = (f"The model is monotonically constrained: predicted yields {', '.join(ways)}.",) if ways else ()
    return (
        *held,
        "What the table has no column for, such as particle size or stirring where they are no setpoints, is "
        "not a variable of the model: a leach that differs in it may go otherwise.",
        "Protons, electrons, gases and salts are not counted: the formula of the feed does not tell them.",
    )


_NOT_KNOWN = (
    "Impurities (carbon, binder, aluminium, copper, iron), particle size, stirring and pretreatment are not "
    "variables of the data, so a feed that differs in them may leach otherwise.",
    "Cost counts acid, peroxide, water, heat, power and neutralisation of the acid that is left: no labour, "
    "capital, filtration, purification or waste treatment. The value of the metals is that in solution, at a "
    "payable share of the price of their salts.",
    "Intervals of cost, climate change and value follow from the yields' intervals alone; prices and impact "
    "factors are taken at their middle values, whose ranges stand with their sources.",
    "Chlorine and oxygen follow from stoichiometry; nitrogen oxides and precipitation are only flagged. "
    "Treating gases, salt and wastewater is not priced, corrosion is not modelled, and heat losses and heat "
    "recovery count only where the problem sets them.",
)
