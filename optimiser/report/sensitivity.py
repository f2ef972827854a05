"""What `sensitivity` studies, writes and prints: its files, its lines and its JSON."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from optimiser._io.errors import InputError, closest
from optimiser._io.output import check_folder
from optimiser.problem.binding import bind
from optimiser.problem.load import Config
from optimiser.problem.metrics import METRICS, is_yield
from optimiser.report import words
from optimiser.report.cards.drivers import sensitivity_cards
from optimiser.report.columns import told_of
from optimiser.report.deliver import Delivery, deliver
from optimiser.report.driver_words import (
    acid_sentence,
    chance_sentence,
    driver_sentence,
    interval_sentence,
    kinds_sentence,
)
from optimiser.report.manifest import given, made_with, plain_json
from optimiser.search.run import RunResult, run
from optimiser.search.side_by_side import ProgressCallback
from optimiser.surrogate.site import whose_yields
from optimiser.tables.front_csv import with_choices
from optimiser.tables.one_design import one_design
from optimiser.tables.own import OwnTables, own_tables
from optimiser.uncertainty.montecarlo import check_draws
from optimiser.uncertainty.study import Study, check_seed, study


def study_config(
    config: Config,
    *,
    design: str | None = None,
    front: Path | None = None,
    row: int | None = None,
    draws: int = 10_000,
    seed: int = 1,
    tables: OwnTables | None = None,
    result: RunResult | None = None,
    progress: ProgressCallback | None = None,
    side_by_side: bool = False,
) -> Study:
    """Study a design of a config's problem; without one, the best of the front in the first objective.

    Args:
        config: the problem, and how to search it.
        design, front, row: the design, as `tables.one_design.one_design` reads it.
        draws, seed: of the study.
        tables: a user's own tables.
        result: a search of the config; without one and without a design, it is searched.
        progress, side_by_side: of the search.

    Raises:
        InputError: anything wrong with options, problem or design; no feasible design was found.
    """
    check_draws(draws)
    check_seed(seed)
    if design is not None or front is not None or row is not None:
        problem = bind(config.problem, tables)
        asked = one_design(config.problem, problem, design, front, row)
        return study(problem, asked.designs, asked.name, draws=draws, seed=seed)
    result = result or run(config, progress, tables, side_by_side)
    if result.front is None:
        raise InputError(
            "No design is feasible, so there is none to study.",
            allowed="--design NAME=VALUE,... or --front FRONT.csv [--row N]",
            remedy="`optimiser run` says why nothing is feasible",
        )
    evaluation, objective = result.front.evaluation, result.problem.objectives[0]
    best = evaluation.designs.take(np.array([np.argmin(evaluation.objectives[:, 0])]))
    name = f"the design with the best {METRICS[objective.metric].label}"
    return study(result.problem, best, name, draws=draws, seed=seed, result=result)


def ranked_metric(of: Study, metric: str | None) -> str:
    """Return the metric whose drivers are ranked: the one asked for, else the first objective.

    Raises:
        InputError: there is no such metric in a study.
    """
    if metric is not None:
        check_metric(metric)
    chosen = metric or of.problem.objectives[0].metric
    if chosen not in of.drivers.metrics:
        why, remedy = "only the errors of the yields bear on a yield", ""
        if chosen not in of.problem.metrics:
            why, remedy = (
                "the problem's numbers do not suffice for it",
                METRICS[chosen].lacks(of.problem.inputs),
            )
        elif not chosen.startswith("yield_"):
            why, remedy = "it was not studied", f"make {chosen} an objective of the problem"
        raise InputError(
            f"The drivers of {chosen!r} are not ranked: {why}.",
            where="--objective",
            allowed=", ".join(of.drivers.metrics),
            remedy=remedy,
        )
    return chosen


def check_metric(metric: str) -> None:
    """Refuse an unknown metric.

    Raises:
        InputError: lists those there are.
    """
    if metric not in METRICS and not is_yield(metric):
        raise InputError(
            f"There is no objective {metric!r}.",
            where="--objective",
            allowed=", ".join(METRICS),
            remedy=closest(metric, METRICS) or "optimiser list objectives",
        )


def write_sensitivity(
    config: Config,
    *,
    objective: str | None = None,
    acids: Path | None = None,
    prices: Path | None = None,
    impacts: Path | None = None,
    out: Path | None = None,
    force: bool = False,
    **options: Any,
) -> tuple[Study, str, Delivery | None]:
    """Study a design, and write page, tables and manifest where a folder is given.

    Args:
        config: the problem, and how to search it.
        objective: the metric whose drivers are ranked; the first objective if left out.
        acids, prices, impacts: a user's own tables.
        out: folder to write; None writes nothing.
        force: replace an existing ``out``.
        options: of `study_config`.

    Returns:
        The study, the metric whose drivers are ranked, and what was written.

    Raises:
        InputError: anything wrong with options, problem, design, tables or folder.
    """
    if objective is not None:
        check_metric(objective)
    if out is not None:
        check_folder(out, force)
    tables = own_tables(config.problem, acids, prices, impacts)
    found = study_config(config, tables=tables, **options)
    metric = ranked_metric(found, objective)
    if out is None:
        return found, metric, None
    asked = {name: options.get(name) for name in ("design", "front", "row", "draws", "seed")}
    pinned = pin(found, metric, {**asked, "problem": config.name, "objective": objective})
    pinned["own_tables"] = [vars(file) for file in tables.files]
    return found, metric, deliver_study(found, metric, pinned, out, force)


def pin(of: Study, metric: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest of a study."""
    front = options.get("front")
    return {
        **made_with(of.problem.surrogate),
        "options": given(options),
        "sha256": {"front": hashlib.sha256(Path(front).read_bytes()).hexdigest()} if front else {},
        "problem": of.problem.name,
        "seed": of.seed,
        "draws": of.draws,
        "answer": " ".join(lines(of, metric)),
    }


