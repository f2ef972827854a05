"""What `check` and `list` say: the question in plain words, and everything that can be named."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.yamlfile import read_yaml
from optimiser.chemistry.feeds import METALS, load_feeds
from optimiser.chemistry.provenance import provenance
from optimiser.chemistry.quantity import Price, Quantity, flags
from optimiser.chemistry.reagents import load_acids, load_metals, load_reagents
from optimiser.problem.binding import bind, own_tables, refuse_slow_surrogate
from optimiser.problem.load import load_config, load_question
from optimiser.problem.objectives import METRICS
from optimiser.problem.problem import Problem
from optimiser.problem.tolerances import DEFAULT, said
from optimiser.problem.yields import assumption
from optimiser.process.parameters import neutralisers, parameter_quantities, process_parameters
from optimiser.report.numbers import counted
from optimiser.report.words import domain_setting
from optimiser.surrogate.artefact import known_artefacts, load_surrogate
from optimiser.variables import VARIABLES

Record = dict[str, Any]


def check_file(
    name: str, acids: Path | None = None, prices: Path | None = None, impacts: Path | None = None
) -> Record:
    """Check a config or a problem by name or path, and describe what it asks.

    Args:
        name: of the config or problem.
        acids, prices, impacts: a user's own tables, for `binding.own_tables`.

    Raises:
        InputError: anything that `run` would refuse.
    """
    config = None
    if is_config(name):
        config = load_config(name)
        question = config.question
    else:
        question = load_question(name)
    tables = own_tables(question, acids, prices, impacts)
    problem = bind(question, tables)
    if config:
        refuse_slow_surrogate(question, problem.surrogate)
    found = [_acid_finding(problem, k) for k in range(len(problem.acids))]
    findings: Record = {
        "file": str(config.document.path if config else question.problem.path),
        "problem": problem.name,
        "feed": problem.feed.name,
        "objectives": [f"{o.verb} {o.metric} [{METRICS[o.metric].unit}]" for o in problem.objectives],
        "targets": dict(problem.targets),
        "confidence": problem.confidence,
        "applicability_domain": domain_setting(problem.domain),
        "tolerances": problem.tolerances.record(),
        "constraints": [n for n in problem.constraint_names if not n.startswith("yield_")],
        "acids": found,
        "own_tables": [asdict(file) for file in tables.files],
        "notes": [*tables.notes, *([said] if (said := assumption(problem.feed)) else [])],
        "experiments_needed": problem.surrogate.domain.settings.min_experiments,
    }
    if config:
        search = config.spec.search
        common = search.population * search.generations * len(search.seeds)
        acids_alone = len(problem.supported_acids) if len(problem.supported_acids) > 1 else 0
        findings["evaluations"] = common + acids_alone * min(search.population, 60) * search.per_acid
    return findings


def is_config(name: str) -> bool:
    """Say whether a name or path means a config: a config has the key ``problem``, a problem has ``feed``."""
    if name in builtin.names("configs"):
        return True
    if name in builtin.names("problems"):
        return False
    try:
        path = builtin.find("configs", name)
    except InputError as config_error:
        try:
            builtin.find("problems", name)
        except InputError:
            raise config_error from None
        return False
    content = read_yaml(path).data
    return not (isinstance(content, dict) and "feed" in content)


def _acid_finding(problem: Problem, k: int) -> Record:
    near = problem.neighbourhoods[k]
    inside = problem.domain is None or near.supported
    ranges = {
        v.name: [float(problem.lower[k, i]), float(problem.upper[k, i])] for i, v in enumerate(VARIABLES)
    }
    return {
        "acid": problem.acids[k].name,
        "experiments": int(near.experiments),
        "inside_domain": bool(inside),
        "searched": ranges,
    }


def check_lines(findings: Record) -> list[str]:
    """Say the findings of `check_file` in lines."""
    targets = ", ".join(f"{m} >= {100 * t:g} %" for m, t in findings["targets"].items()) or "none"
    if findings["confidence"] is not None:
        targets += f", each with probability {100 * findings['confidence']:g} %"
    lines = [
        f"{findings['file']} is valid.",
        f"Feed {findings['feed']}: {'; '.join(findings['objectives'])}.",
        f"Yield targets: {targets}. Held as well: {', '.join(findings['constraints']) or 'nothing'}.",
        said(findings["tolerances"]),
    ]
    for acid in findings["acids"]:
        if acid["inside_domain"]:
            spans = ", ".join(
                f"{v.label} {low:g}" + (f"–{high:g} {v.unit}" if high > low else f" {v.unit} (fixed)")
                for v in VARIABLES
                for low, high in [acid["searched"][v.name]]
            )
            lines.append(
                f"  {acid['acid']}: {counted(acid['experiments'], 'experiment')} near this feed; {spans}"
            )
        else:
            lines.append(
                f"  {acid['acid']}: {counted(acid['experiments'], 'experiment')} near this feed, "
                f"{findings['experiments_needed']} are needed: outside the applicability domain"
            )
    lines += [f"Own {file['kind']}: {file['file']}." for file in findings["own_tables"]]
    lines += findings["notes"]
    if "evaluations" in findings:
        lines.append(f"The search evaluates up to {findings['evaluations']:,} designs.")
    return lines


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
                acid.price, f"{acid.price_eur_per_kg_stock():.3f}" if acid.price else ""
            ),
            "climate change [kg CO2-eq/kg pure]": _marked(
                acid.climate_change, f"{acid.climate_change.value:g}" if acid.climate_change else ""
            ),
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
    card = surrogate.card if surrogate else None
    return {
        "name": name,
        "rows": card["training"]["rows"] if card else None,
        "anchors": surrogate.anchors if surrogate else None,
        **{f"{f.upper()}, held out by {p}": card["skill"][p][f] if card else None for p, f in figures},
        "sha256": surrogate.sha256[:12] if surrogate else "cannot be read",
        "folder": "shipped" if shipped else str(folder.absolute()),
    }


def _objectives() -> list[Record]:
    return [
        {"name": m.name, "unit": m.unit, "better": m.better, "meaning": m.meaning} for m in METRICS.values()
    ]


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
    neutraliser = {
        "name": "neutraliser",
        "default": process_parameters().neutraliser,
        "unit": "one of " + ", ".join(neutralisers()),
    }
    return [*records, *({**dict.fromkeys(records[0]), **r} for r in (neutraliser, *_tolerances()))]


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
            "low": r.low,
            "high": r.high,
            "when": r.date,
            "confidence": r.confidence,
            "flags": ", ".join(r.flags),
            "source": r.source,
        }
        for r in provenance(load_acids(), load_metals(), load_reagents())
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


_LISTINGS = {
    "problems": lambda: _files("problems"),
    "configs": lambda: _files("configs"),
    "acids": _acids,
    "feeds": _feeds,
    "models": _models,
    "objectives": _objectives,
    "parameters": _parameters,
    "sources": _sources,
    "studies": _studies,
}
