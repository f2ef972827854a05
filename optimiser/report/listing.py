"""What `list` says: everything that can be named in a problem or config, with the numbers behind it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.yamlfile import read_yaml
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.categories import PREFIX
from optimiser.chemistry.energy import CHOICES
from optimiser.chemistry.feeds import load_feeds
from optimiser.chemistry.impurities import entries
from optimiser.chemistry.metals import METALS, load_metals
from optimiser.chemistry.prices import Price
from optimiser.chemistry.provenance import provenance
from optimiser.chemistry.quantity import Quantity, flags
from optimiser.chemistry.reagents import load_reagents
from optimiser.problem.bounds import BOUNDED, Bound
from optimiser.problem.constraints import CONSTRAINTS, Yields
from optimiser.problem.metrics import METRICS
from optimiser.problem.tolerances import DEFAULT
from optimiser.process.parameters import choices, parameter_quantities, process_parameters
from optimiser.report.plant_numbers import parameter_records
from optimiser.surrogate.artefact import Surrogate, known_artefacts, load_surrogate
from optimiser.surrogate.site import base_name
from optimiser.variables import VARIABLES

Record = dict[str, Any]


def listing(what: str) -> list[Record]:
    """Return one record per thing of a kind that a user can name."""
    return _LISTINGS[what]()


def _files(kind: Any) -> list[Record]:
    records = []
    for name in builtin.names(kind):
        content = read_yaml(builtin.folder(kind) / f"{name}.yaml").data
        records.append({"name": name, "description": content.get("description", "")})
    return records


def _acids() -> list[Record]:
    return [
        {
            "name": acid.name,
            "also": ", ".join(acid.aliases or ()),
            "pKa": ", ".join(f"{p:g}" for p in acid.pKa_values),
            "usable protons": acid.usable_protons,
            "stock [%]": round(100 * acid.purity, 1),
            "stock [mol/L]": round(acid.max_molarity, 1),
            "price [EUR/kg stock]": _marked(
                acid.price, f"{acid.price_eur('kg stock'):.3f}" if acid.price else ""
            ),
            "climate change [kg CO2-eq/kg pure]": _marked(
                acid.climate_change, f"{acid.climate_change.value:g}" if acid.climate_change else ""
            ),
            "method": acid.climate_change.method if acid.climate_change else "",
            "SMILES": acid.smiles,
        }
        for acid in load_acids().values()
    ]


def _marked(number: Quantity | Price | None, text: str) -> str:
    """Write a number with what must be told beside it, or say that it is missing."""
    if number is None:
        return "missing"
    told = ", ".join(flags(number))
    return f"{text} ({told})" if told else text


def _feeds() -> list[Record]:
    return [
        {
            "name": feed.name,
            **{f"{m} [mol/mol Li]": float(feed.composition[METALS.index(m)]) for m in METALS[1:]},
            "metal [kg/t]": round(float(feed.metal_mass.sum() / feed.mass * 1000.0), 1),
        }
        for feed in load_feeds().values()
    ]


def _models() -> list[Record]:
    return [_model(name, folder) for name, folder in known_artefacts().items()]


def _model(name: str, folder: Path) -> Record:
    """Return the record of one artefact; one that cannot be read is named so, and the others still told."""
    shipped = folder.is_relative_to(builtin.root())
    figures = [(p, f) for p in ("experiment", "study", "random") for f in ("r2", "mae")]
    try:
        surrogate = load_surrogate(folder)
    except InputError:
        surrogate = None
    site = surrogate.site if surrogate else None
    # the skill on a site model's card is that of its base
    card = surrogate.card if surrogate and site is None else None
    if site is not None and surrogate is not None:
        kind = f"site model on {base_name(surrogate)}"
    else:
        kind = _kind(surrogate)
    return {
        "name": name,
        "kind": kind,
        "rows": len(site.data) if site else card["training"]["rows"] if card else None,
        "anchors": surrogate.anchors if surrogate else None,
        **{f"{f.upper()}, held out by {p}": _skill(card, p, f) for p, f in figures},
        "sha256": surrogate.sha256[:12] if surrogate else "cannot be read",
        "folder": "shipped" if shipped else str(folder.absolute()),
    }


def _skill(card: Mapping[str, Any] | None, protocol: str, figure: str) -> float | None:
    """Return a figure of a card; a system's own has rows drawn at random too, but perhaps no studies."""
    if card is None:
        return None
    skill = card["skill"]
    found = skill.get(protocol) or (skill.get("row") if protocol == "random" else None)
    return found[figure] if found else None


