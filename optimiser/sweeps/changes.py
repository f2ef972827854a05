"""Keys of a base that a sweep gives other values: where in the base's files each of them stands."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from optimiser._io.errors import InputError, closest
from optimiser._io.yamlfile import Document, Key
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.reagents import load_reagents
from optimiser.problem.constraints import Yields
from optimiser.problem.numbers import number
from optimiser.problem.schema import Problem, SearchSpec
from optimiser.process.parameters import process_parameters

#: Kinds of own tables that a sweep may give.
TABLES = ("acids", "prices", "impacts")
#: What a config may say instead of its problem.
_OF_BOTH = ("objectives", "constraints", "tolerances")
#: Stands for every metal that has a target.
ALL = "all"


@dataclass(frozen=True)
class Changed:
    """The files of a base with the values of one run.

    Attributes:
        config: the config's file.
        problem: its problem's file.
        tables: own tables by kind, as written.
        amounts: prices in EUR by substance.
    """

    config: Document
    problem: Document
    tables: Mapping[str, str] = field(default_factory=dict)
    amounts: Mapping[str, float] = field(default_factory=dict)


def changed(config: Document, problem: Document, changes: Mapping[str, Any]) -> Changed:
    """Return the files of a base with some keys set to other values.

    Args:
        config: of the base.
        problem: of its problem.
        changes: values by key: the keys of problems and configs with dots between their levels, such as
            ``variables.temperature``, ``constraints.yield.Li`` or ``search.population``;
            ``constraints.yield.all`` stands for every metal that has a target, ``prices.SUBSTANCE`` for a
            price in EUR, ``tables.prices`` for the path of a table. No value (null) leaves a key out.

    Raises:
        InputError: the base has no such key, or no such value; the key is told in ``key``, as a sweep says
            it, in one part.

    Examples:
        >>> from pathlib import Path
        >>> base = Document(Path("b.yaml"), "", {"constraints": [{"yield": {"Li": 0.6, "Co": 0.6}}]}, {})
        >>> found = changed(Document(Path("c.yaml"), "", {}, {}), base, {"constraints.yield.all": 0.9})
        >>> found.problem.data
        {'constraints': [{'yield': {'Li': 0.9, 'Co': 0.9}}]}
    """
    asked, said = copy.deepcopy(config.data), copy.deepcopy(problem.data)
    tables: dict[str, str] = {}
    amounts: dict[str, float] = {}
    for key, value in changes.items():
        top, *rest = parts_of(key)
        try:
            if top == "prices" and rest:
                amounts[".".join(rest)] = number(value)
            elif top == "tables" and rest in ([kind] for kind in TABLES):
                tables[rest[0]] = str(value)
            elif top == "search":
                _set(asked, [top, *rest], value)
            elif top in Problem.model_fields and top not in ("name", "description"):
                _set(asked if top in _OF_BOTH and top in asked else said, [top, *rest], value)
            else:
                raise InputError(f"The base has no key {key!r}.", allowed=", ".join(_tops()))
        except InputError as error:
            known = _known(said)
            remedy = error.remedy or closest(key, known) or "see docs/sweeps.md"
            raise InputError(error.what, allowed=error.allowed, remedy=remedy, key=(key,)) from None
    return Changed(replace(config, data=asked), replace(problem, data=said), tables, amounts)


def parts_of(key: str) -> list[str]:
    """Return the levels of a key; ``problem.`` and ``config.`` before it say nothing.

    Examples:
        >>> parts_of("problem.variables.temperature")
        ['variables', 'temperature']
    """
    parts = str(key).split(".")
    return parts[1:] if len(parts) > 1 and parts[0] in ("problem", "config") else parts


def concerns(key: str, place: Key) -> bool:
    """Return whether a place in a problem or config is what a key sets, or lies above or below it.

    Examples:
        >>> concerns("constraints.yield.all", ("constraints", 0, "yield", "Li"))
        True
    """
    levels = [part for part in parts_of(key) if part != ALL]
    names = [str(part) for part in place if not isinstance(part, int)]
    shared = min(len(levels), len(names))
    return shared > 0 and levels[:shared] == names[:shared]


def _tops() -> list[str]:
    of_problem = [name for name in Problem.model_fields if name not in ("name", "description")]
    return [*of_problem, "search", "prices.SUBSTANCE", *(f"tables.{kind}" for kind in TABLES)]


def _known(problem: Any) -> list[str]:
    """Return keys that a sweep may set, to find the closest to one that is unknown."""
    variables = problem.get("variables", {}) if isinstance(problem, dict) else {}
    names = [*variables, *Problem.model_fields["variables"].annotation.model_fields]  # type: ignore[union-attr]
    return [
        *_tops(),
        *(f"variables.{name}" for name in dict.fromkeys(names)),
        *(f"search.{name}" for name in SearchSpec.model_fields),
        *(f"process.{name}" for name in process_parameters({}).__dataclass_fields__),
        *(f"prices.{name}" for name in (*load_acids(), *load_reagents())),
        *("constraints.yield.all", "constraints.confidence", "constraints.joint"),
    ]


def _set(node: Any, parts: list[str], value: Any) -> None:
    """Set what lies below a mapping or a list; what is not there yet is made."""
    head, rest = parts[0], parts[1:]
    if isinstance(node, list):
        if head.isdigit() and int(head) < len(node):
            _set_item(node, int(head), rest, value)
        else:
            _set(_entry(node, head), parts, value)
    elif head == ALL and not rest and isinstance(node, dict):
        if not node:
            raise InputError(
                "The base has no yield targets that `all` could stand for.",
                remedy="name the metals: constraints.yield.Li and so on",
            )
        node.update(dict.fromkeys(node, value))
    elif isinstance(node, dict):
        _set_item(node, head, rest, value)
    else:
        raise InputError(
            f"{node!r} of the base has nothing called {head!r} in it.",
            remedy=f"set what lies above {head}, as a whole",
        )


def _set_item(node: Any, place: Any, rest: list[str], value: Any) -> None:
    if not rest:
        if value is None and isinstance(node, dict):
            node.pop(place, None)
        else:
            node[place] = copy.deepcopy(value)
        return
    if isinstance(node, dict) and node.get(place) is None:
        node[place] = {}
    if place == "feed" and isinstance(node[place], str):  # a name alone
        node[place] = {"name": node[place]}
    _set(node[place], rest, value)


def _entry(node: list[Any], head: str) -> Any:
    """Return the entry of a list that has a key; ``confidence`` and ``joint`` are of the yield targets."""
    for name in (head, *([Yields.key] if head in ("confidence", "joint") else [])):
        for entry in node:
            if isinstance(entry, dict) and name in entry:
                return entry
    node.append({})
    return node[-1]
