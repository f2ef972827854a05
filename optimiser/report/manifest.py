"""The manifest: everything that pins a run, as plain JSON."""

from __future__ import annotations

import hashlib
import math
import os
import platform
import re
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from optimiser import __version__
from optimiser._io import builtin
from optimiser._io.yamlfile import Document
from optimiser.answers.scopes import Scopes
from optimiser.chemistry.feeds import Feed
from optimiser.problem.bound import BoundProblem
from optimiser.problem.constraints import Yields
from optimiser.problem.limits import ApplicabilityDomain
from optimiser.problem.margins import Limit
from optimiser.problem.metrics import METRICS
from optimiser.report import refusal, words
from optimiser.report.impact_words import record as impact_record
from optimiser.report.plant_numbers import scope_record
from optimiser.report.scope_words import scopes_json
from optimiser.report.verdicts import verdict_text
from optimiser.search.run import RunResult
from optimiser.search.search import SearchResult
from optimiser.surrogate.artefact import Surrogate
from optimiser.systems.words import vocabulary

DISTRIBUTION = "leaching-optimiser"
FORMAT = 2  # 2: yields are taken over tolerances, which the question tells


def manifest(result: RunResult, scopes: Scopes | None = None) -> dict[str, Any]:
    """Return what pins a run: texts and tables with hashes, versions, seeds, and how the search went.

    Args:
        result: the run.
        scopes: both scopes of its cost, where it has a plant and they are known.
    """
    problem, question = result.problem, result.config.problem
    document = question.source.problem if question.source else None
    found: dict[str, Any] = {
        **made_with(problem.surrogate),
        "config": {"name": result.config.name, **_text(result.config.document, "")},
        "problem": {"name": question.name, **_text(document, question.to_yaml())},
        "question": question_record(problem),
        **scope_record(problem),
        "tolerances": problem.tolerances.record() or "off",
        "own_tables": [asdict(file) for file in result.tables.files] if result.tables else [],
        "notes": list(result.tables.notes) if result.tables else [],
        "search": result.config.search.model_dump(mode="json"),
        "seeds": [_seed(s, h) for s, h in zip(result.searches, result.hypervolume, strict=True)],
        "evaluations": result.evaluations,
        "seconds": dict(result.seconds),
        "front": None,
        vocabulary(problem.system).options: [
            {
                **option_record(problem, v.acid),
                "experiments": v.experiments,
                "designs": len(v.front.evaluation) if v.front else 0,
                "verdict": verdict_text(result, v),
            }
            for v in result.acids
        ],
    }
    anchors = problem.surrogate.anchors_at
    found["artefact"]["anchors"] = {"search": anchors("low"), "final": anchors("high")}
    if result.front is not None:
        front = result.front
        found["front"] = {
            "designs": len(front.evaluation),
            "before_thinning": front.found,
            "answer": front.answer + 1,
            "knee": front.knee + 1,
        }
        found["answer"] = " ".join(words.answer(problem, front.evaluation, front.answer))
        found["p_feasible"] = float(front.evaluation.p_feasible[front.answer]) if problem.targets else None
        found["warnings"] = words.warnings_of(problem, front.evaluation, front.answer)
        if scopes is not None:
            found["scopes"] = scopes_json(scopes)
    elif result.infeasibility is not None:
        found["answer"] = "No feasible design."
        found["warnings"] = refusal.infeasibility_lines(result.infeasibility, problem)
    evaluation = result.front.evaluation if result.front else None
    if (
        told := impact_record(problem, evaluation, result.front.answer if result.front else None)
    ) is not None:
        found["impacts"] = told
    plain: dict[str, Any] = plain_json(found)
    return plain


def made_with(surrogate: Surrogate) -> dict[str, Any]:
    """Return what every manifest with one yield model holds: `made_here`, and the model."""
    return made_here({"artefact": artefact_record(surrogate)})


