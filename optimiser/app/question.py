"""The question that the page asks: a problem as plain JSON, with prices and impact factors that differ.

It becomes the text of a problem's file, which the project's own loaders read, so that errors name its keys.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.yamlfile import Document, parse_yaml, read_yaml
from optimiser.app.jobs import HERE
from optimiser.app.workspace import Workspace, check_name
from optimiser.chemistry.impacts import CLIMATE
from optimiser.chemistry.metals import METALS
from optimiser.chemistry.reagents import ENERGIES
from optimiser.problem.load import config_of, with_shipped_model
from optimiser.problem.numbers import number
from optimiser.problem.schema import Problem
from optimiser.surrogate.artefact import known_artefacts
from optimiser.surrogate.packing import SHIPPED

#: Files of a job beside its report: the problem, and prices and factors that differ from the known ones.
PROBLEM, PRICES, FACTORS, SEARCH = "problem.yaml", "prices.yaml", "impacts.yaml", "search.yaml"
#: How hard is searched behind a question: enough to come near the full answer, and soon over.
_EFFORT = {"population": 60, "generations": 40, "seeds": [1], "per_acid": 16}
#: Characters of a question as text.
_MOST = 200_000
_PARTS = ("problem", "prices", "factors")
#: An element and how much of it, in a formula such as LiNi0.6Mn0.2Co0.2O2.
_ELEMENT = re.compile(r"([A-Z][a-z]?)(\d*\.?\d*)")


@dataclass(frozen=True)
class Posed:
    """A question of the page.

    Attributes:
        problem: as read from ``text``.
        text: of the problem's file.
        prices: EUR per kg of an acid's stock, kg of a pure reagent, or kWh, of what differs.
        factors: climate change in kg CO2-eq per kg of a pure substance or kWh, of what differs.
    """

    problem: Problem
    text: str
    prices: Mapping[str, float]
    factors: Mapping[str, float]

    @property
    def files(self) -> dict[str, str]:
        """The files that the question's commands read, by name."""
        found = {PROBLEM: self.text, SEARCH: _yaml({"problem": PROBLEM, "search": _EFFORT})}
        if self.prices:
            acids = {name: {"value": value, "per": self._per(name)} for name, value in self.prices.items()}
            found[PRICES] = _yaml({"currency": "EUR", "prices": acids})
        if self.factors:
            told = {CLIMATE: {"unit": "kg CO2 eq/kg", "factors": dict(self.factors)}}
            found[FACTORS] = _yaml({"impacts": told})
        return found

    def _per(self, name: str) -> str:
        from optimiser.chemistry.reagents import load_reagents

        return "kWh" if name in ENERGIES else "kg pure" if name in load_reagents() else "kg stock"

    @property
    def ask(self) -> tuple[str, ...]:
        """The arguments of ``optimiser`` that give the full answer; what the file says is left to the file.

        An option would count instead of what somebody changes in the file later.
        """
        found = ["ask", f"{HERE}/{PROBLEM}"]
        found += [f"--price={name}={price:.15g}" for name, price in self.prices.items()]
        found += [f"--impacts={HERE}/{FACTORS}"] if self.factors else []
        return (*found, f"--out={HERE}/report")

    @property
    def run(self) -> tuple[str, ...]:
        """The arguments of ``optimiser`` that search the trade-off."""
        found = ["run", f"{HERE}/{SEARCH}"]
        found += [f"--prices={HERE}/{PRICES}"] if self.prices else []
        found += [f"--impacts={HERE}/{FACTORS}"] if self.factors else []
        return (*found, f"--out={HERE}/report")

    @property
    def command(self) -> str:
        """The command of the full answer, as it is typed beside these files."""
        return shlex.join(["optimiser", *(part.replace(f"{HERE}/", "") for part in self.ask)])


def posed(asked: Mapping[str, Any]) -> Posed:
    """Return the question that a page asks.

    Args:
        asked: ``problem`` as the plain data of a problem's file, whose feed may have a ``formula``;
            ``prices`` and ``factors`` by name.

    Raises:
        InputError: whatever a problem's file, a price or a factor can have wrong, with its key.
    """
    if not isinstance(asked.get("problem"), dict):
        raise InputError(
            "This is no question.", allowed=", ".join(_PARTS), remedy="load the page again, or reset it"
        )
    data = dict(asked["problem"])
    if isinstance(data.get("feed"), dict) and "formula" in data["feed"]:
        data["feed"] = _of_formula(data["feed"])
    _check_names(data)
    if isinstance(data.get("variables"), dict) and data["variables"].get("acid") == []:
        raise InputError("No acid is chosen.", key=("variables", "acid"), remedy="choose at least one")
    text = _yaml(data)
    if len(text) > _MOST:
        raise InputError(f"The question is longer than {_MOST} characters.", remedy="leave some of it out")
    problem = config_of(None, parse_yaml(text, Path(PROBLEM))).problem
    prices, factors = (_numbers(part, asked.get(part)) for part in ("prices", "factors"))
    if factors and problem.impacts is not None:
        raise InputError(
            "The problem has its own table of impacts, whose factors count.",
            key=("factors",),
            remedy="reset the factors here, or take `impacts` out of the problem",
        )
    return Posed(problem, text, prices, factors)


