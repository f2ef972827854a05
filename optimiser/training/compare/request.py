"""What `optimiser evaluate` is asked for: names to jobs, and options that do not go together refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from optimiser._io import builtin
from optimiser._io.errors import InputError, closest
from optimiser._io.output import check_writable
from optimiser.surrogate.artefact import Surrogate
from optimiser.surrogate.data import SHA256
from optimiser.surrogate.packing import SHIPPED
from optimiser.surrogate.training_table import TrainingTable
from optimiser.training.compare.feature_sets import COLUMNS
from optimiser.training.compare.rivals import Candidate, candidates
from optimiser.training.protocols import PROTOCOLS


@dataclass(frozen=True)
class Job:
    """One model with one feature set under one protocol."""

    model: Candidate
    protocol: str
    features: str

    @property
    def name(self) -> str:
        """Name of the model, with the feature set unless it is ``full``."""
        return self.model.name if self.features == "full" else f"{self.model.name}:{self.features}"

    @property
    def shipped(self) -> bool:
        """Whether the model is the one that ships."""
        return self.model.name == SHIPPED


def choose_jobs(models: str, protocols: str, features: str) -> tuple[Job, ...]:
    """Return the jobs of three comma lists, each of which may be ``all``.

    With ``all`` feature sets the shipped model comes once, with the features it ships with.

    Raises:
        InputError: an unknown name, or a feature set that a model does not take.
    """
    sets, known = _choose("feature set", features, COLUMNS), candidates()
    jobs = tuple(
        Job(known[model], protocol, name)
        for protocol in _choose("protocol", protocols, PROTOCOLS)
        for model in _choose("model", models, known)
        for name in sets
        if not (features == "all" and model == SHIPPED and name != "full")
    )
    for job in jobs:
        if job.shipped and job.features != "full":
            raise InputError(
                f"{SHIPPED} is the shipped default and sees its own features, not {job.features!r}.",
                allowed="--features full",
                remedy="compare feature sets with another model, e.g. --models gbr",
            )
    return jobs


def _choose(kind: str, names: str, known: Collection[str]) -> tuple[str, ...]:
    """Return the names of a comma list, each once; all that are known for ``all``."""
    if names == "all":
        return tuple(known)
    chosen = tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    allowed = ", ".join((*known, "all"))
    if not chosen:
        raise InputError(f"No {kind} is named.", allowed=allowed)
    for name in chosen:
        if name not in known:
            raise InputError(f"There is no {kind} {name!r}.", allowed=allowed, remedy=closest(name, known))
    return chosen


def check_one_fold(*, fold: int | None, refit: bool, ignored: Mapping[str, object]) -> None:
    """Refuse options that mean nothing beside ``--fold K``, which fits one fold again and compares.

    Args:
        fold: number of the fold, None where none is named.
        refit: whether ``--refit`` is given.
        ignored: options that do nothing beside it, by name; those that are None or False are not given.

    Raises:
        InputError: one of them is given, or ``--refit`` is not.
    """
    if fold is None:
        return
    if not refit:
        raise InputError(
            "--fold fits one fold again and compares it with the stored predictions; it needs --refit.",
            where="--fold",
            remedy="add --refit",
        )
    _refuse_beside("--fold", "only compares one fold with the stored predictions", ignored)


def check_selected(jobs: Sequence[Job], ignored: Mapping[str, object]) -> None:
    """Refuse what means nothing beside ``--selected``, which replays selection with calibrated yields.

    Args:
        jobs: what is asked for.
        ignored: options that do nothing beside it, by name; those that are None or False are not given.

    Raises:
        InputError: one of them is given, or a model without calibrated probabilities.
    """
    _refuse_beside("--selected", "replays selection among stored predictions", ignored)
    other = next((job.name for job in jobs if not job.shipped), None)
    if other is not None:
        raise InputError(
            f"{other} promises nothing: it is compared without calibrated probabilities.",
            where="--models, --selected",
            allowed=SHIPPED,
            remedy="leave --models out",
        )


def _refuse_beside(option: str, does: str, ignored: Mapping[str, object]) -> None:
    given = [name for name, value in ignored.items() if value not in (None, False)]
    if given:
        raise InputError(
            f"{option} {does}; {given[0]} does nothing beside it.",
            where=", ".join(given),
            remedy=f"leave {' and '.join(given)} out, or leave {option} out",
        )


def check_card(
    jobs: Sequence[Job],
    folder: Path | None,
    table: TrainingTable,
    surrogate: Surrogate,
    option: str = "--card",
) -> None:
    """Refuse to write figures into the shipped model's card, or beside it, that are not the shipped model's.

    Args:
        jobs: what is asked for.
        folder: of stored predictions, where one is given.
        table: that is asked for.
        surrogate: whose card it is.
        option: that asks for it.

    Raises:
        InputError: other models, protocols or features, another folder, or another table.
    """
    asked = {(job.model.name, job.protocol, job.features) for job in jobs}
    if asked != {(SHIPPED, protocol, "full") for protocol in PROTOCOLS}:
        raise InputError(
            "The card describes the shipped default under all protocols.",
            where=option,
            remedy="leave --models, --protocol and --features out",
        )
    if folder is not None:
        raise InputError(
            "The card describes what ships, not what is stored in another folder.",
            where="--card, --folds",
            remedy="leave --folds out, or --card",
        )
    trained = surrogate.card["training"]["sha256"]
    if table.sha256 != trained:
        raise InputError(
            f"The card describes {surrogate.name}, which was not fitted on this table.",
            where=str(table.path),
            allowed=f"the table with sha256 {trained}",
            remedy=f"leave --table out, or {option}; `optimiser train --table` writes a card of its own",
        )


def shipped_folder() -> Path:
    """Return the folder of the rivals' stored predictions that ship."""
    return builtin.folder("models") / "folds"


def choose_store(folder: Path | None, table: TrainingTable, *, write: bool) -> Path:
    """Return the folder of stored predictions: the one given, else the one that ships.

    Args:
        folder: the one given.
        table: whose predictions.
        write: whether they are to be written there; otherwise it must exist.

    Raises:
        InputError: predictions for another table than the published one would be written among those that
            ship; the folder is a file, does not exist, or cannot be written.
    """
    if folder is not None and folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is not a folder.", where="--folds", remedy="give a folder")
    if folder is not None and not write and not folder.exists():
        raise InputError(
            f"The folder {folder} does not exist, so nothing is stored in it.",
            where="--folds",
            remedy="check the path; add --refit to fit, and store there",
        )
    if folder is None and write and table.sha256 != SHA256:
        raise InputError(
            "Fold predictions of this table would replace those of the published one.",
            where=str(table.path),
            remedy="say where to keep them: --folds FOLDER",
        )
    found = folder or shipped_folder()
    if write:
        check_writable(found, "say where to keep them: --folds FOLDER", inside=True)
    return found
