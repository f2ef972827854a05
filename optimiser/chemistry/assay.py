"""From an assay in wt% to the cathode and what is beside it; and one feed from several.

The cathode's lithium, nickel, manganese and cobalt are measured, its oxygen is not: a layered oxide LiMO2 and
the spinel LiMn2O4 both hold two oxygen per transition metal, so oxygen follows from the transition metals. A
layered oxide needs one lithium per transition metal, the spinel one per two manganese. Lithium between the
two is taken as measured (spinel in the mixture, or a cathode that has lost lithium: the sums do not need to
know which). Lithium above the need is electrolyte salt. It dissolves, takes no acid, and counts neither in
yields nor in values, which are the cathode's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from optimiser._io.errors import InputError
from optimiser.chemistry.impurities import IMPURITIES, MOISTURE, OXYGEN, assay_limits, unfollowed
from optimiser.chemistry.metals import BASE_METALS, METALS, metals_in_words, molar_masses
from optimiser.chemistry.quantity import Sourced

#: g/mol (IUPAC standard atomic weight), and oxygen per transition metal in LiMO2 and in LiMn2O4.
OXYGEN_MOLAR_MASS, OXYGEN_PER_METAL = 15.999, 2.0
#: Decimals that are kept: far more than any assay has, so that a formula comes back as it was written.
_DECIMALS = 10
_EXAMPLE = "assay: {Li: 4.1, Ni: 21.0, Mn: 6.2, Co: 6.9, Cu: 2.1, Al: 3.4, graphite: 33}"


@dataclass(frozen=True)
class Reading:
    """What is fed, per kg of it as charged.

    Attributes:
        composition: mol of each transition metal of the cathode per mol Li, by name.
        oxygen: mol O per mol Li of the cathode.
        cathode: mass share of the cathode, with its oxygen.
        impurities: mass shares of copper, aluminium and iron metal.
        ranges: (low, high, distribution) of those that are given as ranges.
        inert: mass shares of solids that take no part, by name.
        moisture: mass share of water.
        excess_lithium: mass share of lithium beyond what the cathode takes: electrolyte salt.
        unaccounted: mass share that is neither listed nor the cathode's oxygen; an inert solid in the sums.
        listed: sum of what the assay lists, as a fraction; closure: the same with the cathode's oxygen.
        lithium: lithium per transition metal, as measured.
        notes: what a reader must be told of the reading.
    """

    composition: Mapping[str, float]
    oxygen: float
    cathode: float = 1.0
    impurities: Mapping[str, float] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float, str]] = field(default_factory=dict)
    inert: Mapping[str, float] = field(default_factory=dict)
    moisture: float = 0.0
    excess_lithium: float = 0.0
    unaccounted: float = 0.0
    listed: float = 1.0
    closure: float = 1.0
    lithium: float = 1.0
    notes: tuple[str, ...] = ()

    @property
    def molar_mass(self) -> float:
        """Of the cathode, g per mol Li."""
        masses = dict(zip(METALS, molar_masses().tolist(), strict=True))
        metals = masses["Li"] + sum(x * masses[metal] for metal, x in self.composition.items())
        return float(metals + OXYGEN_MOLAR_MASS * self.oxygen)


def read_assay(assay: Mapping[str, Sourced]) -> Reading:
    """Return the cathode of an assay and what is beside it.

    Args:
        assay: wt% of what is charged, by name.

    Raises:
        InputError: no lithium or no transition metal, a sum above 100 wt%, too little or too much lithium
            for a cathode, or so much phosphorus that it is iron phosphate.

    Examples:
        LiCoO2 is 7.09 % Li, 60.21 % Co, and 32.70 % oxygen, which follows:

        >>> reading = read_assay({"Li": Sourced(value=7.0907), "Co": Sourced(value=60.2125)})
        >>> round(reading.composition["Co"], 4), round(reading.cathode, 4)
        (1.0, 1.0)
    """
    limits, wt = assay_limits(), {name: number.value for name, number in assay.items()}
    listed = sum(wt.values())
    if listed > limits.most_total.value:
        raise _impossible(
            f"The assay sums to {listed:.4g} wt%.", "at most 100 wt%, before the cathode's oxygen"
        )
    masses = dict(zip(METALS, molar_masses().tolist(), strict=True))
    mol = {metal: wt.get(metal, 0.0) / masses[metal] for metal in BASE_METALS}
    transition = BASE_METALS[1:]
    metal_mol = sum(mol[metal] for metal in transition)
    _refuse_no_cathode(wt, mol["Li"], metal_mol)
    least = metal_mol - mol["Mn"] / 2.0
    # manganese alone is the spinel, which needs half a lithium for each
    most = least if mol["Mn"] == metal_mol else metal_mol
    if mol["Li"] < (1.0 - limits.lithium_short.value) * least:
        raise _impossible(
            f"The assay holds {mol['Li'] / metal_mol:.2f} mol of lithium per mol of "
            f"{metals_in_words(transition)}: no cathode oxide holds so little.",
            f"{least / metal_mol:.2f} or more, less {100 * limits.lithium_short.value:g} % for errors",
            "check lithium; black mass that was washed or smelted, or whose nickel and cobalt are metals, is "
            "no cathode oxide, and the yield model does not know it",
        )
    if mol["Li"] > (1.0 + limits.lithium_excess.value) * most:
        raise _impossible(
            f"The assay holds {mol['Li'] / metal_mol:.2f} mol of lithium per mol of "
            f"{metals_in_words(transition)}: electrolyte salt does not explain so much.",
            f"at most {(1.0 + limits.lithium_excess.value) * most / metal_mol:.2f}",
            "check lithium, and whether nickel, manganese and cobalt are complete; of a lithium-rich cathode "
            "give the composition per mol Li instead: {name: ..., Ni: ..., Mn: ..., Co: ...}",
        )
    own = most if mol["Li"] > (1.0 + limits.rounding.value) * most else mol["Li"]
    oxygen = OXYGEN_PER_METAL * metal_mol
    if abs(own / most - 1.0) <= limits.rounding.value:  # the rounding of a formula such as NMC111's 0.3333
        oxygen = own * (4.0 if most < metal_mol else 2.0)
    oxygen_wt = oxygen * OXYGEN_MOLAR_MASS
    cathode = own * masses["Li"] + sum(wt.get(metal, 0.0) for metal in transition) + oxygen_wt
    closure = listed - wt.get(OXYGEN, 0.0) + max(wt.get(OXYGEN, 0.0), oxygen_wt)
    if closure > limits.most_closure.value:
        raise _impossible(
            f"With the cathode's oxygen ({oxygen_wt:.1f} wt%) the assay sums to {closure:.1f} wt%.",
            f"at most {limits.most_closure.value:g} wt%; up to there it is scaled to 100",
        )
    _refuse_wide_ranges(assay, wt, closure)
    whole = max(closure, 100.0)
    others = {n: wt[n] / whole for n in wt if n not in (*BASE_METALS, *IMPURITIES, MOISTURE, OXYGEN)}
    if wt.get(OXYGEN, 0.0) > oxygen_wt:
        others[OXYGEN] = (wt[OXYGEN] - oxygen_wt) / whole
    composition = {m: round(mol[m] / own, _DECIMALS) for m in transition if mol[m] > 0.0}
    return Reading(
        composition=composition,
        oxygen=round(oxygen / own, _DECIMALS),
        cathode=round(cathode / whole, _DECIMALS),
        impurities={m: wt[m] / whole for m in IMPURITIES if m in assay and assay[m].range()[1] > 0.0},
        ranges={
            m: (low / whole, high / whole, assay[m].distribution)
            for m in IMPURITIES
            if m in assay
            for low, high in [assay[m].range()]
            if high > low
        },
        inert={name: share for name, share in others.items() if share > 0.0},
        moisture=wt.get(MOISTURE, 0.0) / whole,
        excess_lithium=max(mol["Li"] - own, 0.0) * masses["Li"] / whole,
        unaccounted=round(max(100.0 - closure, 0.0) / whole, _DECIMALS),
        listed=listed / 100.0,
        closure=closure / 100.0,
        lithium=mol["Li"] / metal_mol,
        notes=_notes(wt, mol["Li"], own, most, closure, oxygen_wt),
    )


def _refuse_wide_ranges(assay: Mapping[str, Sourced], wt: Mapping[str, float], closure: float) -> None:
    """Where more of an impurity is drawn there is less of the inert rest, which must be there."""
    more = sum(assay[m].range()[1] - wt[m] for m in IMPURITIES if m in assay)
    rest = max(100.0 - closure, 0.0) + sum(
        x for n, x in wt.items() if n not in (*BASE_METALS, *IMPURITIES, MOISTURE, OXYGEN)
    )
    if more > rest + 1e-9:
        raise _impossible(
            f"At the high ends of its ranges the assay holds {more:.3g} wt% more, but only {rest:.3g} wt% "
            "are inert or open.",
            "ranges that the rest of the assay leaves room for",
            "lower the high ends",
        )


def _refuse_no_cathode(wt: Mapping[str, float], lithium: float, metals: float) -> None:
    if wt.get("P", 0.0) > assay_limits().most_phosphorus.value:
        raise _impossible(
            f"The assay holds {wt['P']:g} wt% phosphorus, more than electrolyte salt brings: iron phosphate.",
            f"at most {assay_limits().most_phosphorus.value:g} wt%",
            "leave LiFePO4 apart: the yield model does not know it, and its iron is no metal",
        )
    if lithium <= 0.0:
        raise _impossible("The assay holds no lithium, so it is no cathode.", "Li above 0 wt%")
    if metals <= 0.0:
        raise _impossible(
            f"The assay holds none of {metals_in_words(BASE_METALS[1:])}, so it is no cathode that the yield "
            "model knows.",
            "at least one of them above 0 wt%",
        )


def _impossible(what: str, allowed: str, remedy: str = "") -> InputError:
    return InputError(what, allowed=allowed, remedy=remedy or f"check the contents; an example: {_EXAMPLE}")


def _notes(
    wt: Mapping[str, float], lithium: float, own: float, most: float, closure: float, oxygen: float
) -> tuple[str, ...]:
    said, rounding = [], assay_limits().rounding.value
    if own < lithium:
        said.append(
            f"{100.0 * (lithium - own) / lithium:.1f} % of the lithium is more than the cathode takes: it is "
            "counted as electrolyte salt, which dissolves, takes no acid, and is in no yield or value."
        )
    elif lithium < (1.0 - rounding) * most:
        said.append(
            f"Lithium is {100.0 * (1.0 - lithium / most):.1f} % short of a layered oxide: spinel in the "
            "mixture, lithium lost in use, or the assay's error; the cathode is taken as measured."
        )
    if closure > 100.05:
        said.append(f"With the cathode's oxygen the assay sums to {closure:.1f} wt%; it is scaled to 100.")
    if 0.0 < wt.get(OXYGEN, 0.0) < 0.95 * oxygen:
        said.append(
            f"The assay lists {wt[OXYGEN]:g} wt% oxygen where the cathode's formula has {oxygen:.1f}: part "
            "of the metals may be reduced already, and then take fewer electrons than is counted."
        )
    passive = [name for name in wt if name in unfollowed() and name != "C" and wt[name] > 0.0]
    if passive:
        said.append(f"{metals_in_words(passive)}: listed, but in no sum; they count as inert solids.")
    return tuple(said)


def mixed(parts: Sequence[tuple[Reading, float]]) -> Reading:
    """Return the average of several feeds.

    Args:
        parts: what is fed, each with its mass share; the shares sum to 1.

    Examples:
        Equal masses of LiCoO2 (97.87 g/mol) and LiNiO2 (97.63 g/mol): a little more than half is nickel.

        >>> lco, lno = Reading({"Co": 1.0}, 2.0), Reading({"Ni": 1.0}, 2.0)
        >>> round(mixed([(lco, 0.5), (lno, 0.5)]).composition["Ni"], 4)
        0.5006
    """
    lithium = np.array([share * one.cathode / one.molar_mass for one, share in parts])  # mol per g of feed

    def averaged(values: Sequence[float]) -> float:
        return round(float(lithium @ np.array(values) / lithium.sum()), _DECIMALS)

    def summed(name: str) -> dict[str, float]:
        found: dict[str, float] = {}
        for one, share in parts:
            for key, value in getattr(one, name).items():
                found[key] = found.get(key, 0.0) + share * value
        return found

    def total(name: str) -> float:
        return float(sum(share * getattr(one, name) for one, share in parts))

    metals = [m for m in METALS[1:] if any(one.composition.get(m, 0.0) > 0.0 for one, _ in parts)]
    impurities, ranges = summed("impurities"), dict[str, tuple[float, float, str]]()
    for metal in impurities:
        ends = [
            one.ranges[metal][:2] if metal in one.ranges else (one.impurities.get(metal, 0.0),) * 2
            for one, _ in parts
        ]
        if any(metal in one.ranges for one, _ in parts):
            # all of them high, or all of them low
            low, high = (sum(s * e[i] for e, (_, s) in zip(ends, parts, strict=True)) for i in (0, 1))
            ranges[metal] = (low, high, "triangular")
    return Reading(
        composition={m: averaged([one.composition.get(m, 0.0) for one, _ in parts]) for m in metals},
        oxygen=averaged([one.oxygen for one, _ in parts]),
        cathode=round(total("cathode"), _DECIMALS),
        impurities=impurities,
        ranges=ranges,
        inert=summed("inert"),
        moisture=total("moisture"),
        excess_lithium=total("excess_lithium"),
        unaccounted=total("unaccounted"),
        listed=total("listed"),
        closure=total("closure"),
        lithium=averaged([one.lithium for one, _ in parts]),
        notes=tuple(dict.fromkeys(note for one, _ in parts for note in one.notes)),
    )
