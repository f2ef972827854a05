"""The runs of a sweep, each checked and with its key, and what workers need to make them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from optimiser import __version__
from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.reading import MOST_TABLE, check_readable, read_bytes
from optimiser._io.yamlfile import Document
from optimiser.problem.load import Config, config_of, documents_of
from optimiser.problem.schema import Problem
from optimiser.problem.system_schema import problem_type
from optimiser.process.parameters import process_parameters
from optimiser.surrogate.artefact import Surrogate, load_surrogate
from optimiser.surrogate.packing import SHIPPED
from optimiser.sweeps.changes import TABLES, changed, concerns
from optimiser.sweeps.identity import run_key
from optimiser.sweeps.spec import Sweep
from optimiser.systems.system import System
from optimiser.tables.own import OwnTables, impacts_of, own_tables, tables_of
from optimiser.tables.read import split_source

#: Bytes of tables and models of one's own that a sweep sends to its workers, at most.
_MOST_SENT = 200_000_000


@dataclass(frozen=True)
class Job:
    """One run to be made: its key, and what it changes of the base."""

    key: str
    changes: Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """One run as it is bound.

    Attributes:
        config: what is asked.
        tables: the user's own tables that count for it.
        surrogate: its yield model.
        named: how the user names the files that were unpacked elsewhere, by the problem's key.
    """

    config: Config
    tables: OwnTables | None
    surrogate: Surrogate
    named: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Base:
    """What all runs of a sweep start from; it goes to every worker once.

    Attributes:
        config: the base's file; that of its problem where the base is one.
        problem: its problem's file.
        files: content of the user's tables and yield models, by a path inside the worker's folder.
        places: the paths of these by kind and by how a run names them.
        version: of the program.
    """

    config: Document
    problem: Document
    files: Mapping[str, bytes] = field(default_factory=dict)
    places: Mapping[tuple[str, str], str] = field(default_factory=dict)
    version: str = __version__


class Reader:
    """Turns the changes of a run into its question; models and tables that runs share are read once.

    Args:
        base: what the runs start from.
        folder: in which the base's files are unpacked; None where they are the user's own.
        found: where tables lie that the sweep names by relative paths.
    """

    def __init__(self, base: Base, folder: Path | None = None, found: Callable[[str], str] = str) -> None:
        self.base = base
        self.folder = folder
        self._found = found
        self._models: dict[str, Surrogate] = {}
        self._tables: dict[str, OwnTables | None] = {}

    def read(self, changes: Mapping[str, Any]) -> Question:
        """Return the question of a run.

        Raises:
            InputError: the base has no such key, or a value is not possible.
        """
        asked = changed(self.base.config, self.base.problem, changes)
        config, problem, named = asked.config, asked.problem, dict[str, str]()
        if self.folder is not None:
            data = dict(problem.data)
            for kind in ("surrogate", "impacts"):
                if (place := self.base.places.get((kind, str(data.get(kind))))) is not None:
                    named[kind], data[kind] = str(data[kind]), str(self.folder / place)
            problem = replace(problem, path=self.folder / problem.path.name, data=data)
        model = self._model(problem)
        of_system: type[Problem] = Problem if model.system.is_cathode else problem_type(model.system)
        found = config_of(config, problem, of_system)
        process_parameters(found.problem.process)
        return Question(found, self._tables_of(found.problem, asked.tables, asked.amounts), model, named)

    def _model(self, problem: Document) -> Surrogate:
        name = problem.data.get("surrogate", SHIPPED)
        if not isinstance(name, str):
            raise InputError(f"{name!r} is no yield model.", key=("surrogate",), allowed="its name or path")
        if name not in self._models:
            try:
                self._models[name] = load_surrogate(name, beside=problem.path.parent)
            except InputError as error:
                raise error.at("surrogate") from None
        return self._models[name]

    def path_of(self, kind: str, written: str) -> Path:
        """Return where a table of the user lies."""
        if self.folder is not None:
            return self.folder / self.base.places[kind, written]
        return Path(self._found(written))

    def _path(self, kind: str, written: str) -> Path:
        path = self.path_of(kind, written)
        try:
            check_readable(split_source(path)[0], MOST_TABLE, allowed=f"a table of {kind}")
        except InputError as error:
            raise error.at("tables", kind) from None
        return path

    def _tables_of(
        self, question: Problem, files: Mapping[str, str], amounts: Mapping[str, float]
    ) -> OwnTables | None:
        energies = {key: repr(question.process.get(key)) for key in ("electricity", "heat")}
        acids = {name: acid.model_dump(mode="json") for name, acid in question.acids.items()}
        about = json.dumps([acids, energies, question.impacts, dict(files), dict(amounts)])
        if about not in self._tables:
            paths = [self._path(kind, files[kind]) if kind in files else None for kind in TABLES]
            read = own_tables(question, *paths, amounts=amounts) if amounts else tables_of(question, *paths)
            self._tables = {about: read, **dict([*self._tables.items()][:63])}
        return self._tables[about]


@dataclass(frozen=True)
class Plan:
    """The runs of a sweep.

    Attributes:
        sweep: as asked.
        base: what all runs start from.
        keys: the key of each run, in the order of the sweep; equal ones are the same run.
        objectives: metrics of the first run's objectives.
        directions: of each, ``minimise`` or ``maximise``.
        system: that the first run is about.
    """

    sweep: Sweep
    base: Base
    keys: tuple[str, ...]
    objectives: tuple[str, ...]
    directions: tuple[str, ...]
    system: System

    @property
    def jobs(self) -> list[Job]:
        """Every run once, those of one feed and the same acids together: they share what is compiled."""
        jobs = {k: Job(k, changes) for k, changes in zip(self.keys, self.sweep.runs, strict=True)}
        compiled = [
            key
            for key in self.sweep.varied
            if concerns(key, ("feed",)) or concerns(key, ("variables", "acid"))
        ]
        return sorted(
            jobs.values(), key=lambda job: json.dumps([job.changes[key] for key in compiled], default=str)
        )


def plan(sweep: Sweep, progress: Callable[[int, int], None] | None = None) -> Plan:
    """Check every run of a sweep, and give each its key.

    Args:
        sweep: as `read_sweep` returns it.
        progress: told how many runs of how many are checked.

    Raises:
        InputError: the base is wrong; it has no such key; a value is not possible; a table or a yield model
            cannot be read. With the sweep's file and line where that is what says it.
    """
    beside = sweep.document.path.parent / sweep.spec.base
    try:
        config, problem = documents_of(beside if beside.is_file() else sweep.spec.base)
    except InputError as error:
        where = error.where or sweep.document.where(("base",))
        raise InputError(error.what, where=where, allowed=error.allowed, remedy=error.remedy) from None
    if config is None:  # a problem alone, searched with the default settings
        config = Document(problem.path, "", {"problem": str(problem.path)}, {})
    base = Base(config, problem)
    reader = Reader(base, found=lambda written: _beside(sweep, written))
    keys, objectives, system = [], None, None
    files, places = dict[str, bytes](), dict[tuple[str, str], str]()
    for number, changes in enumerate(sweep.runs, start=1):
        try:
            asked = reader.read(changes)
            _send(asked, changed(config, problem, changes), reader, files, places)
        except InputError as error:
            raise _told(error, sweep, changes, number) from None
        keys.append(run_key(asked.config, asked.tables, asked.surrogate))
        objectives = objectives or asked.config.problem.objectives
        system = system or asked.surrogate.system
        if progress is not None:
            progress(number, len(sweep.runs))
    assert objectives is not None and system is not None
    config, problem = (replace(document, text="", lines={}) for document in (config, problem))
    return Plan(
        sweep,
        Base(config, problem, files, places),
        tuple(keys),
        tuple(o.metric for o in objectives),
        tuple(o.verb for o in objectives),
        system,
    )


def _beside(sweep: Sweep, written: str) -> str:
    """Return the path of a table: beside the sweep's file, or from the working folder."""
    beside = sweep.document.path.parent / written
    return str(beside if split_source(beside)[0].is_file() else written)