def _kind(surrogate: Surrogate | None) -> str:
    """Return what a fitted model is of: published cathodes, or a system of one's own, by its name."""
    if surrogate is None:
        return ""
    system = surrogate.system
    return "published" if system.is_cathode else f"system: {system.name}"


def _objectives() -> list[Record]:
    records = [
        {"name": m.name, "unit": m.unit, "better": m.better, "meaning": m.meaning, "needs": m.needs}
        for m in METRICS.values()
    ]
    own = METRICS[f"{PREFIX}name"]
    meaning = "any other category of a table of impacts, by its name: terrestrial ecotoxicity is "
    meaning += f"{PREFIX}terrestrial_ecotoxicity"
    last = {"name": f"{PREFIX}NAME", "unit": own.unit, "better": own.better}
    return [*records, {**last, "meaning": meaning, "needs": own.needs}]


def _parameters() -> list[Record]:
    records = [
        {
            "name": name,
            "default": q.value,
            "unit": q.unit,
            "low": q.low,
            "high": q.high,
            "confidence": q.confidence,
            "source": q.source_text,
        }
        for name, q in parameter_quantities().items()
    ]
    chosen = [
        {"name": name, "default": getattr(process_parameters(), name), "unit": "one of " + ", ".join(names)}
        for name, names in choices().items()
    ]
    energies = (
        {
            "name": key,
            "default": load_reagents()[energy].label,
            "unit": "a country, a mix, or your own numbers",
        }
        for key, energy in CHOICES.items()
    )
    further = (*chosen, *energies, *parameter_records(), *_tolerances())
    return [*records, *({**dict.fromkeys(records[0]), **r} for r in further)]


def _tolerances() -> list[Record]:
    """Return the usual tolerance of each setpoint; they are set under ``tolerances:``, not ``process:``."""
    widths = zip(VARIABLES, DEFAULT.absolute, DEFAULT.relative, strict=True)
    return [
        {
            "name": f"tolerances.{variable.name}",
            "default": 100.0 * relative or absolute,
            "unit": "% of the setpoint" if relative else variable.unit,
            "low": 0.0,
            "source": "half-width within which a plant holds the setpoint",
        }
        for variable, absolute, relative in widths
    ]


def _sources() -> list[Record]:
    return [
        {
            "item": r.item,
            "quantity": r.quantity,
            "value": r.value,
            "unit": r.unit,
            "method": r.method,
            "low": r.low,
            "high": r.high,
            "when": r.date,
            "confidence": r.confidence,
            "flags": ", ".join(r.flags),
            "source": r.source,
        }
        for r in provenance(load_acids(), load_metals(), load_reagents(), entries())
    ]


def _studies() -> list[Record]:
    from optimiser.nearest import studies
    from optimiser.surrogate.data import installed
    from optimiser.surrogate.training_table import read_table

    found = []
    for study in studies(read_table(installed())).to_dict("records"):
        record = {name: study[name] for name in ("study", "feed", "acid", "experiments", "rows")}
        record["in the sheet"] = f"{study['first_row']}-{study['last_row']}"
        for variable in VARIABLES:
            low, high = study[f"{variable.name}_low"], study[f"{variable.name}_high"]
            record[variable.unit] = f"{low:.4g}" + (f"-{high:.4g}" if high > low else "")
        found.append(
            {
                **record,
                "breaks stoichiometry": study["breaks_stoichiometry"],
                "paper": "not named",
            }
        )
    return found


def _constraints() -> list[Record]:
    records = [
        {
            "name": constraint.key,
            "default": "none" if constraint is Yields else constraint().setting()[constraint.key],
            "allowed": constraint.allowed,
            "needs yields": constraint.needs_yields,
            "meaning": constraint.label,
        }
        for constraint in CONSTRAINTS
    ]
    bounds = [
        {
            "name": name,
            "default": "none",
            "allowed": Bound.allowed,
            "needs yields": Bound.needs_yields,
            "meaning": f"{METRICS[name].label} at least or at most ({METRICS[name].unit})",
        }
        for name in BOUNDED
    ]
    return [*records, *bounds]


_LISTINGS = {
    "problems": lambda: _files("problems"),
    "configs": lambda: _files("configs"),
    "sweeps": lambda: _files("sweeps"),
    "acids": _acids,
    "feeds": _feeds,
    "models": _models,
    "objectives": _objectives,
    "constraints": _constraints,
    "parameters": _parameters,
    "sources": _sources,
    "studies": _studies,
}
