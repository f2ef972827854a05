"""Schemas of problems/*.yaml and configs/*.yaml."""

from __future__ import annotations

import contextlib
import math
import re
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from optimiser._io.errors import InputError, closest
from optimiser._io.yamlfile import Real, Whole
from optimiser.chemistry.acids import MOST_ACIDS, AcidOverrides
from optimiser.chemistry.feeds import Feed, find_feed
from optimiser.chemistry.metals import METALS, MetalName
from optimiser.problem.objectives import METRICS
from optimiser.problem.tolerances import DEFAULT, Tolerances
from optimiser.variables import CONTINUOUS, VARIABLES


class Strict(BaseModel):
    """Frozen, and any key that is not in the schema is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _number(value: Any) -> Any:
    if isinstance(value, str) and "e" in value.lower():
        # YAML 1.1 reads 1e-3, which lacks a point, as text
        with contextlib.suppress(ValueError):
            value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{value!r} is not a number.", allowed="a number without its unit")
    return float(value)


Number = Annotated[float, BeforeValidator(_number)]


def _range(value: Any) -> Any:
    """A range is [low, high]; a single number fixes the variable."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (float(value), float(value))
    if not isinstance(value, list) or len(value) != 2:
        raise InputError(
            f"{value!r} is not a range.", allowed="[low, high], or one number to fix the variable"
        )
    low, high = (_number(v) for v in value)
    if not low <= high:
        raise InputError(
            f"The range is empty: its low end {low:g} is above its high end {high:g}.",
            allowed="[low, high] with low <= high",
            remedy="exchange the two",
        )
    return (low, high)


Range = Annotated[tuple[float, float], BeforeValidator(_range)]


