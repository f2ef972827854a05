"""What the product does not know, said once and quoted wherever it matters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from optimiser.chemistry.metals import load_metals
from optimiser.chemistry.provenance import Provenance, provenance
from optimiser.problem import Problem
from optimiser.surrogate.artefact import Surrogate


def intervals_caveat(surrogate: Surrogate) -> str:
    """Say what the intervals hold, wherever they are shown."""
    skill = surrogate.card["skill"]
    experiment, study = (100.0 * skill[name]["coverage"]["0.9"] for name in ("experiment", "study"))
    return (
        "Intervals are calibrated on experiments that the model had not seen: those that claim 90 % held "
        f"{experiment:.0f} % of such yields, and {study:.0f} % on whole studies that it had not seen, "
        "which is what a new laboratory or plant is."
    )


#: What the figures of money and of climate change rest on: quantities of the table of sources, by group.
MONEY: Mapping[str, tuple[str, ...]] = {
    "prices": ("price", "payable"),
    "exchange rates": ("exchange rate",),
    "stock strength": ("stock purity", "stock density"),
}
CLIMATE: Mapping[str, tuple[str, ...]] = {"factors": ("climate change",)}


def marked_numbers(problem: Problem, groups: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Say which numbers behind a figure are old or poorly founded; nothing where none is.

    Args:
        problem: the bound question; what it does not use is left out.
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
    return (f"Marked numbers stand behind this: {'; '.join(said)}.",) if said else ()


def _used(problem: Problem) -> list[Provenance]:
    """Return the numbers that a problem rests on: no base that is not bought, no metal that is absent."""
    reagents, acids, metals = problem.reagents, {a.name: a for a in problem.acids}, load_metals()
    unused = reagents.bases.keys() - {problem.inputs.parameters.neutraliser}
    labels = {reagents[name].label for name in unused}
    for name in unused:  # without its price, the exchange rate of a base that is not bought is left out, too
        reagents = reagents.changed(name, price=None)
    records = provenance(acids, {m: metals[m] for m in problem.present}, reagents)
    stocks = {reagents.hydrogen_peroxide.label, *(acid.label for acid in problem.acids)}
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
    """Say how good the yields are where nothing like them was seen."""
    experiment, study = (surrogate.card["skill"][name] for name in ("experiment", "study"))
    return (
        "Yields are predictions of a model fitted to published laboratory experiments. On experiments that "
        f"it has not seen, its R² is {experiment['r2']:.2f} and its mean absolute error "
        f"{100.0 * experiment['mae']:.0f} points of yield; on whole studies that it has not seen, "
        f"{study['r2']:.2f} and {100.0 * study['mae']:.0f} points. Confirm a design by experiment before "
        "building on it."
    )


def kept_promises(problem: Problem) -> tuple[str, ...]:
    """Say how often held-out experiments that were picked like this problem's designs kept their promise.

    Nothing where the model card does not tell, or too few were picked.
    """
    found = problem.surrogate.card["skill"].get("selected")
    rule = _rule_like(problem)
    if not found or found["experiment"].get(rule, {"n": 0})["n"] < _LEAST_PICKED:
        return ()
    parts = []
    for protocol, held in (("experiment", "held-out experiments"), ("study", "whole held-out studies")):
        figures = found[protocol][rule]
        if figures["n"] >= _LEAST_PICKED:
            kept, promised = (100.0 * figures[name] for name in ("kept", "promised"))
            parts.append(
                f"of {figures['n']} rows of {held} picked like these designs {kept:.0f} % kept all targets, "
                f"where {promised:.0f} % was promised"
            )
    return (f"A search prefers errors that flatter. Replayed: {'; '.join(parts)} ({_RULES_SAID[rule[:8]]}).",)


_LEAST_PICKED = 10  # rows, fewer tell nothing
_RULES_SAID = {
    "recovery": "best by recovery, asked for 90 % of every metal",
    "cheapest": "cheapest at targets",
}


def _rule_like(problem: Problem) -> str:
    """Return the name of the rule of `evaluate --selected` that is nearest to how a problem picks."""
    if not problem.targets:
        return "recovery"
    target = min((0.7, 0.8, 0.9), key=lambda t: abs(t - max(problem.targets.values())))
    if problem.confidence is None:
        return f"cheapest_{target:g}"
    sure = min((0.5, 0.8, 0.9), key=lambda p: abs(p - (problem.confidence or 0.0)))
    return f"cheapest_{target:g}_confidence_{sure:g}"


#: What no figure of a report covers.
NOT_KNOWN = (
    "More heat, time, acid or peroxide never lowers a yield by more than two points here, and more solids "
    "never raises it by more: real experiments now and then do, where something precipitates or decomposes.",
    "Impurities (carbon, binder, aluminium, copper, iron), particle size, stirring and pretreatment are not "
    "variables of the data, so a feed that differs in them may leach otherwise.",
    "Cost counts acid, peroxide, water, heat, power and neutralisation of the acid that is left: no labour, "
    "capital, filtration, purification or waste treatment. The value of the metals is that in solution, at a "
    "payable share of the price of their salts.",
    "Intervals of cost, climate change and value follow from the yields' intervals alone; prices and impact "
    "factors are taken at their middle values, whose ranges stand with their sources.",
    "Chlorine and oxygen are sums of stoichiometry, nitrogen oxides and precipitation are flags. Treating "
    "gases, salt and wastewater is not priced, corrosion is not modelled, and heat losses and heat recovery "
    "count only where the problem sets them.",
)
