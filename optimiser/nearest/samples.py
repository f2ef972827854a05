"""The measured samples that a design is compared with: all rows of a table, else what the artefact holds."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError
from optimiser.chemistry.descriptors import structure_key
from optimiser.surrogate.anchors import anchor_rows
from optimiser.surrogate.artefact import Surrogate
from optimiser.surrogate.data import SHA256, installed
from optimiser.surrogate.domain import Domain
from optimiser.surrogate.site import OwnData
from optimiser.surrogate.stoichiometry import breaks
from optimiser.surrogate.training_table import TrainingTable, feed_names, read_table
from optimiser.systems.system import System, cathode
from optimiser.systems.table import SystemTable
from optimiser.variables import Floats

#: What a site model's own results are called.
OWN = "own result"
#: Of system without a time, what stands for it.
_NO_TIME = "last"


def fixed_of(system: System) -> list[str]:
    """Return the conditions that samples of one experiment share."""
    return [name for name in system.names if name != system.along]


def yields_of(system: System) -> list[str]:
    """Return the columns of the yields."""
    return [f"yield_{response}" for response in system.responses]


def _along(system: System) -> str:
    """Return the column of the last time that a sample stands for."""
    return _NO_TIME if system.along is None else system.along


def _feed(system: System) -> list[str]:
    """Return the columns of what describes a feed."""
    return [f"place_{j}" for j in range(3 if system.is_cathode else len(system.feed_columns))]


def installed_table(surrogate: Surrogate) -> TrainingTable | SystemTable | None:
    """Return the installed training table, or None where it is not installed, or not what was fitted on.

    That of a system of one's own stands in its artefact.

    Raises:
        InputError: it does not, since an earlier version trained the model.
    """
    if not surrogate.system.is_cathode:
        if surrogate.table is None:
            raise InputError(
                f"{surrogate.name} does not hold its table: an earlier version trained it.",
                where=str(surrogate.path),
                remedy="train it again: optimiser train --system FILE --out FOLDER --force",
            )
        return surrogate.table
    try:
        path = installed()
    except InputError:
        return None
    return _read(path, SHA256) if _fitted_on(surrogate) == SHA256 else None


@lru_cache(1)
def _read(path: Path, _sha256: str) -> TrainingTable:
    return read_table(path)


def _fitted_on(surrogate: Surrogate) -> str:
    return str(surrogate.card.get("training", {}).get("sha256", ""))


def what_counts(surrogate: Surrogate, table: TrainingTable | SystemTable | None) -> str:
    """Say in a sentence or two which experiments are compared with."""
    own = "" if surrogate.site is None else f" Your {len(surrogate.site.data)} own results count, too."
    if isinstance(table, SystemTable):
        return f"All {len(table)} rows of {table.path.name}, the table of {table.system.name}, count.{own}"
    if table is None:
        published = int((~surrogate.domain.own).sum())
        return (
            f"The training table is not available. So {published} experiments count, those "
            f"that {surrogate.name} knows: the conditions of all, and the measured yields of "
            f"{len(anchor_rows(surrogate))} rows (its anchors). `optimiser data install` fetches the table."
            f"{own}"
        )
    if table.sha256 != _fitted_on(surrogate):
        other = f"which {surrogate.name} was not fitted on"
        return f"All {len(table)} rows of {table.path.name} count, {other}.{own}"
    return f"All {len(table)} rows of the training table count.{own}"


def samples(surrogate: Surrogate, table: TrainingTable | SystemTable | None) -> pd.DataFrame:
    """Return all rows of a table, or without one the samples and experiments that an artefact holds.

    A site model's own results follow, numbered as they are stored.

    Returns:
        A row per sample: ``key`` of its acid's structure, or of its option; ``place_0`` and so on, the
        numbers that describe its feed, and the name of this ``feed``; the conditions; ``first``, the first
        time in min that the sample stands for, less than ``time`` only for an experiment whose samples are
        not known; ``yield_X`` as fractions, NaN where absent or not known; number of its
        ``experiment``; ``study`` from 1, ``row`` in the sheet and ``breaks_stoichiometry``,
        missing where not known; ``source``.
    """
    if isinstance(table, SystemTable):
        known = _system_frame(table)
    elif table is not None:
        known = _frame(table, "row of the table").assign(
            study=pd.array(table.studies + 1, "Int64"), row=pd.array(np.arange(len(table)) + 2, "Int64")
        )
    else:
        known = _artefact_samples(surrogate)
    if surrogate.site is None:
        return known
    own = _own_frame(surrogate, surrogate.site.data, int(known["experiment"].max()) + 1)
    return pd.concat([known, own.reindex(columns=known.columns).astype(known.dtypes)], ignore_index=True)


def _artefact_samples(surrogate: Surrogate) -> pd.DataFrame:
    """Return the samples and published experiments that an artefact holds."""
    feed, fixed = _feed(cathode()), fixed_of(cathode())
    domain, anchors = surrogate.domain, _frame(anchor_rows(surrogate), "anchor of the model")
    whole = pd.DataFrame(np.column_stack([domain.feed, domain.fixed, domain.time]))
    whole.columns = pd.Index([*feed, *fixed, "first", "time"])
    whole.insert(0, "key", np.array(domain.acids, dtype=object)[domain.acid])
    whole["experiment"], whole["source"] = np.arange(len(whole)), "experiment, yields not known"
    whole["feed"] = feed_names(domain.feed)
    whole = whole[~domain.own]
    # an anchor whose experiment the domain does not have counts as one more experiment
    close = np.isclose(
        anchors[[*feed, *fixed]].to_numpy()[:, None],
        whole[[*feed, *fixed]].to_numpy(),
        rtol=1e-6,
        atol=1e-6,
    )
    same = (anchors["key"].to_numpy()[:, None] == whole["key"].to_numpy()) & close.all(axis=2)
    more = len(whole) + np.arange(len(anchors))
    anchors["experiment"] = np.where(same.any(axis=1), same.argmax(axis=1), more)
    rest = whole[~whole["experiment"].isin(anchors["experiment"])]
    return pd.concat(
        [anchors, rest.reindex(columns=anchors.columns).astype(anchors.dtypes)], ignore_index=True
    )


def _frame(table: TrainingTable, source: str) -> pd.DataFrame:
    frame = _numbers(cathode(), table.feed, table.continuous, table.yields)
    return frame.assign(
        key=pd.Series([structure_key(smiles) for smiles in table.smiles], dtype=object),
        feed=pd.Series(feed_names(table.feed), dtype=object),
        experiment=table.experiments,
        study=pd.array([pd.NA] * len(table), "Int64"),
        row=pd.array([pd.NA] * len(table), "Int64"),
        breaks_stoichiometry=pd.array(breaks(table), "boolean"),
        source=source,
    )


def _numbers(system: System, feed: Floats, continuous: Floats, yields: Floats) -> pd.DataFrame:
    """Return feeds, setpoints and yields of samples as columns, with the time that each stands for."""
    names = [*_feed(system), *system.names, *yields_of(system)]
    frame = pd.DataFrame(np.column_stack([feed, continuous, yields]), columns=names)
    if system.along is None:
        frame[_NO_TIME] = 0.0
    return frame.assign(first=frame[_along(system)])


def _system_frame(table: SystemTable) -> pd.DataFrame:
    """Return the rows of the table of a system of one's own as samples."""
    told = table.system.spec.groups.study is not None
    return _numbers(table.system, table.feed, table.continuous, table.yields).assign(
        key=pd.Series(table.keys, dtype=object),
        feed=pd.Series(table.feed_name, dtype=object),
        experiment=table.experiments,
        study=pd.array(table.studies + 1 if told else [pd.NA] * len(table), "Int64"),
        row=pd.array(table.rows, "Int64"),
        breaks_stoichiometry=pd.array([pd.NA] * len(table), "boolean"),
        source="row of the table",
    )


