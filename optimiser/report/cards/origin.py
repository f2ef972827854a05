"""Where everything comes from: numbers with their sources, and the run itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from optimiser.problem.bound import BoundProblem
from optimiser.problem.feed_words import reading_lines
from optimiser.report import words
from optimiser.report.card import Block, Card, Table, Verbatim
from optimiser.report.caveats import CLIMATE, MONEY, marked_numbers, sums_count
from optimiser.report.columns import column
from optimiser.report.numbers import NOTHING, counted
from optimiser.report.sources import sources_frame
from optimiser.search.run import RunResult
from optimiser.systems.words import vocabulary
from optimiser.tables.own import OwnTables


def sources_card(result: RunResult) -> Card:
    """Return every number used, with source, year, confidence and marks."""
    frame = sources_frame(result.problem)
    marked = int((frame["flags"] != "").sum())
    if not len(frame):
        return Card(not_applicable="no number of a table stands behind it.")
    if not sums_count(result.problem):
        return _system_sources(frame)
    finding = (
        f"{len(frame)} numbers stand behind this report, {marked} of them marked: older than 2020, or of "
        "confidence C (rough; verify before relying on it).",
        "Prices keep their own currency and date and are converted at the exchange rates listed with them; "
        "they are not inflated to today. Yields come from the surrogate, not from this table.",
        *(_own(result.tables) if result.tables else ()),
        *marked_numbers(result.problem, "the sums of money", MONEY),
        *marked_numbers(result.problem, "those of climate change", CLIMATE),
    )
    caption = "Confidence A is best; what is marked needs a look before it is relied on."
    table = Table("sources-table", caption, read_frame(frame), tall=True)
    return Card(finding=finding, blocks=(table,))


def _system_sources(frame: pd.DataFrame) -> Card:
    """Return the numbers behind a report on a system of one's own."""
    finding = (
        f"{len(frame)} numbers stand behind this report beside the yields, which come from the surrogate.",
    )
    caption = "What the system's file, the problem and the shipped tables give."
    return Card(finding=finding, blocks=(Table("sources-table", caption, read_frame(frame), tall=True),))


def _own(tables: OwnTables) -> tuple[str, ...]:
    """Say which tables are the user's own, and what must be told of them."""
    files = ", ".join(f"{file.kind} from {file.file}" for file in tables.files)
    return (*((f"Own tables: {files}.",) if files else ()), *tables.notes)


def read_frame(sources: pd.DataFrame) -> pd.DataFrame:
    """Return the sources as they are read: value with unit, range, euros, and remarks with the source."""
    plain = column("value")
    rows = []
    for r in sources.to_dict("records"):
        low, high = plain.text(r["low"]), plain.text(r["high"])
        known = [text for text in (low, high) if text != NOTHING]
        rows.append(
            {
                "item": r["item"],
                "quantity": r["quantity"],
                "value": f"{plain.text(r['value'])} {r['unit'] if r['unit'] != '-' else ''}".strip(),
                "range": " to ".join(known) if len(known) == 2 else "".join(known),
                "in euro": "" if plain.text(r["in euro"]) == NOTHING else f"{r['in euro']:.4g}",
                "date": r["date"],
                "confidence": r["confidence"],
                "flags": r["flags"],
                "source": f"{r['source']}. {r['note']}" if r["note"] else r["source"],
            }
        )
    return pd.DataFrame(rows)


def run_card(result: RunResult, pinned: dict[str, Any]) -> Card:
    """Return what pins the run, in plain words."""
    each = vocabulary(result.problem.system).option
    seeds, seconds = counted(len(result.searches), "seed"), sum(result.seconds.values())
    finding = (
        f"{result.evaluations:,} designs evaluated, with {seeds} and for each {each} on its own, in "
        f"{seconds:.0f} s. "
        "The same config, tables, surrogate and seeds give the same front; manifest.json holds all of it.",
    )
    table = Table("run-table", "What was run.", run_frame(result, pinned))
    blocks: list[Block] = [table, Verbatim(f"Config {pinned['config']['name']}", pinned["config"]["text"])]
    blocks.append(Verbatim(f"Problem {pinned['problem']['name']}", pinned["problem"]["text"]))
    return Card(finding=finding, blocks=tuple(blocks))


def run_frame(result: RunResult, pinned: dict[str, Any]) -> pd.DataFrame:
    """Return the manifest as a person reads it: what, and its value."""
    question = pinned["question"]
    targets = ", ".join(f"{m} at least {100 * t:g} %" for m, t in question["yield_targets"].items()) or "none"
    if question["confidence"] is not None:
        targets += f", each with probability {100 * question['confidence']:g} %"
    held = ", ".join(_held(name, limit) for name, limit in question["limits"].items() if limit is not None)
    search = pinned["search"]
    rows = {
        "asked": words.objectives_text(result.problem),
        "yield targets": targets,
        "limits held": held + f"; applicability domain {question['applicability_domain']}",
        "feed": ", ".join(
            [
                f"{result.problem.feed.name}, {result.problem.feed.mass:g} kg",
                *_read(result.problem),
            ]
        ),
        "search": f"NSGA-II, population {search['population']}, at most "
        f"{search['generations']} generations, seeds {', '.join(map(str, search['seeds']))}, "
        f"{search['per_acid']} generations for each {vocabulary(result.problem.system).option} alone",
        "time": ", ".join(f"{k} {v:.1f} s" for k, v in pinned["seconds"].items()),
        **made_with_rows(pinned),
        "config": f"{pinned['config']['file']}, sha256 {pinned['config']['sha256']}",
        "problem": f"{pinned['problem']['file']}, sha256 {pinned['problem']['sha256']}",
        "tables": ", ".join(f"{k} {v[:12]}…" for k, v in pinned["tables"].items()),
    }
    rows |= {f"own {t['kind']}": f"{t['file']}, sha256 {t['sha256']}" for t in pinned["own_tables"]}
    return pd.DataFrame({"what": list(rows), "value": list(rows.values())})


def _read(problem: BoundProblem) -> tuple[str, ...]:
    """Say how a cathode's feed was read, and of a system its name."""
    if problem.system.is_cathode:
        return reading_lines(problem.cathode_feed)[:1]
    return (f"of the system {problem.system.name}",)


def _held(name: str, limit: float | Mapping[str, float]) -> str:
    """Say a limit or bound of the manifest: ``boiling 0``, ``cost max 2``."""
    ends = {"": limit} if isinstance(limit, int | float) else limit
    return f"{name} {' '.join(f'{end} {value:g}'.strip() for end, value in ends.items())}".replace("_", " ")


def made_with_rows(pinned: Mapping[str, Any]) -> dict[str, str]:
    """Return what any manifest holds as a person reads it: when, by which model and with which versions."""
    git, commit = pinned["git"], "not a checkout"
    if git:
        commit = git["commit"] + (" with local changes" if git["modified"] else "")
    return {
        "written": pinned["written"],
        "surrogate": f"{pinned['artefact']['name']}, sha256 {pinned['artefact']['sha256']}",
        "product": f"{pinned['product']} {pinned['version']}",
        "git commit": commit,
        "Python": pinned["python"],
        "packages": ", ".join(f"{k} {v}" for k, v in pinned["packages"].items()),
    }
