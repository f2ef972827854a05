"""Systems of one's own in Python: train the yield model of a table, and read what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimiser._io.environment import check_environment

if TYPE_CHECKING:
    from optimiser.training.system_skill import Answers


@dataclass(frozen=True, eq=False, repr=False)
class SystemModel:
    """The yield model of a system of one's own, as it was trained.

    Attributes:
        folder: of the artefact; a problem names it: ``Problem(surrogate=folder)``.
        transfer: how yields transfer to what is not in the table, in one sentence.
        notes: what was found in the table: rows left out, yields taken as 100 %, repeats.
        skill: accuracy of the default and its rivals on held-out data:
            ``skill[protocol][model]["overall"]["mae"]``, and ``["by"][response]``; yields are fractions.
    """

    folder: Path
    transfer: str
    notes: tuple[str, ...]
    skill: Answers

    def __repr__(self) -> str:
        return f"<SystemModel {str(self.folder)!r}>"

    @property
    def table(self) -> pd.DataFrame:
        """Mean absolute errors as fractions: a row for each model, a column for each protocol."""
        rows: dict[str, dict[str, Any]] = {}
        for protocol, by_model in self.skill.items():
            rows[protocol] = {model: told["overall"]["mae"] for model, told in by_model.items()}
        return pd.DataFrame(rows).rename_axis("model")


def train(
    system: str | Path,
    out: str | Path,
    *,
    table: str | Path | None = None,
    replace: bool = False,
    workers: int | None = None,
) -> SystemModel:
    """Train the yield model of a table of one's own, and write its artefact. Takes a minute or more.

    Args:
        system: the system's file, or the name of one that ships.
        out: folder to write.
        table: the table, if not where the system's file says.
        replace: whether an artefact that is there may be replaced.
        workers: processes that fit side by side; as many as there are processors if left out.

    Raises:
        InputError: the system's file or its table holds what it may not, or ``out`` is there already.
    """
    from optimiser._io.extras import needs

    needs("train")
    check_environment()
    from optimiser.report.system_card import system_card
    from optimiser.training.system_train import train_system

    done = train_system(
        system,
        Path(out),
        table=None if table is None else Path(table),
        overwrite=replace,
        workers=workers,
        page=system_card,
    )
    return SystemModel(done.folder, done.transfer, done.table.notes, done.answers)