def made_here(of: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what every manifest holds: format, product, tables, versions.

    Args:
        of: what it is made with, told behind the time of writing.
    """
    return {
        "format": FORMAT,
        "product": DISTRIBUTION,
        "version": __version__,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        **(of or {}),
        "tables": builtin.table_hashes(),
        "python": platform.python_version(),
        "packages": package_versions(),
        "git": git_state(builtin.root()),
    }


def artefact_record(surrogate: Surrogate) -> dict[str, Any]:
    """Return what names a yield model; of a site model also its base, and the results it learned from."""
    record: dict[str, Any] = {"name": surrogate.name, "sha256": surrogate.sha256}
    site = surrogate.card.get("site")
    if surrogate.site is not None and site is not None:
        base = {key: site["base"][key] for key in ("name", "sha256", "learning")}
        record |= {"base": base, "results": dict(site["results"])}
    return record


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a command that were given, as plain JSON."""
    return {k: plain_json(v) for k, v in options.items() if v is not None and v is not False and v != ()}


def _text(document: Document | None, otherwise: str) -> dict[str, str]:
    """Return file, hash and text of a document; of what stands for it where there is no file."""
    text = document.text if document else otherwise
    return {
        "file": builtin.shown(document.path) if document else "",
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "text": text,
    }


def question_record(problem: BoundProblem) -> dict[str, Any]:
    """Return what a bound problem asks: feed, objectives, targets, limits and ranges."""
    return {
        "feed": _feed_record(problem),
        "objectives": [
            {"metric": o.metric, "direction": o.verb, "unit": METRICS[o.metric].unit}
            | ({} if o.quantile is None else {"quantile": o.quantile})
            for o in problem.objectives
        ],
        "yield_targets": dict(problem.targets),
        "confidence": problem.confidence,
        "joint": problem.joint,
        "limits": {
            c.key: c.limit if isinstance(c, Limit) else c.setting()[c.key]
            for c in problem.constraints
            if not isinstance(c, Yields | ApplicabilityDomain)
        },
        "applicability_domain": words.domain_setting(problem.domain),
        "ranges": {
            acid.name: {
                v.name: [float(problem.lower[k, i]), float(problem.upper[k, i])]
                for i, v in enumerate(problem.variables)
            }
            for k, acid in enumerate(problem.acids)
        },
    }


def _feed_record(problem: BoundProblem) -> dict[str, Any]:
    """Return a feed as plain data: of a system its name, numbers, responses and assay."""
    feed, system = problem.feed, problem.system
    if isinstance(feed, Feed):
        return feed.model_dump()
    return {
        "name": feed.name,
        "system": system.name,
        "columns": dict(zip(system.feed_columns, feed.place, strict=True)),
        "responses": list(problem.present),
        "assay": dict(zip(system.responses, feed.assay.tolist(), strict=True)),
        "mass": feed.mass,
    }


def option_record(problem: BoundProblem, name: str) -> dict[str, str]:
    """Return what names an option as plain data: ``acid`` of cathodes, else the value of each choice."""
    system = problem.system
    if system.is_cathode:
        return {"acid": name}
    return dict(zip(system.choices, system.option(name).values, strict=True))


def _seed(search: SearchResult, hypervolume: tuple[float, ...]) -> dict[str, Any]:
    return {
        "seed": search.seed,
        "evaluations": search.evaluations,
        "generations": len(search.fronts),
        "stopped": search.stopped,
        "hypervolume": list(hypervolume),
        "feasible_share": list(search.feasible_share),
    }


def package_versions() -> dict[str, str]:
    """Return the installed version of everything the distribution depends on."""
    try:
        needed = [line for line in requires(DISTRIBUTION) or [] if "extra ==" not in line]
    except PackageNotFoundError:  # run from a checkout that was never installed
        needed = ["numpy", "numba", "pandas", "pymoo", "moocore", "scipy", "scikit-learn", "rdkit"]
    found = {}
    for name in (re.match(r"[\w.-]+", line)[0] for line in needed):  # type: ignore[index]
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return dict(sorted(found.items()))


def git_state(root: Path) -> dict[str, Any] | None:
    """Return the commit of a checkout and whether files differ from it; None outside one or without git."""
    if not (root / ".git").exists():  # an installed wheel may lie inside somebody else's repository
        return None
    commit = _git(root, "rev-parse", "HEAD")
    if not commit:
        return None
    return {"commit": commit, "modified": bool(_git(root, "status", "--porcelain", "--untracked-files=no"))}


def _git(root: Path, *arguments: str) -> str | None:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, env=clean, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def plain_json(value: Any) -> Any:
    """Turn what JSON cannot hold (NaN, infinities, paths, arrays' numbers) into what it can."""
    if isinstance(value, Mapping):
        return {str(k): plain_json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(v) for v in value]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
