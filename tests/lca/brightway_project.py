"""A small Brightway project with what ecoinvent has, traps included; every figure is made up."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any

from optimiser.lca.names import shipped_names

PROJECT, DATABASE, BIOSPHERE = "leaching", "mini-1.0-cutoff", "bio"
#: A database that cannot be computed, and one that changed since it was processed.
NONSQUARE, STALE = "nonsquare", "stale"
SULFURIC = "market for sulfuric acid"
CITRIC = "market for citric acid"
UNITS = {
    "acidification": "mol H+-Eq",
    "climate change": "kg CO2-Eq",
    "ecotoxicity, freshwater": "CTUe",
    "particulate matter": "disease incidence",
    "eutrophication, marine": "kg N-Eq",
    "eutrophication, freshwater": "kg P-Eq",
    "eutrophication, terrestrial": "mol N-Eq",
    "human toxicity, cancer": "CTUh",
    "human toxicity, non-cancer": "CTUh",
    "ionising radiation": "kBq U235-Eq",
    "land use": "dimensionless",
    "ozone depletion": "kg CFC-11-Eq",
    "photochemical ozone formation": "kg NMVOC-Eq",
    "resource use, fossils": "MJ, net calorific value",
    "resource use, minerals and metals": "kg Sb-Eq",
    "water use": "m3 world eq. deprived",
}


def _flow(name: str, amount: float, **more: Any) -> dict[str, Any]:
    return {"input": (BIOSPHERE, name), "amount": amount, "type": "biosphere", **more}


def _use(code: str, amount: float) -> dict[str, Any]:
    return {"input": (DATABASE, code), "amount": amount, "type": "technosphere"}


def _activity(
    code: str, name: str, location: str, unit: str, *exchanges: dict[str, Any], product: float = 1.0
) -> dict[tuple[str, str], Any]:
    production = {"input": (DATABASE, code), "amount": product, "type": "production"}
    told = {"name": name, "location": location, "unit": unit, "reference product": name}
    return {(DATABASE, code): {**told, "type": "process", "exchanges": [production, *exchanges]}}


def activities() -> dict[tuple[str, str], Any]:
    """The database: per unit of each activity, kg of CO2 and SO2, and what it takes of others."""
    heat, power = "market for heat, district or industrial, natural gas", "electricity, medium voltage"
    lime = "market for lime, hydrated, packed"
    soda = "market for sodium hydroxide, without water, in 50% solution state"
    peroxide = "market for hydrogen peroxide, without water, in 50% solution state"
    uncertain = {"uncertainty type": 2, "loc": 0.0, "scale": 0.2}  # lognormal about 1 kg
    return {
        **_activity("power", f"market group for {power}", "RER", "kilowatt hour", _flow("co2", 0.2)),
        **_activity("power-de", f"market for {power}", "DE", "kilowatt hour", _flow("co2", 0.3)),
        **_activity("heat", heat, "RER", "megajoule", _flow("co2", 0.06)),
        **_activity("acid", SULFURIC, "RER", "kilogram", _use("power", 0.1), _flow("so2", 0.01)),
        **_activity("acid-row", SULFURIC, "RoW", "kilogram", _flow("so2", 0.09)),
        **_activity("acid-cn", "market for formic acid", "CN", "kilogram", _flow("co2", 3.0)),
        **_activity("citric-1", CITRIC, "GLO", "kilogram", _flow("co2", 5.0)),
        **_activity("citric-2", CITRIC, "GLO", "kilogram", _flow("co2", 6.0)),
        **_activity("peroxide", peroxide, "RER", "kilogram", _use("power", 2.0), _flow("so2", 0.002)),
        **_activity("water", "market for water, deionised", "RoW", "kilogram", _flow("co2", 0.0005)),
        **_activity("soda", soda, "GLO", "kilogram", _flow("co2", 1.0, **uncertain)),
        **_activity("lime", lime, "RER", "kilogram", _flow("co2", 0.95)),
        # one m3 treated is a product of minus one, as ecoinvent has it
        **_activity(
            "sewage", "market for wastewater, average", "RoW", "cubic meter", _flow("co2", 0.4), product=-1.0
        ),
        **_activity("tartar", "tartaric acid production", "CN", "kilogram", _flow("co2", 4.0)),
        **_activity("bottle", "citric acid, in bottles", "RER", "unit", _flow("co2", 7.0)),
    }


def factors(category: str) -> list[tuple[tuple[str, str], float]]:
    """Characterisation factors: of climate change 1 per kg CO2, of acidification 1.31 per kg SO2."""
    if category == "climate change":
        return [((BIOSPHERE, "co2"), 1.0)]
    if category == "acidification":
        return [((BIOSPHERE, "so2"), 1.31)]
    i = list(UNITS).index(category)
    return [((BIOSPHERE, "co2"), 0.01 * i), ((BIOSPHERE, "so2"), 0.5 * i)]


def build(folder: Path) -> None:
    """Write the project below a folder, which this process and those it starts take for Brightway's."""
    os.environ["BRIGHTWAY2_DIR"] = str(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import bw2data

        bw2data.projects.set_current(PROJECT)
        bio = {
            (BIOSPHERE, code): {"name": code, "unit": "kilogram", "type": "emission", "categories": ("air",)}
            for code in ("co2", "so2")
        }
        bw2data.Database(BIOSPHERE).write(bio)
        bw2data.Database(DATABASE).write(activities())
        acid = _activity("acid", SULFURIC, "RER", "kilogram", _flow("co2", 1.0))[DATABASE, "acid"]
        # a second product, which no activity makes alone: more products than activities
        acid["exchanges"][0]["input"] = (NONSQUARE, "acid")
        acid["exchanges"].append({"input": (NONSQUARE, "gypsum"), "amount": 1.0, "type": "production"})
        gypsum = {"name": "gypsum", "unit": "kilogram", "type": "product", "exchanges": []}
        bw2data.Database(NONSQUARE).write({(NONSQUARE, "acid"): acid, (NONSQUARE, "gypsum"): gypsum})
        stale = _activity("acid", SULFURIC, "RER", "kilogram", _flow("co2", 1.0))[DATABASE, "acid"]
        stale["exchanges"] = stale["exchanges"][1:]
        bw2data.Database(STALE).write({(STALE, "acid"): stale})
        bw2data.databases[STALE]["dirty"] = True  # as after a change that was not processed
        bw2data.databases.flush()
        for ours, unit in UNITS.items():
            theirs = shipped_names().categories[ours]
            wrong = [((BIOSPHERE, "co2"), 1e6)]
            for name, rows in (
                (("mini-1.0", "EF v3.1", theirs.category, theirs.indicator), factors(ours)),
                (
                    ("mini-1.0", "EF v3.1 no LT", f"{theirs.category} no LT", f"{theirs.indicator} no LT"),
                    wrong,
                ),
                (("mini-1.0 no LT", "EF v3.1", theirs.category, theirs.indicator), wrong),
                (("mini-1.0", "EF v3.1 EN15804", theirs.category, theirs.indicator), wrong),
            ):
                method = bw2data.Method(name)
                method.register(unit=unit)
                method.write(rows)
        split = ("mini-1.0", "EF v3.1", "climate change: fossil", "global warming potential (GWP100)")
        bw2data.Method(split).register(unit="kg CO2-Eq")
        bw2data.Method(split).write([((BIOSPHERE, "co2"), 1.0)])


if __name__ == "__main__":  # python -m tests.lca.brightway_project FOLDER, for docs/lca.md
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    build(target)
