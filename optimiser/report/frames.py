"""The tables of a report as data frames: for the page, the workbook and the CSV files alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.bounds import Bound
from optimiser.problem.metrics import APART, is_yield
from optimiser.problem.outcome import per_kg_metal
from optimiser.problem.robustness import over_tolerances
from optimiser.process.costs import COMPONENTS, metal_value
from optimiser.report.columns import column, with_intervals
from optimiser.report.picks import Pick
from optimiser.report.refusal import reached_yields
from optimiser.report.verdicts import verdict_text
from optimiser.search.front import Front, Infeasibility
from optimiser.search.run import RunResult
from optimiser.tables.front_csv import named_table
from optimiser.variables import Floats


def front_frame(problem: BoundProblem, evaluation: Evaluation, knee: int | None = None) -> pd.DataFrame:
    """Return `named_table` with the design's number in front and, of cathodes, the reductant ratio behind."""
    frame = named_table(problem, evaluation, knee)
    frame.insert(0, "design", np.arange(1, len(frame) + 1))
    if problem.system.is_cathode:
        frame["reductant_ratio"] = evaluation.reductant_ratio
    return frame


def rows_of(result: RunResult, frame: pd.DataFrame) -> list[int]:
    """Return the row of the common front of each design, from 0; -1 where it is not on it.

    Args:
        result: the run.
        frame: designs, columns ``acid`` and every setpoint.
    """
    if result.front is None:
        return [-1] * len(frame)
    names = ["acid", *result.problem.system.names]
    common = front_frame(result.problem, result.front.evaluation)[names]
    places = {design: row for row, design in enumerate(common.itertuples(index=False, name=None))}
    return [places.get(design, -1) for design in frame[names].itertuples(index=False, name=None)]


#: Of a design, what stands behind it in the data.
SUPPORT = ("support", "domain_distance")


def ratios(problem: BoundProblem) -> tuple[str, ...]:
    """Return the columns of what is offered over what is needed; none where no stoichiometry tells."""
    return ("proton_ratio", "reductant_ratio") if problem.system.is_cathode else ()


def design_names(problem: BoundProblem) -> tuple[str, ...]:
    """Return the columns of a report's table that say what a design is: its option, then its setpoints."""
    option = () if problem.system.choices == () else ("acid",)
    return (*option, *problem.system.names)


def picked_frame(problem: BoundProblem, front: Front, picks: Sequence[Pick]) -> pd.DataFrame:
    """Return the rows of a front that are shown one by one, with why."""
    rows = front_frame(problem, front.evaluation, front.knee).iloc[[pick.row for pick in picks]]
    rows = rows.reset_index(drop=True)
    rows.insert(1, "which", [pick.label for pick in picks])
    chosen = np.array([pick.row for pick in picks])
    spans = over_tolerances(problem, front.evaluation.designs.take(chosen))
    if spans and "recovery" in problem.metrics:
        rows["recovery_least"], rows["recovery_most"] = spans.recovery_low, spans.recovery_high
    return rows


def side_by_side(frame: pd.DataFrame, names: Sequence[str], titles: Sequence[str]) -> pd.DataFrame:
    """Return some designs side by side as text: a row per quantity, a column per design.

    Args:
        frame: one row per design.
        names: the columns that become rows.
        titles: of the designs.
    """
    rows = [
        {"quantity": column(name).heading} | dict(zip(titles, with_intervals(frame, name), strict=True))
        for name in names
    ]
    return pd.DataFrame(rows, columns=["quantity", *titles])


def components_frame(problem: BoundProblem, evaluation: Evaluation) -> pd.DataFrame:
    """Return cost and climate change by component per kg metal, and what the metals are worth per t feed."""
    out, feed_tonnes = evaluation.outcome, problem.feed.mass / 1000.0
    frame = pd.DataFrame(
        {
            "design": np.arange(1, len(evaluation) + 1),
            "acid": np.array(problem.acid_names)[evaluation.designs.acid],
        }
    )
    for what, amounts in (("cost", out.cost), ("climate", out.climate)):
        for i, component in enumerate(COMPONENTS):
            frame[f"{what}_{component}"] = per_kg_metal(amounts[:, i], out.balance)
        frame[f"{what}_total"] = per_kg_metal(amounts.sum(axis=1), out.balance)
    frame["metal_value"] = metal_value(out.balance, out.inputs) / feed_tonnes
    frame["batch_cost"] = out.cost.sum(axis=1) / feed_tonnes
    frame["acid_bill"] = out.cost[:, COMPONENTS.index("acid")] / feed_tonnes
    if "net_value" in evaluation.metrics:
        frame["net_value"] = evaluation.metrics["net_value"]
    if problem.inputs.plant is not None:
        frame["plant_bill"] = out.plant.annual / out.plant.batches / feed_tonnes
    return frame


def point_value(problem: BoundProblem) -> float:
    """Return what one point (1 %) more yield of every metal is worth, EUR per t feed."""
    everything = float(problem.inputs.metal_value @ problem.feed.metal_mass)
    return 0.01 * everything / (problem.feed.mass / 1000.0)


