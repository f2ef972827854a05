"""What is known of predicted scenarios, as tables: balance, costs, impacts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields

import numpy as np
import pandas as pd

from optimiser.chemistry.metals import METALS
from optimiser.problem.objectives import per_kg_metal
from optimiser.process.balance import MassBalance
from optimiser.process.costs import COMPONENTS
from optimiser.tables.predict import Part, results
from optimiser.variables import CONTINUOUS, DESIGN_COLUMNS, Floats

#: Columns by which every table says which scenario a row is.
KEYS: tuple[str, ...] = ("scenario", "feed", "acid")


def joined(parts: Sequence[Part], one: Callable[[Part], pd.DataFrame]) -> pd.DataFrame:
    """Make a table of each part, put scenario, feed and acid in front, and join them in order."""
    frames = []
    for part in parts:
        names = np.array(part.problem.acid_names, dtype=object)
        keys = pd.DataFrame(
            {
                "scenario": part.place + 1,
                "feed": part.problem.feed.name,
                "acid": names[part.evaluation.designs.acid],
            }
        )
        frames.append(pd.concat([keys, one(part)], axis=1))
    return pd.concat(frames).sort_values("scenario").reset_index(drop=True)


def scenarios_frame(parts: Sequence[Part]) -> pd.DataFrame:
    """Return `predict.results` of all parts."""
    return results(tuple(parts))


def yields_frame(parts: Sequence[Part]) -> pd.DataFrame:
    """Return yields with their standard deviation over the anchors and their 90 % interval."""
    frame = scenarios_frame(parts)
    shown = [c for m in METALS for c in (f"yield_{m}", f"spread_{m}", f"yield_{m}_low", f"yield_{m}_high")]
    return frame[[*KEYS, *shown, "support", "inside_domain"]]


def balance_frame(parts: Sequence[Part]) -> pd.DataFrame:
    """Return every quantity of the mass balance, per batch, with the conditions and the basis in front."""

    def one(part: Part) -> pd.DataFrame:
        balance, designs = part.evaluation.outcome.balance, part.evaluation.designs
        columns: dict[str, Floats] = {name: getattr(designs, name) for name in CONTINUOUS}
        columns["basis"] = np.full(len(designs), part.problem.feed.mass)
        for field in fields(MassBalance):
            values = getattr(balance, field.name)
            if values.ndim == 1:
                columns[f"batch_{field.name}"] = values
            elif field.name == "metals":
                columns |= {f"batch_dissolved_{m}": values[:, i] for i, m in enumerate(METALS)}
        columns["batch_dissolved"] = balance.metal_total
        return pd.DataFrame(columns)

    return joined(parts, one)


def costs_frame(parts: Sequence[Part]) -> pd.DataFrame:
    """Return cost by component, EUR per batch (``eur_X``) and EUR per kg metal (``cost_X``), with totals."""
    frame = joined(parts, lambda part: _components(part, part.evaluation.outcome.cost, "eur", "cost"))
    net = joined(parts, lambda p: pd.DataFrame({"net_value": p.evaluation.metrics["net_value"]}))
    return frame.assign(net_value=net["net_value"])


def climate_frame(parts: Sequence[Part]) -> pd.DataFrame:
    """Return climate change by component, per batch (``kgco2_X``) and per kg metal (``climate_X``)."""
    return joined(parts, lambda part: _components(part, part.evaluation.outcome.climate, "kgco2", "climate"))


def _components(part: Part, amounts: Floats, batch: str, specific: str) -> pd.DataFrame:
    balance = part.evaluation.outcome.balance
    columns = {f"{batch}_{c}": amounts[:, i] for i, c in enumerate(COMPONENTS)}
    columns[f"{batch}_total"] = amounts.sum(axis=1)
    columns |= {f"{specific}_{c}": per_kg_metal(amounts[:, i], balance) for i, c in enumerate(COMPONENTS)}
    columns[f"{specific}_total"] = per_kg_metal(amounts.sum(axis=1), balance)
    return pd.DataFrame(columns)


def varying(frame: pd.DataFrame) -> list[str]:
    """Return which of feed and the design's columns differ between rows."""
    return [name for name in ("feed", *DESIGN_COLUMNS) if frame[name].nunique() > 1]
