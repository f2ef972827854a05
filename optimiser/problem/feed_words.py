"""What an assay says of a feed, and what copper, aluminium and iron do to a design, in words."""

from __future__ import annotations

from optimiser.chemistry.feeds import BY_ASSAY, OF_A_BLEND, Feed
from optimiser.chemistry.impurities import (
    IMPURITIES,
    gives_hydrogen,
    impurity_charges,
    impurity_electrons,
    load_impurities,
)
from optimiser.chemistry.impurities import impurity_molar_masses as molar_masses
from optimiser.chemistry.metals import METALS, metals_in_words
from optimiser.problem.bound import BoundProblem, Evaluation


def formula(feed: Feed) -> str:
    """Return the cathode's formula, e.g. ``LiNi0.61Mn0.19Co0.20O2``.

    Examples:
        >>> from optimiser.chemistry.feeds import find_feed
        >>> formula(find_feed("NMC811"))
        'LiNi0.8Mn0.1Co0.1O2'
    """
    parts = dict(zip(METALS[1:], feed.composition[1:].tolist(), strict=True)) | {"O": feed.oxygen}
    told = {name: f"{x:.2f}".rstrip("0").rstrip(".") for name, x in parts.items() if round(x, 2) > 0.0}
    return "Li" + "".join(f"{name}{'' if x == '1' else x}" for name, x in told.items())


def reading_lines(feed: Feed) -> tuple[str, ...]:
    """Say how an assay or a blend was read; nothing of a pure cathode's formula."""
    if feed.assay is None and feed.blend is None:
        return ()
    reading, said, share = feed.reading, [], f"{100.0 * feed.cathode_share:.1f} %"
    if feed.assay is not None:
        rest = f"; {100.0 * reading.unaccounted:.1f} wt% are unaccounted for and count as an inert solid"
        said.append(
            f"{_begun(feed)}: the cathode is {formula(feed)}, {share} of what is charged. The assay"
            f" lists {100.0 * reading.listed:.1f} wt%, with the cathode's oxygen "
            f"{100.0 * reading.closure:.1f}{rest if reading.unaccounted >= 5e-4 else ''}."
        )
    else:
        assert feed.blend is not None
        parts = " and ".join(f"{100.0 * part.share:g} % {part.feed.name}" for part in feed.blend)
        said.append(
            f"{_begun(feed)} {parts}: the cathode is {formula(feed)} on average, {share} of what "
            f"is charged. The yield model sees that average, which "
            "a mixture of particles is not."
        )
    if feed.cathode_share < 1.0:
        said.append(
            "Solids are those of all that is charged; yields are predicted for the cathode alone, at its own "
            f"{feed.cathode_share:.3g} g per g of them."
        )
    said += reading.notes
    if held := _held(feed):
        said.append(
            f"Beside the cathode dissolve {metals_in_words(held)}, as metals. Which share of each does is an "
            f"input, not a prediction: process: {{{', '.join(_parameters(feed))}}}; `optimiser list "
            "parameters` has their ranges. They enter the sums of acid, base and electrons; the yield model "
            "does not see them, so that yields which they raise as reductants are not predicted."
        )
    return tuple(said)


def _begun(feed: Feed) -> str:
    """Begin the sentence on how a feed was read, with the name that it was given."""
    if feed.assay is not None:
        return "Feed by assay" if feed.name == BY_ASSAY else f"{feed.name} by its assay"
    return "The blend is" if feed.name == OF_A_BLEND else f"{feed.name} is a blend of"


def _held(feed: Feed) -> list[str]:
    return [load_impurities()[metal].label for metal in IMPURITIES if metal in feed.impurities]


def hydrogen_metals(feed: Feed) -> list[str]:
    """Return what a feed holds beside its cathode that can give hydrogen with acid, in words."""
    gives = zip(IMPURITIES, gives_hydrogen(), strict=True)
    return [load_impurities()[metal].label for metal, yes in gives if yes and metal in feed.impurities]


def _parameters(feed: Feed) -> list[str]:
    return [load_impurities()[metal].parameter for metal in IMPURITIES if metal in feed.impurities]


def electrons_sentence(problem: BoundProblem, evaluation: Evaluation, row: int) -> str:
    """Say which share of the electrons that a design needs its impurities and its peroxide give.

    Empty where the feed holds no impurities, or nothing is to be reduced.
    """
    balance = evaluation.outcome.balance
    needed = float(balance.electrons_needed[row])
    if not problem.feed.impurities or needed <= 0.0:
        return ""
    given = balance.impurities[row] * 1000.0 / molar_masses() * impurity_electrons() / needed
    rows = load_impurities()
    each = {m: float(x) for m, x in zip(IMPURITIES, given, strict=True) if x > 0.0}
    if not each:
        return ""
    named = [rows[m].label for m in each]
    total, peroxide = float(given.sum()), float(balance.electrons_peroxide[row]) / needed
    parts = ", ".join(f"{m} {100.0 * x:.0f} %" for m, x in each.items())
    said = (
        f"{metals_in_words(named).capitalize()} {'gives' if len(named) == 1 else 'give'} "
        f"{100.0 * total:.0f} % of the electrons that the cathode's metals need ({parts}, if they dissolve "
        f"as stated); peroxide offers {100.0 * peroxide:.0f} %"
    )
    if total >= 1.0:
        return f"{said}{', and none is needed' if peroxide > 0.0 else ''}."
    return f"{said}."


def impurity_warnings(problem: BoundProblem, evaluation: Evaluation, row: int) -> list[str]:
    """Say what impurities do beside reducing: hydrogen, and what they leave in the leachate."""
    if not problem.feed.impurities:
        return []
    feed, metrics = problem.cathode_feed, evaluation.metrics
    said, held = [], [m for m in IMPURITIES if m in feed.impurities]
    if "hydrogen" in metrics and metrics["hydrogen"][row] > 0.0:
        said.append(
            f"{metals_in_words(hydrogen_metals(feed)).capitalize()} can give hydrogen with the acid, at most "
            f"{metrics['hydrogen'][row]:.2g} kg per t feed: explosive with air. Add the feed slowly, "
            "ventilate, and keep ignition away."
        )
    balance, labels = evaluation.outcome.balance, metals_in_words(_held(feed))
    taken = float((balance.impurities[row] * 1000.0 / molar_masses() * impurity_charges()).sum())
    if taken > 0.0:
        share = 100.0 * taken / float(balance.protons_consumed[row])
        said.append(f"{labels.capitalize()} take {share:.0f} % of the acid that is consumed.")
    amounts = ", ".join(f"{m} {metrics[f'leachate_{m}'][row]:.2g} g/L" for m in held)
    if "hydroxides" in metrics:
        said.append(
            f"The leachate holds {amounts}. Taking them out as hydroxides is counted: base, salt, and "
            f"{metrics['hydroxides'][row]:.0f} kg of dry residue per t feed. Nickel, cobalt and manganese "
            "that go with them, and oxidising iron first, are not."
        )
    elif problem.inputs.plant is not None and problem.inputs.plant.parameters.precipitated > 0.0:
        said.append(
            f"The leachate holds {amounts}, which are precipitated with the metals: the plant's base for "
            "them is counted. `process: {impurity_removal: hydroxide}` takes them out before, and counts the "
            "residue."
        )
    else:
        said.append(
            f"The leachate holds {amounts}, which have to be taken out: `process: {{impurity_removal: "
            "hydroxide}` counts the base and the residue."
        )
    return said
