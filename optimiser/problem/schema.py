"""What a problem and a config may say, in YAML and in Python."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple, Self, cast

import numpy as np
import yaml
from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    InstanceOf,
    PlainSerializer,
    PrivateAttr,
    Tag,
    ValidationError,
    create_model,
    field_serializer,
    field_validator,
)

from optimiser._io.errors import InputError, closest, dotted
from optimiser._io.yamlfile import Document, Real, Whole, first_error
from optimiser.chemistry.acids import MOST_ACIDS, AcidOverrides
from optimiser.chemistry.energy import CHOICES, EnergyChoice, energy_choice
from optimiser.chemistry.feeds import Feed, find_feed, load_feeds
from optimiser.chemistry.metals import METALS
from optimiser.chemistry.mixtures import check_shares, mixture_text, read_mixture
from optimiser.chemistry.quantity import Sourced
from optimiser.problem.constraints import ANY, Yields, check_responses, read_constraint
from optimiser.problem.impacts import AssumeField, CreditField
from optimiser.problem.margins import Constraint
from optimiser.problem.metrics import METRICS, YIELD, is_yield
from optimiser.problem.numbers import number
from optimiser.problem.objectives import Objective, read_objective
from optimiser.problem.strict import Strict
from optimiser.problem.tolerances import DEFAULT, Tolerances
from optimiser.process.parameters import choices, process_parameters
from optimiser.process.plant_parameters import SCOPES, ProcessNumber
from optimiser.surrogate.packing import SHIPPED
from optimiser.variables import CONTINUOUS, VARIABLES, Variable

#: Largest difference of two compositions of one feed, mol per mol Li: they are written with four decimals.
_SAME_FEED = 0.0006


def _same_feed(one: Feed, other: Feed) -> bool:
    apart = np.abs(one.composition - other.composition).max()
    return bool(max(apart, abs(one.cathode_share - other.cathode_share)) <= _SAME_FEED)


Range = tuple[float, float]


def range_field(variable: Variable, possible: str = "physically possible") -> Any:
    """Return the type of a variable's range: [low, high] or one number, within what is possible.

    Args:
        variable: whose range.
        possible: what its own ends are.
    """

    def read(value: Any) -> Range | None:
        if value is None:
            return None
        if hasattr(value, "tolist"):  # numpy's numbers and arrays
            value = value.tolist()
        if not isinstance(value, list | tuple):
            value = (value, value) if isinstance(value, int | float | str) else ()
        if len(value) != 2:
            raise InputError(
                f"{value!r} is not a range." if value else "That is not a range.",
                allowed="[low, high], or one number to fix the variable",
                remedy=f"write e.g. `{variable.name}: [{variable.low:g}, {variable.high:g}]`",
            )
        low, high = (number(end) for end in value)
        if not low <= high:
            raise InputError(
                f"The range is empty: its low end {low:g} is above its high end {high:g}.",
                allowed="[low, high] with low <= high",
                remedy="exchange the two",
            )
        if low < variable.low or high > variable.high:
            raise InputError(
                f"{variable.label.capitalize()} from {low:g} to {high:g} {variable.unit} "
                f"is outside what is {possible}.",
                allowed=f"{variable.low:g} to {variable.high:g} {variable.unit}",
                remedy=f"check the unit: {variable.name} is in {variable.unit}",
            )
        return low, high

    return Annotated[Range | None, BeforeValidator(read)]


def _acid(value: Any, index: int) -> Any:
    """Read an acid: a name, or ``{mix: {sulfuric: 0.7, citric: 0.3}}``, which becomes the mixture's text."""
    if isinstance(value, str) and "+" in value and value.strip()[:1].isdigit():
        read = read_mixture(value)
        return value if read is None else mixture_text(read)
    if not isinstance(value, dict):
        return value
    if value == {"mix": None}:
        value = {"mix": {}}
    if list(value) != ["mix"] or not isinstance(value["mix"], dict):
        raise InputError(
            "An acid is a name, or a mixture.",
            allowed="a name, or mix: with mole shares by acid",
            remedy="write e.g. `- mix: {sulfuric: 0.7, citric: 0.3}`",
            key=(index,),
        )
    parts: list[tuple[str, float]] = []
    for name, share in value["mix"].items():
        if "+" in str(name):
            raise InputError(
                f"An acid called {str(name)!r} cannot be part of a mixture.",
                allowed="a name without +",
                remedy="give the acid another name",
                key=(index, "mix"),
            )
        try:
            parts.append((str(name).strip(), number(share)))
        except InputError as error:
            raise error.at(index, "mix", str(name)) from None
    check_shares(parts, key=(index, "mix"))
    return mixture_text(parts)