def lenient(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return a question without what may not fit another feed: its targets, limits, prices and factors.

    What the form offers follows from it even where the question itself is refused.
    """
    problem = dict(asked["problem"]) if isinstance(asked.get("problem"), dict) else None
    variables = None if problem is None else problem.get("variables")
    if problem is None or not isinstance(variables, dict) or "acid" not in variables:
        return {"problem": problem}  # of a system of one's own all parts count
    free = {"objectives": [{"maximise": "recovery"}], "constraints": [{"applicability_domain": "off"}]}
    return {"problem": {**problem, **free}}


def loaded(name: str) -> dict[str, Any]:
    """Return a problem that ships as plain data.

    Raises:
        InputError: there is none of that name whose yield model ships, too.
    """
    known = with_shipped_model("problems")
    if name not in known:
        raise InputError(f"There is no problem {name[:60]!r}.", allowed=", ".join(known))
    return _plain(read_yaml(builtin.find("problems", name)))


def dropped(workspace: Workspace, upload: str) -> dict[str, Any]:
    """Return the problem of a YAML file that was dropped as plain data.

    Raises:
        InputError: whatever is wrong in it, with its line; it names a file instead of a name.
    """
    document = read_yaml(workspace.uploaded(upload))
    if isinstance(document.data, dict):
        _check_names(document.data)
    return _plain(document)


def _plain(document: Document) -> dict[str, Any]:
    """Return the data of a problem's file, which is checked."""
    config_of(None, document)
    told: dict[str, Any] = json.loads(json.dumps(document.data, default=str))
    return told


def _yaml(data: Mapping[str, Any]) -> str:
    text: str = yaml.safe_dump(dict(data), sort_keys=False, allow_unicode=True)
    return text


def _check_names(data: Mapping[str, Any]) -> None:
    """Refuse paths: yield models and tables of impacts are those that the app's folder has."""
    surrogate, known = data.get("surrogate", SHIPPED), known_artefacts()
    if not isinstance(surrogate, str) or surrogate not in known:
        raise InputError(
            f"There is no yield model {str(surrogate)[:60]!r} here.",
            key=("surrogate",),
            allowed=", ".join(known),
            remedy="train or learn one first",
        )
    if data.get("impacts") is not None:
        check_name(str(data["impacts"]), "a table of impacts", "impacts")


def _numbers(part: str, given: Any) -> dict[str, float]:
    if given is not None and not isinstance(given, dict):
        raise InputError(f"The {part} are not told by name.", key=(part,))
    return {
        check_name(str(name), f"one of the {part}", part): number(value, key=(part, str(name)))
        for name, value in (given or {}).items()
    }


def _of_formula(feed: Mapping[str, Any]) -> dict[str, Any]:
    """Return a feed with the composition of its formula, per mol of lithium.

    Examples:
        >>> _of_formula({"formula": "LiNi0.6Mn0.2Co0.2O2"})
        {'name': 'LiNi0.6Mn0.2Co0.2O2', 'Ni': 0.6, 'Mn': 0.2, 'Co': 0.2, 'oxygen': 2.0}
    """
    formula = str(feed["formula"]).replace(" ", "")
    parts = _ELEMENT.findall(formula)
    wrong = InputError(
        f"{formula[:60]!r} is no formula of a cathode.",
        key=("feed", "formula"),
        allowed=f"Li, {', '.join(METALS[1:])} and O, each with its number",
        remedy="write e.g. LiNi0.6Mn0.2Co0.2O2",
    )
    if not parts or "".join(name + n for name, n in parts) != formula or "." in (n for _, n in parts):
        raise wrong
    amounts: dict[str, float] = {}
    for name, n in parts:
        if name not in (*METALS, "O") or name in amounts:
            raise wrong
        amounts[name] = float(n or 1)
    lithium = amounts.pop("Li", 0.0)
    if lithium <= 0.0:
        raise wrong
    oxygen = {"oxygen": amounts.pop("O") / lithium} if "O" in amounts else {}
    metals = {metal: amounts[metal] / lithium for metal in METALS if metal in amounts}
    rest = {key: value for key, value in feed.items() if key not in ("formula", "name")}
    return {"name": formula, **metals, **oxygen, **rest}
