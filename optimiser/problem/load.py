"""Read problems and configs, and remember where each key came from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.yamlfile import Document, read_yaml, validate
from optimiser.problem.schema import ConfigSpec, ProblemSpec


@dataclass(frozen=True)
class Question:
    """A problem as asked: its specification, and the files that say so.

    Attributes:
        name: file name of the problem without ``.yaml``.
        spec: the problem, with the config's objectives, constraints and tolerances where it overrides them.
        problem: the problem's file.
        config: the config's file, if the problem came through one.
    """

    name: str
    spec: ProblemSpec
    problem: Document
    config: Document | None = None

    def where(self, *key: str | int) -> str:
        """Return file, line and key of a part of the problem, in the file that really says it."""
        overriding = self.config is not None and (key[:1] in self.config.lines)
        document = self.config if overriding and self.config else self.problem
        return document.where(key)


@dataclass(frozen=True)
class RunConfig:
    """A config as asked: its specification, its file, and the question it runs."""

    name: str
    spec: ConfigSpec
    document: Document
    question: Question


def load_question(name: str | Path) -> Question:
    """Read a problem by name or path.

    Raises:
        InputError: not found, not YAML, or not a valid problem.
    """
    document = read_yaml(builtin.find("problems", name))
    return Question(document.path.stem, validate(ProblemSpec, document), document)


def load_config(name: str | Path) -> RunConfig:
    """Read a config by name or path, and its problem; the problem may lie beside the config.

    Raises:
        InputError: one of the two files is not found, not YAML, or not valid.
    """
    document = read_yaml(builtin.find("configs", name))
    spec = validate(ConfigSpec, document)
    try:
        path = builtin.find("problems", spec.problem, beside=document.path.parent)
    except InputError as error:
        raise InputError(
            error.what, where=document.where(("problem",)), allowed=error.allowed, remedy=error.remedy
        ) from None
    problem = read_yaml(path)
    overrides = {
        name: value for name in ("objectives", "constraints") if (value := getattr(spec, name)) is not None
    }
    if "tolerances" in spec.model_fields_set:  # None is `off`
        overrides["tolerances"] = spec.tolerances
    question = Question(
        problem.path.stem, validate(ProblemSpec, problem).model_copy(update=overrides), problem, document
    )
    return RunConfig(document.path.stem, spec, document, question)