def _written_acid(name: str) -> str | dict[str, dict[str, float]]:
    """Return an acid as a problem says it: a mixture by its shares."""
    try:
        parts = read_mixture(name)
    except InputError:
        return name  # an acid whose own name has a plus
    return name if parts is None else {"mix": dict(parts)}


class _Acids(Strict):
    acid: tuple[str, ...] = Field(min_length=1, max_length=MOST_ACIDS)

    @field_validator("acid", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        if isinstance(value, set | frozenset):
            raise InputError(
                "A set of acids has no order, and the search follows it.",
                allowed="a list of names",
                remedy="write them as a list",
            )
        value = (value,) if isinstance(value, str | dict) else value
        if not isinstance(value, list | tuple):
            return value
        return tuple(_acid(one, index) for index, one in enumerate(value))

    @field_serializer("acid")
    def _as_written(self, value: tuple[str, ...]) -> list[str | dict[str, dict[str, float]]]:
        return [_written_acid(name) for name in value]

    @field_validator("acid")
    @classmethod
    def _no_duplicates(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({a for a in value if value.count(a) > 1})
        if twice:
            raise ValueError(f"acid {twice[0]!r} is listed twice; list each acid once")
        return value

    def range_of(self, variable: Variable) -> Range:
        """Return the range of a variable; all that is physically possible where none is given."""
        return range_asked(self, variable)


def range_asked(variables: Any, variable: Variable) -> Range:
    """Return the range that a problem's variables give one; all that is possible where they give none."""
    asked: Range | None = getattr(variables, variable.name)
    return (variable.low, variable.high) if asked is None else asked


if TYPE_CHECKING:

    class Variables(_Acids):
        """The decision variables: acids to choose from, and a range for each continuous variable.

        A variable without a range is searched wherever the acid has data.
        """

        def __getattr__(self, name: str) -> Range | None: ...

else:
    Variables = create_model(
        "Variables",
        __base__=_Acids,
        **{variable.name: (range_field(variable), None) for variable in VARIABLES},
    )


def _objective(value: Any) -> Objective:
    """Read ``minimise: METRIC`` or ``maximise: METRIC``."""
    if isinstance(value, Objective):
        return value
    example = "write e.g. `- minimise: cost`"
    if not isinstance(value, dict) or len(value) != 1:
        raise InputError("An objective is one of `minimise: METRIC` and `maximise: METRIC`.", remedy=example)
    verb, metric = next(iter(value.items()))
    if verb not in ("minimise", "maximise"):
        raise InputError(
            f"Unknown key {str(verb)!r}.", allowed="minimise, maximise", remedy=example, key=(str(verb),)
        )
    try:
        return read_objective(verb, metric)
    except InputError as error:
        raise error.at(verb) from None


def _each_once(value: tuple[Any, ...], kind: str, name: str) -> tuple[Any, ...]:
    names = [getattr(one, name) for one in value]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise ValueError(f"{kind} {twice[0]!r} is given twice; give it once")
    return value


def check_objectives(asked: Sequence[Objective], responses: Sequence[str] | None) -> None:
    """Refuse objectives on the yield of what is no response: None means the metals of cathodes.

    Raises:
        InputError: names it.
    """
    known = METALS if responses is None else responses
    for index, objective in enumerate(asked):
        name = objective.metric.removeprefix(YIELD)
        if is_yield(objective.metric) and name not in known:
            names = [
                *(m for m in METRICS if not is_yield(m) and (responses is None or _of_any(m))),
                *(f"{YIELD}{r}" for r in known),
            ]
            raise InputError(
                f"There is no objective {objective.metric!r}.",
                allowed=", ".join(names),
                remedy=closest(objective.metric, names) or "optimiser list objectives",
                key=(index, objective.verb),
            )


def _of_any(metric: str) -> bool:
    """Return whether a metric may be of any system, not of cathodes alone."""
    return "cathode" not in METRICS[metric].uses


def check_constraints(asked: Sequence[Constraint], responses: Sequence[str] | None) -> None:
    """Refuse yield targets on what is no response: None means the metals of cathodes.

    Raises:
        InputError: names it.
    """
    for index, constraint in enumerate(asked):
        if isinstance(constraint, Yields):
            try:
                check_responses(constraint.targets, responses)
            except InputError as error:
                raise error.at(index) from None


ObjectiveField = Annotated[
    InstanceOf[Objective],
    BeforeValidator(_objective),
    PlainSerializer(lambda objective: objective.setting),
]
#: Of whichever responses: a problem refuses those that its system does not have.
ConstraintField = Annotated[
    InstanceOf[Constraint],
    BeforeValidator(partial(read_constraint, responses=ANY)),
    PlainSerializer(lambda constraint: constraint.setting()),
]


def _off(value: Any) -> Any:
    if value is None:
        raise InputError("The value is missing.", remedy="write a value, `off`, or leave the key out")
    # YAML reads a bare `off` as False
    return None if value is False or value == "off" else value


Off = BeforeValidator(_off)


_SHARE = re.compile(r"\s*([0-9.eE+-]+)\s*%\s*")
_WIDTHS = "a number in the variable's unit, or a share of the setpoint such as `5 %` (below 100 %)"


def _half_width(value: Any) -> HalfWidth:
    """Read a tolerance: ``2`` in the variable's unit, or ``5 %`` of the setpoint."""
    if isinstance(value, HalfWidth):
        return value
    share = _SHARE.fullmatch(value) if isinstance(value, str) else None
    try:
        width = float(share[1]) / 100.0 if share else number(value)
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


def _written(width: HalfWidth | None) -> float | str | None:
    return width if width is None else (width.absolute or f"{100.0 * width.relative:g} %")


Width = Annotated[HalfWidth | None, BeforeValidator(_half_width), PlainSerializer(_written)]


class _Robust(Strict):
    robust: Literal["p10"] | None = None

    def tolerances(self, usual: Tolerances = DEFAULT) -> Tolerances:
        """Return the tolerances that these settings stand for, those left out as usual."""
        each = zip(usual.variables, usual.absolute, usual.relative, strict=True)
        widths = [getattr(self, v.name) or HalfWidth(*width) for v, *width in each]
        absolute, relative = zip(*widths, strict=True)
        return replace(
            usual, absolute=absolute, relative=relative, quantile=None if self.robust is None else 0.1
        )


if TYPE_CHECKING:

    class TolerancesSpec(_Robust):
        """How exactly the plant holds each setpoint; those left out have their defaults.

        ``robust: p10`` counts the tenth percentile of a yield over the tolerances instead of its mean.
        """

else:
    TolerancesSpec = create_model(
        "TolerancesSpec", __base__=_Robust, **dict.fromkeys(CONTINUOUS, (Width, None))
    )


def tolerances_field(spec: Any, names: Sequence[str]) -> Any:
    """Return the type of a set of tolerances, of the setpoints of some names; None is `off`."""

    def read(value: Any) -> Any:
        if isinstance(value, _Robust | dict) or value is None:
            return value
        raise InputError(
            f"{value!r} is not a set of tolerances.",
            allowed="`off`, or a half-width for some of " + ", ".join(names),
            remedy=f"write e.g. `tolerances: {{{names[0]}: 3, {names[-1]}: 10 %}}`",
        )

    return Annotated[
        spec | None,
        BeforeValidator(read),
        Off,
        PlainSerializer(
            lambda given: "off" if given is None else given.model_dump(mode="json", exclude_unset=True)
        ),
    ]


if TYPE_CHECKING:
    TolerancesField = TolerancesSpec | None
else:
    TolerancesField = tolerances_field(TolerancesSpec, CONTINUOUS)


def _kind_of_parameter(value: Any) -> str:
    if isinstance(value, EnergyChoice):
        return "energy"
    return "range" if isinstance(value, dict | Sourced) else "alone"


#: A number of the process, one with a range, the name of a base, or a choice of energy. A callable tells them
#: apart, so that a mistake is told of the one that was meant.
ParameterField = Annotated[
    Annotated[Real | str, Tag("alone")]
    | Annotated[ProcessNumber, Tag("range")]
    | Annotated[InstanceOf[EnergyChoice], PlainSerializer(lambda choice: choice.setting), Tag("energy")],
    Discriminator(_kind_of_parameter),
]


def _missing_parameter(name: str) -> InputError:
    """Return the error for a key of ``process:`` without a value, with what could stand there."""
    names = {"scope": SCOPES, **choices()}.get(name)
    if names is not None:
        return InputError(
            f"The {name.replace('_', ' ')} is empty.",
            key=(name,),
            allowed=", ".join(names),
            remedy=f"write e.g. `{name}: {names[-1]}`, or leave the key out",
        )
    if name == "throughput":
        remedy = "write a number of t of feed per day above 0, without quotes"
    else:
        remedy = "write a number, or leave the key out"
    return InputError(
        f"Process parameter {name} has no value.", key=(name,), allowed="a number", remedy=remedy
    )


def no_impacts() -> InputError:
    """Return the error for ``impacts:`` without a name."""
    return InputError(
        "The table of impacts has no name.",
        allowed="the name or path of a table of impact factors",
        remedy="write e.g. `impacts: mine` for mine.impacts.yaml beside the problem, or leave the key out",
    )


@dataclass(frozen=True)
class Source:
    """Where a problem comes from: its file, and that of the config that overrides parts of it.

    ``replaced`` are keys that were given anew since, which no line says.
    """

    problem: Document
    config: Document | None = None
    replaced: frozenset[str] = frozenset()


class Problem(Strict):
    """A question: feed, acids, ranges of the setpoints, objectives and constraints.

    Attributes:
        name: what reports call it.
        description: one sentence for the report.
        feed: name of a known feed such as ``NMC111``, or a `Feed` or mapping with its composition.
        surrogate: name or path of the yield model. That of a system of your own makes choices, setpoints,
            responses and feeds of the problem those of the system.
        acids: changes of known acids, and acids of your own, by name.
        variables: ``acid`` (a name or several, or mixtures by mole share such as
            ``{"mix": {"sulfuric": 0.7, "citric": 0.3}}``), and for each setpoint ``(low, high)`` or one
            number that fixes it; what is left out is searched wherever the acid has data. temperature degC,
            acid_concentration mol/L, h2o2 wt%, solid_liquid_ratio g/L, time min.
        objectives: one to four of `minimise` and `maximise`.
        constraints: such as `Yields` and `ProtonBalance`; limits that are not listed keep their defaults.
        tolerances: half-widths within which the plant holds each setpoint; ``"off"`` for none.
        process: numbers of the process by name, each alone (studies hold it fixed) or as
            ``{low, mode, high}``; `optimiser list parameters` lists them. ``electricity`` and ``heat`` name a
            country, a mix, or numbers of one's own. ``scope: plant`` with a ``throughput`` (t of feed per
            day) takes the plant around the leach into the cost.
        impacts: name or path of a table of impact factors; ``NAME`` means ``NAME.impacts.yaml`` beside the
            problem.
        assume: impact factors by category and substance where that table has none.
        credit: kg CO2-eq per kg of each metal with its source, for a credit told apart from all else.

    Raises:
        InputError: a part is unknown or impossible, with its key.

    Examples:
        >>> import optimiser as opt
        >>> problem = opt.Problem(
        ...     feed="NMC111",
        ...     variables={"acid": ["sulfuric", "hydrochloric"], "temperature": (25, 90)},
        ...     objectives=[opt.minimise("cost"), opt.maximise("recovery")],
        ...     constraints=[opt.Yields(Li=0.9, Co=0.9)],
        ... )
        >>> problem.variables.temperature
        (25.0, 90.0)
    """

    #: Whose yields may be asked for; None for the metals of cathodes.
    responses: ClassVar[tuple[str, ...] | None] = None

    name: str = "problem"
    description: str = ""
    feed: Feed
    surrogate: str = SHIPPED
    acids: dict[str, AcidOverrides] = Field(default_factory=dict, max_length=MOST_ACIDS)
    variables: Variables
    objectives: tuple[ObjectiveField, ...] = Field(min_length=1, max_length=4)
    constraints: tuple[ConstraintField, ...] = ()
    tolerances: TolerancesField = TolerancesSpec()
    process: dict[str, ParameterField] = Field(default_factory=dict)
    impacts: str | None = Field(default=None, min_length=1)
    assume: AssumeField = Field(default_factory=dict)
    credit: CreditField | None = None

    _source: Source | None = PrivateAttr(default=None)

    def __new__(cls, *_: Any, **parts: Any) -> Self:
        """Return a problem on the system of the yield model that it names: on cathodes unless told."""
        if cls is Problem and parts.get("surrogate", SHIPPED) != SHIPPED:
            from optimiser.problem.system_schema import type_named  # which is made from this class

            return cast(Self, super().__new__(type_named(parts["surrogate"], parts.get("variables"))))
        return super().__new__(cls)

    def __init__(self, **parts: Any) -> None:
        try:
            super().__init__(**parts)
        except ValidationError as error:
            raise first_error(error, type(self), parts) from None

    @field_validator("feed", mode="before")
    @classmethod
    def _feed_by_name(cls, value: Any) -> Any:
        """A name alone means a known feed; with Ni, Mn, Co, an assay or a blend it is a feed of its own."""
        value = {"name": value} if isinstance(value, str) else value
        if not isinstance(value, dict):
            return value
        if value.keys() & {*METALS[1:], "assay", "blend"} or "name" not in value:
            known = load_feeds().get(str(value.get("name", "")))
            if known and not _same_feed(Feed(**value), known):
                raise InputError(
                    f"{known.name} is a known feed of another composition.",
                    allowed=f"the name alone, or a name of your own for what differs from {known.name}",
                    remedy="give it another name",
                    key=("name",),
                )
            return value
        known = find_feed(str(value.get("name", "")), composition=True)
        return known.model_dump(by_alias=True) | {k: v for k, v in value.items() if k != "name"}

    @field_validator("process", mode="before")
    @classmethod
    def _energies(cls, value: Any) -> Any:
        """Read ``electricity`` and ``heat``, which are choices and no numbers."""
        if not isinstance(value, dict):
            return value
        for key, given in value.items():
            if given is None and key not in CHOICES:
                raise _missing_parameter(str(key))
        return {key: energy_choice(key, v) if key in CHOICES else v for key, v in value.items()}

    @field_validator("impacts", mode="before")
    @classmethod
    def _table_has_a_name(cls, value: Any) -> Any:
        if value == "":
            raise no_impacts()
        return value

    @field_validator("objectives", "constraints", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, Objective | Constraint) else value

    @field_validator("objectives")
    @classmethod
    def _each_objective_once(cls, value: tuple[Objective, ...]) -> tuple[Objective, ...]:
        check_objectives(value, cls.responses)
        return _each_once(value, "objective", "metric")

    @field_validator("constraints")
    @classmethod
    def _each_constraint_once(cls, value: tuple[Constraint, ...]) -> tuple[Constraint, ...]:
        check_constraints(value, cls.responses)
        return _each_once(value, "constraint", "key")

    @property
    def source(self) -> Source | None:
        """The files that it was read from, or None."""
        return self._source

    def where(self, *key: str | int) -> str:
        """Return file, line and key of a part, in the file that really says it; the key alone without one."""
        if self._source is None or (key and key[0] in self._source.replaced):
            return dotted(key)
        config = self._source.config
        document = config if config is not None and key[:1] in config.lines else self._source.problem
        return document.where(key)

    def with_source(self, source: Source | None, **changes: Any) -> Self:
        """Return the problem with its files, and some parts replaced that were checked already."""
        found = self.model_copy(update=changes)
        found._source = source
        return found

    def on(self, surrogate: str | None) -> Self:
        """Return the problem with another yield model, by its name or path; itself where there is none."""
        if surrogate is None:
            return self
        if not isinstance(surrogate, str):
            raise InputError(
                f"A surrogate of type {type(surrogate).__name__} is not possible.",
                where="surrogate",
                allowed="the name or path of a yield model",
            )
        source = self._source
        if source is not None:
            source = replace(source, replaced=source.replaced | {"surrogate"})
        return self.with_source(source, surrogate=surrogate)

    def at_scope(self, scope: str | None = None, throughput: float | None = None) -> Self:
        """Return the problem at another scope of its cost; itself where nothing is asked.

        Args:
            scope: ``reagents``, or ``plant`` for the plant around the leach; None for that of the problem, or
                ``plant`` where a throughput is given.
            throughput: t of feed per day; None for that of the problem.

        Raises:
            InputError: an unknown scope, or a throughput that is not possible or missing.
        """
        if scope is None and throughput is None:
            return self
        if scope == "reagents" and throughput is not None:
            raise InputError(
                "The scope of reagents has no throughput: its cost does not depend on one.",
                where="throughput",
                allowed="a throughput with the scope plant",
                remedy="leave one of the two out",
            )
        changes: dict[str, Any] = {"scope": "plant" if scope is None else scope}
        if throughput is not None:
            changes["throughput"] = number(throughput, key=("process", "throughput"))
        process = {**self.process, **changes}
        try:
            process_parameters(process)
        except InputError as error:
            key = tuple(error.where.split("."))
            if key[:1] != ("process",) or key[1:2] == () or key[1] in changes:
                raise
            # the problem's own number: its file and line
            where = self.where(*key)
            raise InputError(error.what, where=where, allowed=error.allowed, remedy=error.remedy) from None
        source = self._source
        if source is not None:
            source = replace(source, replaced=source.replaced | {"process"})
        return self.with_source(source, process=process)

    def to_yaml(self) -> str:
        """Return the problem as YAML, which `load_problem` reads back as the same question.

        Examples:
            >>> import optimiser as opt
            >>> text = opt.load_problem("nmc111").to_yaml()
            >>> "minimise: cost" in text
            True
        """
        plain = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        plain = {key: v for key, v in plain.items() if v is not None}  # `off` is said in words
        return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.to_yaml())}</pre>"


