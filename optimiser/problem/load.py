"""Read problems and configs, and remember where each key came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.yamlfile import Document, read_yaml, validate
from optimiser.problem.schema import ConfigSpec, Problem, ReportSpec, SearchSpec, Source


@dataclass(frozen=True)
class Config:
    """A run as asked: a problem, how to search it and what to write.

    Attributes:
        name: what its report is called.
        problem: the question.
        search: population, generations, seeds.
        report: files to write.
        description: one sentence for the report.
        document: the file it was read from, or None.
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
    return _problem(read_yaml(builtin.find("problems", name)))


def _problem(document: Document) -> Problem:
    problem = validate(Problem, document)
    name = {} if "name" in problem.model_fields_set else {"name": document.path.stem}
    return problem.with_source(Source(document), **name)


def load_config(name: str | Path) -> Config:
    """Read a config by name or path, and its problem; the problem may lie beside the config.

    Raises:
        InputError: one of the two files is not found, not YAML, or not valid.

    Examples:
        >>> load_config("nmc111_cost_vs_recovery").problem.name
        'nmc111'
    """
    if str(name) in builtin.names("problems"):
        raise InputError(
            f"{str(name)!r} is a problem, and a config is wanted.",
            allowed=", ".join(builtin.names("configs")),
            remedy=f"name one of these, or write a file with the line `problem: {name}`",
        )
    document = read_yaml(builtin.find("configs", name))
    if isinstance(document.data, dict) and "feed" in document.data:
        raise InputError(
            f"{document.path} is a problem, and a config is wanted.",
            allowed="a file with `problem:`, and optionally `search:` and `report:`",
            remedy=f"write a file with the line `problem: {document.path.name}`, and give that",
        )
    spec = validate(ConfigSpec, document)
    try:
        path = builtin.find("problems", spec.problem, beside=document.path.parent)
    except InputError as error:
        raise InputError(
            error.what, where=document.where(("problem",)), allowed=error.allowed, remedy=error.remedy
        ) from None
    problem = _problem(read_yaml(path))
    overrides = {
        name: value for name in ("objectives", "constraints") if (value := getattr(spec, name)) is not None
    }
    if "tolerances" in spec.model_fields_set:  # None is `off`
        overrides["tolerances"] = spec.tolerances
    assert problem.source is not None
    problem = problem.with_source(Source(problem.source.problem, document), **overrides)
    return Config(document.path.stem, problem, spec.search, spec.report, spec.description, document)


def is_config(name: str) -> bool:
    """Say whether a name or path means a config: a config has the key ``problem``, a problem has ``feed``."""
    if name in builtin.names("configs"):
        return True
    if name in builtin.names("problems"):
        return False
    try:
        path = builtin.find("configs", name)
    except InputError as config_error:
        try:
            builtin.find("problems", name)
        except InputError:
            raise config_error from None
        return False
    content = read_yaml(path).data
    return not (isinstance(content, dict) and "feed" in content)