def deliver_study(of: Study, metric: str, pinned: dict[str, Any], out: Path, force: bool = False) -> Delivery:
    """Write page, tables and manifest of a study into a folder."""
    with told_of(of.problem.system):
        return deliver(
            out,
            manifest=pinned,
            cards=sensitivity_cards(of, metric, pinned),
            tables={
                "drivers.csv": of.drivers.frame(metric),
                "intervals.csv": of.intervals(),
                "chances.csv": of.chances(),
                "inputs.csv": of.inputs(),
                **({"front.csv": with_choices(of.front, of.problem.system)} if len(of.front) else {}),
            },
            title=f"How sure is {of.name}, and what drives its spread?",
            name=f"sensitivity {of.problem.name}",
            force=force,
        )


def lines(of: Study, metric: str) -> list[str]:
    """Return the study for a terminal, before the table of `driver_records`."""
    asked = dict.fromkeys([metric, *(o.metric for o in of.problem.objectives)])
    with told_of(of.problem.system):
        said = [
            words.sentence(of.problem, of.evaluation, 0),
            *(interval_sentence(name, of.every, of.alone) for name in asked),
            chance_sentence(of.problem, of.every),
            acid_sentence(of.problem, of.acids, of.problem.objectives[0].metric),
            kinds_sentence(of.drivers, metric),
            driver_sentence(of.drivers, metric),
            *whose_yields(of.problem.surrogate),
        ]
    return [line for line in said if line]


def as_json(of: Study, metric: str, out: Path | None) -> dict[str, Any]:
    """Return a study as plain JSON: yields and probabilities are fractions."""
    evaluation = of.evaluation
    plain: dict[str, Any] = plain_json(
        {
            "out": out,
            "problem": of.problem.name,
            "design": of.problem.named(evaluation.designs, 0),
            "draws": of.draws,
            "seed": of.seed,
            "metric": metric,
            "intervals": of.intervals().to_dict("records"),
            "chances": dict(of.chances().itertuples(index=False, name=None)),
            "acids": of.acids.to_dict("records"),
            "front": of.front.to_dict("records"),
            "shares": of.drivers.shares(metric),
            "drivers": of.drivers.frame(metric).to_dict("records"),
            "inputs": of.inputs().to_dict("records"),
            "sentences": lines(of, metric),
        }
    )
    return plain
