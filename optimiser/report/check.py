"""What `check` says of a config or problem: what would be searched, in plain words."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from optimiser.problem.binding import bind, refuse_slow_surrogate
from optimiser.problem.bound import BoundProblem
from optimiser.problem.feed_words import reading_lines
from optimiser.problem.load import load_config
from optimiser.problem.metrics import METRICS
from optimiser.problem.tolerances import said
from optimiser.problem.yields import assumption
from optimiser.report.caveats import no_transfer, sums_notes
from optimiser.report.impact_words import basis_lines
from optimiser.report.impact_words import record as impact_record
from optimiser.report.manifest import option_record
from optimiser.report.numbers import counted
from optimiser.report.words import domain_setting
from optimiser.systems.system import BETWEEN, NO_CHOICE
from optimiser.systems.words import vocabulary
from optimiser.tables.own import own_tables
from optimiser.variables import VARIABLES, Variable, Variables

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
    config = load_config(name)
    question = config.problem
    tables = own_tables(question, acids, prices, impacts)
    problem = bind(question, tables)
    refuse_slow_surrogate(question, problem.surrogate)
    found = [_acid_finding(problem, k) for k in range(len(problem.acids))]
    search, alone = config.search, len(problem.supported_acids)
    common = search.population * search.generations * len(search.seeds)
    each = min(search.population, 60) * search.per_acid
    document = config.document or (question.source.problem if question.source else None)
    return {
        "file": str(document.path) if document else question.name,
        "problem": problem.name,
        "feed": problem.feed.name,
        "objectives": [f"{o.verb} {o.metric} [{METRICS[o.metric].unit}]" for o in problem.objectives],
        "targets": dict(problem.targets),
        "confidence": problem.confidence,
        "joint": problem.joint,
        "applicability_domain": domain_setting(problem.domain),
        "tolerances": problem.tolerances.record(),
        "constraints": [n for n in problem.constraint_names if not n.startswith("yield_")],
        **_system_record(problem),
        vocabulary(problem.system).options: found,
        "own_tables": [asdict(file) for file in tables.files],
        "notes": [
            *tables.notes,
            *basis_lines(problem),
            *_feed_lines(problem),
        ],
        **({} if (told := impact_record(problem, None, None)) is None else {"impacts": told}),
        "experiments_needed": problem.surrogate.domain.settings.min_experiments,
        "evaluations": common + (each * alone if alone > 1 else 0),
    }


def _system_record(problem: BoundProblem) -> Record:
    """Return what names a system of one's own and its setpoints; nothing of cathodes."""
    if problem.system.is_cathode:
        return {}
    setpoints = {v.name: {"label": v.label, "unit": v.unit} for v in problem.variables}
    return {"system": problem.system.name, "setpoints": setpoints}


def _feed_lines(problem: BoundProblem) -> list[str]:
    """Say what of a feed is assumed or was read off an assay; of a system, whether yields carry over."""
    if not problem.system.is_cathode:
        return [*([told] if (told := no_transfer(problem.surrogate)) else []), *sums_notes(problem)]
    feed = problem.cathode_feed
    return [*([told] if (told := assumption(feed)) else []), *reading_lines(feed)]


def _acid_finding(problem: BoundProblem, k: int) -> Record:
    near = problem.neighbourhoods[k]
    inside = problem.domain is None or near.supported
    ranges = {
        v.name: [float(problem.lower[k, i]), float(problem.upper[k, i])]
        for i, v in enumerate(problem.variables)
    }
    return {
        **option_record(problem, problem.acids[k].name),
        "experiments": int(near.experiments),
        "inside_domain": bool(inside),
        "searched": ranges,
    }


def check_lines(findings: Record) -> list[str]:
    """Say the findings of `check_file` in lines."""
    targets = ", ".join(f"{m} >= {100 * t:g} %" for m, t in findings["targets"].items()) or "none"
    if findings["confidence"] is not None:
        targets += f", each with probability {100 * findings['confidence']:g} %"
    variables = _setpoints(findings)
    lines = [
        f"{findings['file']} is valid.",
        f"Feed {findings['feed']}: {'; '.join(findings['objectives'])}.",
        f"Yield targets: {targets}. Held as well: {', '.join(findings['constraints']) or 'nothing'}.",
        said(findings["tolerances"], variables),
    ]
    for acid in findings["acids"] if "acids" in findings else _options(findings):
        if acid["inside_domain"]:
            spans = ", ".join(
                _span(v, low, high) for v in variables for low, high in [acid["searched"][v.name]]
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
    return [*lines, f"The search evaluates up to {findings['evaluations']:,} designs."]


def _span(variable: Variable, low: float, high: float) -> str:
    unit = "" if variable.unit == "-" else f" {variable.unit}"
    return f"{variable.label} {low:g}" + (f"–{high:g}{unit}" if high > low else f"{unit} (fixed)")


def _setpoints(findings: Record) -> Variables:
    """Return the setpoints that findings are of, as far as lines need them."""
    given: dict[str, dict[str, str]] | None = findings.get("setpoints")
    if given is None:
        return VARIABLES
    return tuple(Variable(name, v["label"], v["unit"], 0.0, 0.0, 1.0) for name, v in given.items())


def _options(findings: Record) -> list[Record]:
    """Return the options of a system of one's own, each under the name that joins its choices."""
    found = findings.get("combinations") or findings.get("options") or []
    apart = {"experiments", "inside_domain", "searched"}
    return [
        {"acid": BETWEEN.join(str(v) for k, v in one.items() if k not in apart) or NO_CHOICE, **one}
        for one in found
    ]