Seed = Annotated[Whole, Field(ge=0, lt=2**32)]


class SearchSpec(Strict):
    """How hard to search.

    ``algorithm`` leads the search. ``stagnation`` ends a stage of a seed (at low fidelity, at high fidelity)
    once the hypervolume has gained less than 0.1 % over that many generations (0 never). ``per_acid`` is the
    number of generations each acid gets on its own (0 leaves it out).
    """

    algorithm: Literal["nsga2", "nsga3", "u-nsga3", "age-moea", "sms-emoa"] = "nsga2"
    population: Whole = Field(default=100, ge=8, le=2000)
    generations: Whole = Field(default=100, ge=1, le=10000)
    seeds: tuple[Seed, ...] = Field(default=(1, 2, 3), min_length=1, max_length=20)
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
    """A run in YAML: a problem, what it overrides of it, search and report settings."""

    description: str = ""
    problem: str
    objectives: tuple[ObjectiveField, ...] | None = Field(default=None, min_length=1, max_length=4)
    constraints: tuple[ConstraintField, ...] | None = None
    tolerances: TolerancesField = TolerancesSpec()
    search: SearchSpec = SearchSpec()
    report: ReportSpec = ReportSpec()

    @field_validator("objectives")
    @classmethod
    def _objectives_once(cls, value: tuple[Objective, ...] | None) -> tuple[Objective, ...] | None:
        return value if value is None else _each_once(value, "objective", "metric")

    @field_validator("constraints")
    @classmethod
    def _constraints_once(cls, value: tuple[Constraint, ...] | None) -> tuple[Constraint, ...] | None:
        return value if value is None else _each_once(value, "constraint", "key")