def _send(
    asked: Question, said: Any, reader: Reader, files: dict[str, bytes], places: dict[tuple[str, str], str]
) -> None:
    """Add the user's tables and the yield model of a run to what is sent to workers."""
    given = {(kind, written): str(reader.path_of(kind, written)) for kind, written in said.tables.items()}
    impacts = impacts_of(asked.config.problem)
    if impacts is not None:
        given["impacts", str(said.problem.data["impacts"])] = impacts
    for place, source in given.items():
        if place not in places:
            path, sheet = split_source(source)
            inside = f"tables/{len(places)}/{path.name}"
            files[inside] = read_bytes(path, MOST_TABLE)
            places[place] = inside + (f"#{sheet}" if sheet else "")
    named = ("surrogate", str(said.problem.data.get("surrogate", SHIPPED)))
    model = asked.surrogate
    if named not in places and not _ships(model.path):
        inside = f"yield_models/{len(places)}/{model.path.name}"
        places[named] = inside
        files |= _content(model.path, inside)
        base = model.card.get("site", {}).get("base", {}).get("path")
        if base is not None and ".." in Path(base).parts:
            raise InputError(
                f"The base of the site model lies at {base}, which cannot be sent to workers.",
                key=("surrogate",),
                remedy="learn again with --base and a name, or a path without ..",
            )
        if base is not None and not Path(base).is_absolute():
            folder = load_surrogate(base, beside=reader.base.problem.path.parent).path
            if not _ships(folder):
                files |= _content(folder, f"{base}" if "/" in str(base) else f"models/{base}")
    if sum(map(len, files.values())) > _MOST_SENT:
        raise InputError(
            "The tables and yield models of this sweep are too large to be sent to workers.",
            allowed=f"{_MOST_SENT / 1e6:,.0f} MB in all",
        )


def _ships(folder: Path) -> bool:
    return folder.resolve().is_relative_to(builtin.folder("models").resolve())


def _content(folder: Path, inside: str) -> dict[str, bytes]:
    return {
        f"{inside}/{path.name}": read_bytes(path, MOST_TABLE)
        for path in sorted(folder.iterdir())
        if path.is_file()
    }


def _told(error: InputError, sweep: Sweep, changes: Mapping[str, Any], number: int) -> InputError:
    """Return an error with the line of the sweep that gives the value."""
    place = error.key or tuple(error.where.split("."))
    said = [key for key in changes if place == (key,)]  # in the sweep's own words
    said += sorted((key for key in changes if concerns(key, place)), key=len, reverse=True)
    if said:
        where = sweep.where(said[0], changes[said[0]])
        where += f" (run {number})" if sweep.of_csv(said[0]) else ""
    else:
        where = f"{error.where or sweep.document.path} (run {number})"
    return InputError(error.what, where=where, allowed=error.allowed, remedy=error.remedy)
