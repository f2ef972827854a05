"""Read problems and configs, and remember where each key came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from optimiser._io import builtin
from optimiser._io.errors import InputError, closest
from optimiser._io.yamlfile import Document, read_yaml, validate
from optimiser.problem.impacts import no_credit
from optimiser.problem.schema import (
    ConfigSpec,
    Problem,
    ReportSpec,
    SearchSpec,
    Source,
    check_constraints,
    check_objectives,
    no_impacts,
)
from optimiser.problem.system_schema import config_type, type_named
from optimiser.surrogate.packing import SHIPPED


@dataclass(frozen=True)
class Config:
    """A run as asked: a problem, how to search it and what to write.

    Attributes:
        name: what its report is called.
        problem: the question.
        search: population, generations, seeds.
        report: files to write.
        description: one sentence for the report.
        document: the file it was read from; None where there is none, or only that of the problem.
    """

    name: str
    problem: Problem
    search: SearchSpec = field(default_factory=SearchSpec)
    report: ReportSpec = field(default_factory=ReportSpec)
    description: str = ""
    document: Document | None = None


def load_problem(name: str | Path) -> Problem:
    """Read a problem by name or path.

    Args:
        name: of a built-in problem such as ``nmc111``, or the path of a YAML file.

    Raises:
        InputError: not found, not YAML, or not a valid problem; with file, line and key.

    Examples:
        >>> load_problem("nmc111").feed.name
        'NMC111'
    """
    document = read_yaml(builtin.find("problems", name))
    return _problem(document, type_of(document))


def _problem(document: Document, kind: type[Problem]) -> Problem:
    for part, error in (("impacts", no_impacts), ("credit", no_credit)):
        if isinstance(document.data, dict) and document.data.get(part, "") is None:
            raise document.located(error().at(part))
    problem = validate(kind, document)
    name = {} if "name" in problem.model_fields_set else {"name": document.path.stem}
    return problem.with_source(Source(document), **name)


def type_of(document: Document) -> type[Problem]:
    """Return the type of the problem in a file: that of the system of the yield model that it names."""
    data = document.data if isinstance(document.data, dict) else {}
    try:
        return type_named(data.get("surrogate"), data.get("variables"), document.path.parent)
    except InputError as error:
        where = document.where(("surrogate",))
        where = where if error.where == "surrogate" else f"{where}: {error.where}"
        raise InputError(error.what, where=where, allowed=error.allowed, remedy=error.remedy) from None


def load_config(name: str | Path) -> Config:
    """Read a config by name or path, and its problem; the problem may lie beside the config.

    A problem by name or path is a config, too: it is searched with the default settings.

    Raises:
        InputError: one of the two files is not found, not YAML, or not valid.

    Examples:
        >>> load_config("nmc111_cost_vs_recovery").problem.name
        'nmc111'
        >>> load_config("nmc111").search.population
        100
    """
    return config_of(*documents_of(name))


def documents_of(name: str | Path) -> tuple[Document | None, Document]:
    """Read the files of a config by name or path: its own, None of a problem alone, and that of its problem.

    Raises:
        InputError: one of the two files is not found, or not YAML.
    """
    document = read_yaml(_find(name))
    if _is_problem(document):
        return None, document
    named = document.data.get("problem") if isinstance(document.data, dict) else None
    if not isinstance(named, str):
        validate(ConfigSpec, document)  # says what is wrong with it
    try:
        path = builtin.find("problems", str(named), beside=document.path.parent)
    except InputError as error:
        raise InputError(
            error.what, where=document.where(("problem",)), allowed=error.allowed, remedy=error.remedy
        ) from None
    return document, read_yaml(path)


def config_of(document: Document | None, of_problem: Document, kind: type[Problem] | None = None) -> Config:
    """Return the config that a file and that of its problem make; a problem alone has the default search.

    Args:
        document: of the config, or None.
        of_problem: of the problem.
        kind: type of the problem, where it is known: found with its yield model otherwise.

    Raises:
        InputError: one of the two is not valid.
    """
    kind = kind or type_of(of_problem)
    if document is None:
        problem = _problem(of_problem, kind)
        return Config(of_problem.path.stem, problem, description=problem.description)
    spec = validate(config_type(kind), document)
    problem = _problem(of_problem, kind)
    overrides: dict[str, Any] = {
        name: value for name in ("objectives", "constraints") if (value := getattr(spec, name)) is not None
    }
    for part, check in (("objectives", check_objectives), ("constraints", check_constraints)):
        try:
            check(overrides.get(part, ()), type(problem).responses)
        except InputError as error:
            raise document.located(error.at(part)) from None
    if "tolerances" in spec.model_fields_set:  # None is `off`
        overrides["tolerances"] = spec.tolerances
    assert problem.source is not None
    problem = problem.with_source(Source(problem.source.problem, document), **overrides)
    return Config(document.path.stem, problem, spec.search, spec.report, spec.description, document)


def with_shipped_model(kind: Literal["problems", "configs"]) -> list[str]:
    """Return the names of the built-in problems or configs whose yield model ships, too.

    The others are of systems whose model a user trains first.

    Examples:
        >>> "nmc111" in with_shipped_model("problems"), "nodule" in with_shipped_model("problems")
        (True, False)
    """
    found = []
    for name in builtin.names(kind):
        data = read_yaml(builtin.find(kind, name)).data
        if kind == "configs":
            data = read_yaml(builtin.find("problems", data["problem"])).data
        if data.get("surrogate", SHIPPED) == SHIPPED:
            found.append(name)
    return found


def _find(name: str | Path) -> Path:
    found = None
    for kind in ("configs", "problems"):
        try:
            found = builtin.find(kind, name)
        except InputError:
            continue
        if found.is_file():
            return found
    if found is None:
        known = [*builtin.names("configs"), *builtin.names("problems")]
        raise InputError(
            f"There is no config or problem {str(name)!r}.",
            allowed="the path of a YAML file, or one of: " + ", ".join(known),
            remedy=closest(Path(name).stem, known) or "optimiser list configs, optimiser list problems",
        )
    return found  # a folder: whoever reads it says so


def _is_problem(document: Document) -> bool:
    """Say whether a file is a problem: it says what is leached, where a config names a problem."""
    data = document.data
    return (
        isinstance(data, dict)
        and "problem" not in data
        and bool(data.keys() & {"feed", "variables", "surrogate"})
    )