class VariablesSpec(Strict):
    """The decision variables: acids to choose from, and a range for each continuous variable."""

    acid: tuple[str, ...] = Field(min_length=1, max_length=MOST_ACIDS)
    temperature: Range
    acid_concentration: Range
    h2o2: Range
    solid_liquid_ratio: Range
    time: Range

    @field_validator("acid", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("acid")
    @classmethod
    def _no_duplicates(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({a for a in value if value.count(a) > 1})
        if twice:
            raise ValueError(f"acid {twice[0]!r} is listed twice; list each acid once")
        return value

    @field_validator(*CONTINUOUS)
    @classmethod
    def _within_physics(cls, value: tuple[float, float], info: Any) -> tuple[float, float]:
        variable = next(v for v in VARIABLES if v.name == info.field_name)
        if value[0] < variable.low or value[1] > variable.high:
            raise InputError(
                f"{variable.label.capitalize()} from {value[0]:g} to {value[1]:g} {variable.unit} "
                "is outside what is physically possible.",
                allowed=f"{variable.low:g} to {variable.high:g} {variable.unit}",
                remedy=f"check the unit: {variable.name} is in {variable.unit}",
            )
        return value


def _known_metric(name: str) -> str:
    if name not in METRICS:
        raise InputError(
            f"There is no objective {name!r}.",
            allowed=", ".join(METRICS),
            remedy=closest(name, METRICS) or "optimiser list objectives",
        )
    return name


MetricName = Annotated[str, BeforeValidator(lambda v: _known_metric(str(v)))]


class ObjectiveSpec(Strict):
    """Exactly one of ``minimise: METRIC`` and ``maximise: METRIC``."""

    minimise: MetricName | None = None
    maximise: MetricName | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> ObjectiveSpec:
        if (self.minimise is None) == (self.maximise is None):
            raise ValueError("an objective is one of `minimise: METRIC` and `maximise: METRIC`")
        return self

    @property
    def metric(self) -> str:
        """Name in the registry."""
        return self.minimise or self.maximise or ""

    @property
    def sign(self) -> float:
        """Factor that turns the metric into something to minimise."""
        return 1.0 if self.minimise else -1.0


def _fraction(value: Any) -> float:
    target = _number(value)
    if not 0.0 < target <= 1.0:
        raise InputError(
            f"A yield target of {target:g} is not possible.",
            allowed="above 0, at most 1",
            remedy="yields are fractions: 90 % is 0.9",
        )
    return float(target)


Target = Annotated[float, BeforeValidator(_fraction)]


def _off(value: Any) -> Any:
    if value is None:
        raise InputError("The value is missing.", remedy="write a value, `off`, or leave the key out")
    # YAML reads a bare `off` as False
    return None if value is False or value == "off" else value


Off = BeforeValidator(_off)


#: Share of the domain's limit up to which a design is inside.
INSIDE = 1.0


def _domain(value: Any) -> Any:
    """Read ``inside``, ``off``, or a share of the domain's limit such as 1.5."""
    if value is False or value == "off":
        return None
    if value == "inside":
        return INSIDE
    allowed = "`inside`, `off`, or a share of the domain's limit from 0.5 to 10 (1 is `inside`)"
    try:
        share = _number(value)
    except InputError:
        raise InputError(f"{value!r} is no setting of the domain.", allowed=allowed) from None
    if not 0.5 <= share <= 10.0:
        raise InputError(f"A share of {share:g} of the domain's limit is not possible.", allowed=allowed)
    return share


Domain = Annotated[float | None, BeforeValidator(_domain)]


class ConstraintSpec(Strict):
    """One entry of ``constraints:``; a limit set to ``off`` is not held.

    ``yield`` is the least fraction leached by metal: with ``confidence`` each target holds with that
    calibrated probability; without it, the expected yields count. The limits that are not listed keep their
    defaults.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    yields: dict[MetalName, Target] | None = Field(default=None, alias="yield")
    confidence: Annotated[Number, Field(ge=0.5, lt=1)] | None = None
    applicability_domain: Domain = INSIDE
    proton_balance: Annotated[Annotated[Number, Field(gt=0, le=10)] | None, Off] = 1.1
    stock_strength: Annotated[Annotated[Number, Field(ge=0, le=1)] | None, Off] = 0.0
    solubility: Annotated[Annotated[Number, Field(gt=0, le=1)] | None, Off] = 1.0
    boiling: Annotated[Annotated[Number, Field(ge=0, le=80)] | None, Off] = 0.0
    slurry: Annotated[Annotated[Number, Field(gt=0, lt=1)] | None, Off] = 0.3

    @model_validator(mode="after")
    def _one_constraint(self) -> ConstraintSpec:
        given = self.model_fields_set - {"confidence"}
        if len(given) != 1:
            raise ValueError("one constraint per list item, e.g. `- proton_balance: 1.1`")
        if "confidence" in self.model_fields_set and given != {"yields"}:
            raise ValueError("`confidence` belongs to a `yield` constraint")
        return self

    @property
    def name(self) -> str:
        """The constraint that this entry sets."""
        return next(iter(self.model_fields_set - {"confidence"}))


def _each_constraint_once(value: tuple[ConstraintSpec, ...]) -> tuple[ConstraintSpec, ...]:
    names = [c.name for c in value]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise ValueError(f"constraint {twice[0]!r} is given twice; give it once")
    return value


def _each_objective_once(value: tuple[ObjectiveSpec, ...]) -> tuple[ObjectiveSpec, ...]:
    names = [o.metric for o in value]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise ValueError(f"objective {twice[0]!r} is given twice; give it once")
    return value


_SHARE = re.compile(r"\s*([0-9.eE+-]+)\s*%\s*")
_WIDTHS = "a number in the variable's unit, or a share of the setpoint such as `5 %` (below 100 %)"


def _half_width(value: Any) -> HalfWidth:
    """Read a tolerance: ``2`` in the variable's unit, or ``5 %`` of the setpoint."""
    if isinstance(value, HalfWidth):
        return value
    share = _SHARE.fullmatch(value) if isinstance(value, str) else None
    try:
        width = float(share[1]) / 100.0 if share else _number(value)
    except (ValueError, InputError):
        raise InputError(
            f"{value!r} is not a tolerance.",
            allowed=_WIDTHS,
            remedy="write e.g. `temperature: 2`, `time: 5 %`",
        ) from None
    if not 0.0 <= width < (1.0 if share else math.inf):
        raise InputError(
            f"A tolerance of {value} is not possible.", allowed=f"0 or more: {_WIDTHS}", remedy="0 for none"
        )
    return HalfWidth(0.0, width) if share else HalfWidth(width, 0.0)


class HalfWidth(NamedTuple):
    """Half-width of a tolerance: so much in the variable's unit, and so much of the setpoint."""

    absolute: float
    relative: float


Width = Annotated[HalfWidth | None, BeforeValidator(_half_width)]


class TolerancesSpec(Strict):
    """How exactly the plant holds each setpoint; those left out have their defaults.

    ``robust: p10`` counts the tenth percentile of a yield over the tolerances instead of its mean.
    """

    temperature: Width = None
    acid_concentration: Width = None
    h2o2: Width = None
    solid_liquid_ratio: Width = None
    time: Width = None
    robust: Literal["p10"] | None = None

    def tolerances(self) -> Tolerances:
        """Return the tolerances that these settings stand for."""
        default = zip(DEFAULT.absolute, DEFAULT.relative, strict=True)
        widths = [
            getattr(self, name) or HalfWidth(*usual) for name, usual in zip(CONTINUOUS, default, strict=True)
        ]
        absolute, relative = zip(*widths, strict=True)
        return Tolerances(absolute, relative, None if self.robust is None else 0.1)


def _tolerances(value: Any) -> Any:
    if isinstance(value, TolerancesSpec | dict) or value is None:
        return value
    raise InputError(
        f"{value!r} is not a set of tolerances.",
        allowed="`off`, or a half-width for some of " + ", ".join(CONTINUOUS),
        remedy="write e.g. `tolerances: {temperature: 3, time: 10 %}`",
    )


#: None is `off`.
TolerancesField = Annotated[TolerancesSpec | None, BeforeValidator(_tolerances), Off]


class ProblemSpec(Strict):
    """A question: feed, acids, ranges, objectives and constraints."""

    description: str = ""
    feed: Feed
    surrogate: str = "pd-gbr"
    acids: dict[str, AcidOverrides] = Field(default_factory=dict, max_length=MOST_ACIDS)
    variables: VariablesSpec
    objectives: tuple[ObjectiveSpec, ...] = Field(min_length=1, max_length=4)
    constraints: tuple[ConstraintSpec, ...] = ()
    tolerances: TolerancesField = TolerancesSpec()
    process: dict[str, Real | str] = Field(default_factory=dict)

    @field_validator("feed", mode="before")
    @classmethod
    def _feed_by_name(cls, value: Any) -> Any:
        """A name alone means a known feed; with Ni, Mn, Co, ... it is a composition of its own."""
        value = {"name": value} if isinstance(value, str) else value
        if not isinstance(value, dict) or value.keys() & set(METALS[1:]):
            return value
        known = find_feed(str(value.get("name", "")), composition=True)
        return known.model_dump(by_alias=True) | {k: v for k, v in value.items() if k != "name"}

    _objectives_once = field_validator("objectives")(_each_objective_once)
    _constraints_once = field_validator("constraints")(_each_constraint_once)


class SearchSpec(Strict):
    """How hard to search.

    ``algorithm`` leads the search. ``stagnation`` ends a stage of a seed (at search grade, at final grade)
    once the hypervolume has gained less than 0.1 % over that many generations (0 never). ``per_acid`` is the
    number of generations each acid gets on its own (0 leaves it out).
    """

    algorithm: Literal["nsga2", "nsga3", "u-nsga3", "age-moea", "sms-emoa"] = "nsga2"
    population: Whole = Field(default=100, ge=8, le=2000)
    generations: Whole = Field(default=100, ge=1, le=10000)
    seeds: tuple[Annotated[Whole, Field(ge=0, lt=2**32)], ...] = Field(
        default=(1, 2, 3), min_length=1, max_length=20
    )
    stagnation: Whole = Field(default=30, ge=0, le=10000)
    per_acid: Whole = Field(default=40, ge=0, le=10000)

    @field_validator("seeds")
    @classmethod
    def _each_seed_once(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(value)) < len(value):
            raise InputError(
                f"The seeds {list(value)} repeat themselves.",
                allowed="different whole numbers",
                remedy="the same seed gives the same search: list each once",
            )
        return value

    @field_validator("seeds", mode="before")
    @classmethod
    def _list_of_seeds(cls, value: Any) -> Any:
        return (value,) if isinstance(value, int) else value


Format = Literal["html", "xlsx", "csv"]


class ReportSpec(Strict):
    """Which files to write beside the manifest."""

    formats: tuple[Format, ...] = ("html", "xlsx", "csv")


class ConfigSpec(Strict):
    """A run: a problem, what it overrides of it, search and report settings."""

    description: str = ""
    problem: str
    objectives: tuple[ObjectiveSpec, ...] | None = Field(default=None, min_length=1, max_length=4)
    constraints: tuple[ConstraintSpec, ...] | None = None
    tolerances: TolerancesField = TolerancesSpec()
    search: SearchSpec = SearchSpec()
    report: ReportSpec = ReportSpec()

    @field_validator("objectives")
    @classmethod
    def _objectives_once(cls, value: tuple[ObjectiveSpec, ...] | None) -> tuple[ObjectiveSpec, ...] | None:
        return value if value is None else _each_objective_once(value)

    @field_validator("constraints")
    @classmethod
    def _constraints_once(cls, value: tuple[ConstraintSpec, ...] | None) -> tuple[ConstraintSpec, ...] | None:
        return value if value is None else _each_constraint_once(value)
