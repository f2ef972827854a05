"""What a run's folder keeps for later questions, and how it is read back."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.output import MANIFEST, PRODUCT
from optimiser._io.reading import MOST_TABLE, MOST_YAML, npz_arrays, read_bytes, read_text, said
from optimiser._io.yamlfile import parse_yaml, validate
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem
from optimiser.problem.schema import Problem, SearchSpec, Source
from optimiser.report.manifest import plain_json, question_record
from optimiser.search.archive import Archive, cells
from optimiser.search.known import Known
from optimiser.surrogate.artefact import Surrogate, YieldPrediction
from optimiser.tables.own import OwnTables, own_tables, tables_of

DESIGNS = "designs.npz"
_WANTED = f"the folder of a run, with {MANIFEST} and {DESIGNS}"
_AGAIN = "run the config again"
#: Of each fidelity; what decides about a design keeps all its digits, what only guides a search half of them.
_EXACT = {"high": ("mean", "scale", "domain_ratio"), "low": ()}
_PARTS = ("mean", "spread", "scale", "domain_ratio")


def asked(question: Problem, surrogate: Surrogate | None = None) -> dict[str, str]:
    """Return the whole question as text, what a config changes of its problem included, with its hash.

    Args:
        question: as asked.
        surrogate: that answered it. One of a system of one's own may lie beside the problem, where nobody
            looks who reads the run back, so that its folder stands in the place of its name.
    """
    if surrogate is not None and not surrogate.system.is_cathode:
        question = question.model_copy(update={"surrogate": str(surrogate.path.absolute())})
    text = question.to_yaml()
    return {"text": text, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def pack(known: Known) -> bytes:
    """Return the content of ``designs.npz``: setpoints and yields of all designs, without a pickle."""
    seen = known.seen
    arrays: dict[str, Any] = {
        "acids": np.array(known.problem.acid_names),
        "acid": seen.designs.acid.astype(np.uint16),
        "setpoints": seen.designs.continuous,
        "front": known.front.astype(np.uint32),
    }
    for fidelity, told in (("high", seen.prediction), ("low", seen.rough)):
        for part in _PARTS:
            values = getattr(told, part)
            arrays[f"{fidelity}_{part}"] = values if part in _EXACT[fidelity] else values.astype(np.float32)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def read_run(folder: str | Path) -> Known:
    """Read what a run has left in its folder, and bind its question again.

    Raises:
        InputError: it is no run's folder; a file is missing, cut off or edited; the yield model, one of the
            program's tables or one of the user's own is not the one that the run was made with.
    """
    folder = Path(folder)
    pinned = _manifest(folder)
    content = _content(folder / DESIGNS, pinned["designs"])
    try:
        arrays = npz_arrays(folder / DESIGNS, content)
    except InputError:
        raise
    except Exception as error:  # zipfile, zlib and numpy each raise their own kinds
        raise InputError(f"{folder / DESIGNS} cannot be read: {said(error)}.", remedy=_AGAIN) from None
    _refuse_changed_tables(folder, pinned)
    try:
        question = _question(folder, pinned)
        tables = _tables(folder, question, pinned)
        problem = _bound(folder, question, tables, pinned, arrays["acids"].tolist())
        seen = _archive(problem, arrays)
        front = arrays["front"].astype(np.intp)
        if len(front) and front.max() >= len(seen):
            raise ValueError("its front is not among its designs")
        search = SearchSpec.model_validate(pinned["search"])
        name, version = str(pinned["config"]["name"]), str(pinned["version"])
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(
            f"{folder} is not consistent: {said(error)}.", where=str(folder / MANIFEST), remedy=_AGAIN
        ) from None
    return Known(name, question, search, tables, problem, seen, front, version)


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not folder.is_dir():
        what = "is a file, not a run's folder" if folder.exists() else "does not exist"
        raise InputError(f"{folder} {what}.", allowed=_WANTED, remedy="reports/CONFIG/TIME is one")
    if not path.exists():
        raise InputError(f"{folder} is no run's folder: it has no {MANIFEST}.", allowed=_WANTED)
    text = read_text(path, MOST_YAML, allowed="a run's manifest")
    try:
        pinned = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read: {said(error)}.", allowed=_WANTED, remedy=_AGAIN) from None
    ours = isinstance(pinned, dict) and pinned.get("product") == PRODUCT
    if not ours or not isinstance(pinned.get("question"), dict):
        raise InputError(f"{folder} is no run's folder.", where=str(path), allowed=_WANTED)
    if not all(isinstance(pinned.get(key), dict) for key in ("designs", "asked")):
        raise InputError(
            f"{folder} was written by an older version, which kept no designs.",
            where=str(path),
            remedy=_AGAIN,
        )
    whole: dict[str, Any] = pinned
    return whole


def _content(path: Path, kept: Mapping[str, Any]) -> bytes:
    if not path.exists():
        raise InputError(f"{path.parent} has no {DESIGNS}.", allowed=_WANTED, remedy=_AGAIN)
    content = read_bytes(path, MOST_TABLE, allowed="designs of a run")
    if hashlib.sha256(content).hexdigest() != kept.get("sha256"):
        cut = len(content) != kept.get("bytes")
        raise InputError(
            f"{path} is not the file that the run wrote: "
            + ("it is cut off, or another one." if cut else "it was edited."),
            where=str(path.parent / MANIFEST),
            remedy=_AGAIN,
        )
    return content


def _refuse_changed_tables(folder: Path, pinned: Mapping[str, Any]) -> None:
    then, now = pinned.get("tables"), builtin.table_hashes()
    then = then if isinstance(then, dict) else {}
    changed = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
    if changed:
        raise InputError(
            f"{folder} was made with other numbers: {', '.join(changed)} changed since.",
            where=str(folder / MANIFEST),
            allowed=f"a run with the tables of this version (its own was {pinned.get('version')})",
            remedy=_AGAIN,
        )


def _question(folder: Path, pinned: Mapping[str, Any]) -> Problem:
    text, path = str(pinned["asked"]["text"]), folder / MANIFEST
    if hashlib.sha256(text.encode()).hexdigest() != pinned["asked"].get("sha256"):
        raise InputError(f"The question in {path} was edited.", where=f"{path}, key asked", remedy=_AGAIN)
    document = parse_yaml(text, path)
    question = validate(Problem, document)
    file = str(pinned["problem"]["file"])
    if file:  # where a yield model is looked for that is named by a relative path
        question = question.with_source(
            Source(type(document)(Path(file), text, document.data, document.lines))
        )
    return question


def _tables(folder: Path, question: Problem, pinned: Mapping[str, Any]) -> OwnTables | None:
    given = {str(table["kind"]): table for table in pinned["own_tables"]}
    if not given:
        return tables_of(question)
    paths = [Path(given[kind]["file"]) if kind in given else None for kind in ("acids", "prices", "impacts")]
    tables = own_tables(question, *paths)
    for file in tables.files:
        if file.sha256 != given[file.kind].get("sha256"):
            raise InputError(
                f"{file.file} is not the table of {file.kind} that the run was made with: it changed since.",
                where=str(folder / MANIFEST),
                remedy=f"{_AGAIN}, or put the table back",
            )
    return tables


def _bound(
    folder: Path, question: Problem, tables: OwnTables | None, pinned: Mapping[str, Any], acids: list[str]
) -> BoundProblem:
    problem = bind(question, tables)
    then, now = pinned["artefact"], problem.surrogate
    if then["sha256"] != now.sha256:
        raise InputError(
            f"The yield model {now.name} is not the one that {folder} was made with.",
            where=str(now.path),
            allowed=f"the model card with sha256 {then['sha256']}",
            remedy=_AGAIN,
        )
    problem = problem.with_acids(acids)
    if plain_json(question_record(problem)) != pinned["question"]:
        raise InputError(
            f"The question in {folder / MANIFEST} is not the one that the run was asked: it was edited, or "
            "this version understands it in another way.",
            where=f"{folder / MANIFEST}, key question",
            remedy=_AGAIN,
        )
    return problem


def _archive(problem: BoundProblem, arrays: Mapping[str, Any]) -> Archive:
    acid, setpoints = arrays["acid"].astype(np.intp), arrays["setpoints"].astype(np.float64)
    n = len(acid)
    if (
        acid.shape != (n,)
        or setpoints.shape != (n, len(problem.variables))
        or not np.isfinite(setpoints).all()
    ):
        raise ValueError("its designs have other variables")
    if n and acid.max() >= len(problem.acids):
        raise ValueError("a design has an acid that the run did not search")
    told = {}
    for fidelity in ("high", "low"):
        parts = [arrays[f"{fidelity}_{part}"].astype(np.float64) for part in _PARTS]
        if any(part.shape != (n, len(problem.responses)) for part in parts[:3]) or parts[3].shape != (n,):
            raise ValueError("its yields do not go with its designs")
        told[fidelity] = YieldPrediction(*parts)
    designs = problem.designs(acid, setpoints)
    point = problem.point_at(designs, told["high"])
    at = cells(problem, designs)
    return Archive(designs, point.objectives, point.margins, at, told["high"], told["low"])
