"""What `run` writes: its cards, its tables, its manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from optimiser._io.output import check_folder
from optimiser.answers.scopes import Scopes, scopes_of_run
from optimiser.process.costs import COMPONENTS
from optimiser.report import words
from optimiser.report.card import make_cards
from optimiser.report.cards import run_makers
from optimiser.report.caveats import no_transfer
from optimiser.report.columns import told_of
from optimiser.report.deliver import Delivery, deliver
from optimiser.report.frames import (
    acid_fronts_frame,
    acids_frame,
    components_frame,
    front_frame,
    nearest_frame,
    yields_frame,
)
from optimiser.report.impact_frames import acids_impacts
from optimiser.report.manifest import manifest
from optimiser.report.nearest import picked_nearest
from optimiser.report.sources import sources_frame
from optimiser.report.stored import DESIGNS, asked, pack
from optimiser.report.workbook import manifest_frame
from optimiser.search.known import Known
from optimiser.search.run import RunResult
from optimiser.surrogate import packing
from optimiser.systems.words import vocabulary
from optimiser.tables.front_csv import design_table, named_table, with_choices


def write_run(
    result: RunResult,
    out: Path,
    formats: Sequence[str],
    force: bool = False,
    beside: Mapping[str, bytes] | None = None,
    scopes: Scopes | None = None,
) -> Delivery:
    """Write a run's report into the folder ``out``, whole or not at all.

    Args:
        result: the run.
        out: the folder.
        formats: of ``html`` (report.html), ``xlsx`` (front.xlsx), ``csv`` (front.csv, and
            least_infeasible.csv where nothing is feasible); ``manifest.json`` and ``designs.npz``, which
            `stored.read_run` reads back, are always written.
        force: replace an existing ``out``, once the new one is complete.
        beside: further files, by name.
        scopes: both scopes of a plant's cost, as `scopes_of_run` returns them, where they are known already.

    Raises:
        InputError: ``out`` cannot be written or replaced.
    """
    check_folder(out, force)
    with told_of(result.problem.system):
        return _write_run(result, out, formats, force, beside, scopes)


def _write_run(
    result: RunResult,
    out: Path,
    formats: Sequence[str],
    force: bool,
    beside: Mapping[str, bytes] | None,
    scopes: Scopes | None,
) -> Delivery:
    scopes = scopes or scopes_of_run(result)
    pinned, designs = manifest(result, scopes), pack(Known.of(result))
    pinned |= {
        "asked": asked(result.config.problem, result.problem.surrogate),
        "designs": packing.pinned(DESIGNS, designs),
    }
    tables: dict[str, pd.DataFrame | Mapping[str, pd.DataFrame] | bytes] = {
        DESIGNS: designs,
        **(beside or {}),
    }
    if "csv" in formats:
        tables["front.csv"] = front_csv(result)
        if result.infeasibility is not None:
            nearest = nearest_frame(result.problem, result.infeasibility)
            nearest = with_choices(nearest, result.problem.system)
            tables["least_infeasible.csv"] = nearest.drop(columns=["design"])
    if "xlsx" in formats:
        tables["front.xlsx"] = sheets(result, pinned)
    return deliver(
        out,
        manifest=pinned,
        cards=make_cards(run_makers(result, pinned, scopes)) if "html" in formats else (),
        tables=tables,
        title=f"{result.problem.feed.name}: {words.objectives_text(result.problem)}",
        name=result.config.name,
        description=_description(result),
        force=force,
    )


def _description(result: RunResult) -> str:
    """Return what stands below the heading: first that yields do not carry over, where that is so."""
    about = result.config.description or result.config.problem.description
    return " ".join(part for part in (no_transfer(result.problem.surrogate), about) if part)


def front_csv(result: RunResult) -> pd.DataFrame:
    """Return the table of ``front.csv``; only its header where nothing is feasible."""
    if result.front is not None:
        return design_table(result.problem, result.front.evaluation, result.front.knee)
    if result.infeasibility is None:
        return pd.DataFrame()
    return design_table(result.problem, result.infeasibility.nearest).iloc[:0]


def sheets(result: RunResult, pinned: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """Return the tables of ``front.xlsx`` by sheet.

    Args:
        result: the run.
        pinned: its manifest.
    """
    problem, found = result.problem, {}
    if result.front is not None:
        evaluation = result.front.evaluation
        found["front"] = front_frame(problem, evaluation, result.front.knee)
        found["yields"] = yields_frame(problem, evaluation)
        parts = components_frame(problem, evaluation)
        climate = [f"climate_{c}" for c in (*COMPONENTS, "total")]
        if "cost" in problem.metrics:
            found["cost"] = parts.drop(columns=climate)
        if "climate_change" in problem.metrics:
            found["climate change"] = parts[["design", "acid", *climate]]
        if problem.inputs.impacts is not None:
            found["impacts"] = acids_impacts(result)
    elif result.infeasibility is not None:
        found["front"] = named_table(problem, result.infeasibility.nearest).iloc[:0]
        found["least infeasible"] = nearest_frame(problem, result.infeasibility)
    said = vocabulary(problem.system)
    found[said.options] = acids_frame(result)
    found[f"each {said.option}'s own front"] = acid_fronts_frame(result)
    if result.front is not None and problem.system.is_cathode:
        found["nearest experiments"] = picked_nearest(problem, result.front).frame
    found["sources"] = sources_frame(problem)
    found["manifest"] = manifest_frame(pinned)
    return {sheet: with_choices(frame, problem.system) for sheet, frame in found.items()}