def _feed_names(surrogate: Surrogate, feed: Floats) -> list[str]:
    """Return the names of feeds by what describes them; of a system's own feeds, else ``own feed``."""
    if surrogate.system.is_cathode:
        return list(feed_names(feed))
    known = {tuple(one.place): name for name, one in surrogate.system.feeds.items()}
    return [known.get(tuple(place), "own feed") for place in feed.tolist()]


def _own_frame(surrogate: Surrogate, data: OwnData, first: int) -> pd.DataFrame:
    """Return own results as samples, their experiments numbered from ``first``."""
    return _numbers(surrogate.system, data.feed, data.continuous, data.yields).assign(
        key=data.acid.astype(object),
        feed=pd.Series(_feed_names(surrogate, data.feed), dtype=object),
        experiment=first + data.experiment,
        study=pd.array([pd.NA] * len(data), "Int64"),
        row=pd.array(np.arange(len(data)) + 1, "Int64"),
        breaks_stoichiometry=pd.array([pd.NA] * len(data), "boolean"),
        source=OWN,
    )


def domain_of(known: pd.DataFrame, like: Domain, system: System) -> Domain:
    """Return a domain that holds each sample as an experiment, with the scale and settings of another.

    Args:
        known: of `samples`.
        like: the other domain.
        system: what was leached.
    """
    acids, acid = np.unique(known["key"].to_numpy(dtype=str), return_inverse=True)
    return replace(
        like,
        acids=tuple(acids.tolist()),
        acid=acid.astype(np.intp),
        feed=known[_feed(system)].to_numpy(dtype=np.float64),
        fixed=known[fixed_of(system)].to_numpy(),
        # those that break stoichiometry count too, marked
        sound=np.ones(len(known), dtype=np.bool_),
        time=known[["first", _along(system)]].to_numpy(),
        own=(known["source"] == OWN).to_numpy(dtype=np.bool_),
    )