def yields_frame(problem: BoundProblem, evaluation: Evaluation) -> pd.DataFrame:
    """Return one row per design and metal that is there: yield with interval, target, mass and worth."""
    feed_tonnes = problem.feed.mass / 1000.0
    parts = []
    for metal in problem.present:
        i = problem.responses.index(metal)
        mass = evaluation.outcome.balance.metals[:, i] / feed_tonnes
        parts.append(
            pd.DataFrame(
                {
                    "design": np.arange(1, len(evaluation) + 1),
                    "acid": np.array(problem.acid_names)[evaluation.designs.acid],
                    "metal": metal,
                    "yield": evaluation.yields[:, i],
                    "yield_low": evaluation.yields_low[:, i],
                    "yield_high": evaluation.yields_high[:, i],
                    "yield_nominal": evaluation.yields_nominal[:, i],
                    "yield_p10": evaluation.yields_p10[:, i],
                    "target": problem.targets.get(metal, float("nan")),
                }
                | _dissolved(problem, mass, i)
            )
        )
    return pd.concat(parts).sort_values("design", kind="stable", ignore_index=True)


def _dissolved(problem: BoundProblem, mass: Floats, response: int) -> dict[str, object]:
    """Return what dissolves of a response and what it is worth, as far as assay and prices tell."""
    told: dict[str, object] = {}
    if problem.system.is_cathode or "recovery" in problem.metrics:
        told["dissolved"] = mass
    if problem.system.is_cathode or "net_value" in problem.metrics:
        told["worth"] = mass * problem.inputs.metal_value[response]
    return told


def acids_frame(result: RunResult) -> pd.DataFrame:
    """Return one row per acid: experiments near the feed, its own front, its best ends, and the verdict."""
    names = np.array(result.problem.acid_names)
    common = names[result.front.evaluation.designs.acid] if result.front else names[:0]
    rows: list[dict[str, object]] = []
    for verdict in result.acids:
        row: dict[str, object] = {
            "acid": verdict.acid,
            "verdict": verdict_text(result, verdict),
            "experiments": verdict.experiments,
            "designs": len(verdict.front.evaluation) if verdict.front else 0,
            "on_front": int((common == verdict.acid).sum()),
        }
        for objective in result.problem.objectives:
            values = verdict.front.evaluation.metrics[objective.metric] if verdict.front else None
            best = np.min if objective.sign > 0 else np.max
            row[f"best_{objective.metric}"] = float("nan") if values is None else float(best(values))
        rows.append(row)
    return pd.DataFrame(rows)


def runners_up(result: RunResult) -> pd.DataFrame:
    """Return the best design of each acid in the first objective, best acid first."""
    found = [
        front_frame(result.problem.with_acids([v.acid]), v.front.evaluation, None).iloc[:1]
        for v in result.acids
        if v.front is not None
    ]
    if not found:
        return pd.DataFrame()
    first = result.problem.objectives[0]
    frame = pd.concat(found, ignore_index=True).drop(columns=["knee"])
    frame = frame.sort_values(first.metric, ascending=first.sign > 0, kind="stable", ignore_index=True)
    frame["design"] = np.arange(1, len(frame) + 1)
    return frame


def acid_fronts_frame(result: RunResult) -> pd.DataFrame:
    """Return the designs of every acid's own front."""
    found = [
        front_frame(result.problem.with_acids([v.acid]), v.front.evaluation, v.front.knee)
        for v in result.acids
        if v.front is not None
    ]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def nearest_frame(problem: BoundProblem, infeasibility: Infeasibility) -> pd.DataFrame:
    """Return the least infeasible designs with the margin of every constraint, best first."""
    nearest = infeasibility.nearest
    frame = front_frame(problem, nearest).drop(columns=["knee"])
    for name in problem.constraint_names:
        frame[f"margin_{name}"] = nearest.margins[name]
    frame["violation"] = nearest.violation
    return frame


def refused_frame(problem: BoundProblem, infeasibility: Infeasibility) -> pd.DataFrame:
    """Return `nearest_frame` with the yields that the targets are held against, rounded down to 0.1 %.

    So a yield that misses its target never looks as if it met it. Without a confidence the expected yields
    and their intervals stay.
    """
    frame = nearest_frame(problem, infeasibility)
    if problem.each_confidence is None:
        return frame
    reached = reached_yields(problem, infeasibility.nearest)
    for metal in problem.present:
        frame = frame.drop(columns=[f"yield_{metal}_low", f"yield_{metal}_high"])
        frame[f"yield_{metal}"] = np.floor(1e3 * reached[:, problem.responses.index(metal)] + 1e-9) / 1e3
    return frame


def reported_metrics(problem: BoundProblem) -> tuple[str, ...]:
    """Return the metrics of a table for people: what is asked for first; no yields, no time."""
    return tuple(dict.fromkeys([*asked_metrics(problem), *problem.reported]))


def asked_metrics(problem: BoundProblem) -> tuple[str, ...]:
    """Return the objectives and the metrics that are bounded, but yields and time."""
    asked = [o.metric for o in problem.objectives]
    asked += [c.metric for c in problem.constraints if isinstance(c, Bound)]
    return tuple(dict.fromkeys(n for n in asked if n not in APART and not is_yield(n)))
