"""What a system's file (``NAME.system.yaml``) may say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from optimiser._io import builtin
from optimiser._io.errors import InputError, closest
from optimiser._io.yamlfile import Document, Real, read_yaml, validate

#: Choices that a system may have: every combination of their values is searched as one option.
MOST_CHOICES = 3
#: Names that mean something else in a problem, or in a table of designs.
RESERVED = frozenset(
    {"acid", "feed", "design", "name", "mix", "response", "knee", "row", "study", "distance"}
    | {"support", "domain_distance", "p_feasible", "option", "scenario"}
    | {"cost", "cost_feed", "recovery", "net_value", "climate_change", "acid_use", "acid_use_feed"}
    | {"energy", "energy_feed", "residue", "wastewater", "productivity", "reactor_volume"}
)
#: What a name may be made of: it stands in tables, pages and keys.
_NAME = re.compile(r"[^\W\d_][\w .,()+-]{0,59}")
#: Units of setpoints whose names the sums know; those of the first are converted to it (`systems.units`).
UNITS: dict[str, tuple[str, ...]] = {
    "temperature": ("degC", "°C", "C", "K", "kelvin"),
    "time": ("min", "minutes", "h", "hours", "s"),
    "solid_liquid_ratio": ("g/L", "g/l", "g/mL", "g/ml", "kg/L", "kg/m3"),
    "acid_concentration": ("mol/L",),
    "h2o2": ("wt%",),
}
#: Yields this far above 100 % are taken as 100, unless the file says another tolerance: published tables hold
#: such values.
TOLERANCE = 50.0
_DIRECTION = {"up": 1, "down": -1, "none": 0}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class SetpointSpec(_Part):
    """A column of the table that a plant sets.

    ``low`` and ``high`` bound what a problem may ask for; left out, the table's own range does. ``step`` is
    what a plant can set; ``values`` the only ones that it can. ``empty`` is what an empty cell means.
    """

    column: str = Field(min_length=1)
    unit: str = "-"
    label: str | None = None
    low: Real | None = None
    high: Real | None = None
    step: Annotated[Real, Field(gt=0)] | None = None
    log: bool = False
    values: tuple[Real, ...] = ()
    tolerance: Annotated[Real, Field(ge=0)] | Annotated[str, Field(pattern=r"^\s*[0-9.]+\s*%\s*$")] | None = (
        None
    )
    empty: Real | None = None

    @field_validator("values")
    @classmethod
    def _rising(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not value:
            raise InputError("There is no value.", allowed="numbers", remedy="leave `values` out")
        if list(value) != sorted(set(value)):
            raise InputError(
                f"The values {list(value)} do not rise.", allowed="different numbers, the least first"
            )
        return value


class ReagentSpec(_Part):
    """What a value of a choice is, as far as the sums of the process need it.

    ``acid`` names a known acid, whose structure, stock, price and factor it then has; the other numbers are
    given where there is none, or instead of that acid's. A stock of which nothing is said is pure and as
    dense as water.

    Attributes:
        acid: name, alias or formula of a known acid (`optimiser list acids`).
        smiles: structure; that of a known acid makes it this acid.
        label: what to call it.
        molar_mass: g/mol.
        price: EUR per kg of pure substance.
        climate_change: kg CO2-eq per kg of pure substance.
        usable_protons: mol per mol that dissolve a solid.
        purity, density: of what is bought, kg/kg and kg/L.
        setpoint: which one says its strength, in mol/L or wt%; ``acid_concentration`` if left out, or ``pH``
            where the system has that one alone.
        heat: kWh per t of feed that a treatment takes, such as roasting.
        source: of these numbers.
    """

    acid: str | None = None
    smiles: str | None = None
    label: str | None = None
    molar_mass: Annotated[Real, Field(gt=0)] | None = None
    price: Annotated[Real, Field(ge=0)] | None = None
    climate_change: Real | None = None
    usable_protons: Annotated[Real, Field(ge=0)] | None = None
    purity: Annotated[Real, Field(gt=0, le=1)] | None = None
    density: Annotated[Real, Field(gt=0)] | None = None
    setpoint: str | None = None
    heat: Annotated[Real, Field(ge=0)] | None = None
    source: str | None = None


class ChoiceSpec(_Part):
    """A column of the table whose values are chosen among, such as the lixiviant.

    ``smiles`` is the structure of each value, and ``values`` what is known of each besides. ``reagent`` says
    that the values are what is dissolved, whose amount and price count; left out, they are so of the first
    choice that has a known acid or a molar mass among its values.
    """

    column: str = Field(min_length=1)
    label: str | None = None
    smiles: dict[str, str] = Field(default_factory=dict)
    values: dict[str, ReagentSpec] = Field(default_factory=dict)
    reagent: bool | None = None


class FeedSpec(_Part):
    """What is leached.

    ``name`` is the table's column of names, ``columns`` are numbers that describe a feed, ``assay`` is wt% of
    each response's metal: one for all feeds, or by feed.
    """

    name: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    assay: dict[str, Real | dict[str, Real]] = Field(default_factory=dict)

    @field_validator("columns", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return {str(name): str(name) for name in value} if isinstance(value, list | tuple) else value


class LongResponses(_Part):
    """Responses in rows: ``value`` is the column of yields, ``by`` that of their names."""

    by: str = Field(min_length=1)
    value: str = Field(min_length=1)


class GroupSpec(_Part):
    """What is held out whole.

    ``experiment``: names of setpoints, choices, feed or columns whose values tell experiments apart, or
    ``all but X``. ``study``: the column that names studies; one of a feed if left out.
    """

    experiment: tuple[str, ...] = ("all but time",)
    study: str | None = None

    @field_validator("experiment", mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


def _direction(value: Any) -> Any:
    if isinstance(value, str) and value in _DIRECTION:
        return _DIRECTION[value]
    if value in (1, 0, -1) and not isinstance(value, bool):
        return value
    raise InputError(
        f"{value!r} is no direction.", allowed="up, down", remedy="leave it out where neither holds"
    )


class SumSpec(_Part):
    """A number of the process with its unit."""

    value: Real
    unit: str = ""
    source: str | None = None


class SystemSpec(_Part):
    """A system's file.

    Attributes:
        name: what reports call it.
        description, source: what was leached, and whose table it is, for the model card.
        warning: what everyone must know who asks the model, such as a fault of the table.
        table: the table's file (csv or xlsx), beside the system's.
        artefact: the fitted model that ships with the system; only of the built-in one.
        stoichiometry: ``cathode`` where protons and electrons follow from the feed's formula.
        unit: of the responses in the table.
        tolerance: how far above 100 % a yield may be, in points; it is then taken as 100.
        exclude: values by column whose rows are left out, which is told.
        responses: name and column of each, or rows (`LongResponses`).
        setpoints, choices, feed, groups, monotone: see their classes.
        reagent: what is dissolved in every row, where no choice says it.
        acid_consumption: what the feed takes of pure acid, kg per t, where no stoichiometry says it.
    """

    name: str = Field(min_length=1)
    description: str = ""
    source: str = ""
    warning: str = ""
    table: str = Field(min_length=1)
    artefact: str | None = None
    stoichiometry: Literal["cathode"] | None = None
    unit: Literal["percent", "fraction"] = "percent"
    tolerance: Annotated[Real, Field(ge=0)] = TOLERANCE
    exclude: dict[str, tuple[str | float, ...]] = Field(default_factory=dict)
    responses: LongResponses | dict[str, str]
    setpoints: dict[str, SetpointSpec] = Field(min_length=1, max_length=12)
    choices: dict[str, ChoiceSpec] = Field(default_factory=dict, max_length=MOST_CHOICES)
    feed: FeedSpec = FeedSpec()
    groups: GroupSpec = GroupSpec()
    monotone: dict[str, Annotated[int, BeforeValidator(_direction)]] = Field(default_factory=dict)
    reagent: ReagentSpec | None = None
    acid_consumption: SumSpec | None = None

    @field_validator("responses", mode="before")
    @classmethod
    def _kind_of_responses(cls, value: Any) -> Any:
        if isinstance(value, dict) and set(value) == {"by", "value"}:
            return LongResponses(**value)
        if isinstance(value, dict) and not value:
            raise InputError(
                "There is no response.", allowed="name: column", remedy="write e.g. {Co: Co_pct}"
            )
        return value

    @field_validator("exclude", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: v if isinstance(v, list | tuple) else (v,) for key, v in value.items()}

    @model_validator(mode="after")
    def _names(self) -> SystemSpec:
        """Each name once, and none that means something else."""
        if self.stoichiometry is None:
            _check_named(self)
            _check_units(self)
            kinds: dict[str, Iterable[str]] = {
                "setpoints": self.setpoints,
                "choices": self.choices,
                "feed": self.feed.columns,
            }
            seen: dict[str, str] = {}
            for kind, names in kinds.items():
                for name in names:
                    key = (kind, "columns", name) if kind == "feed" else (kind, name)
                    if name in RESERVED:
                        raise InputError(
                            f"{name!r} cannot be a name here: it means something else in a problem.",
                            key=key,
                            remedy="choose another name; that of the table's column may stay",
                        )
                    if name in seen:
                        raise InputError(
                            f"{name!r} is named twice: under {seen[name]} and under {kind}.",
                            key=key,
                            allowed="one name for each setpoint, choice and column of the feed",
                            remedy="rename one of the two",
                        )
                    seen[name] = kind
            columns: dict[str, str] = {}
            for name, setpoint in self.setpoints.items():
                if setpoint.column in columns:
                    raise InputError(
                        f"Column {setpoint.column!r} is the setpoint {columns[setpoint.column]!r} already.",
                        key=("setpoints", name, "column"),
                        allowed="a column for one setpoint",
                        remedy="remove one of the two",
                    )
                columns[setpoint.column] = name
        for name in self.monotone:
            if name not in self.setpoints:
                raise InputError(
                    f"There is no setpoint {name!r} to be monotone in.",
                    key=("monotone", name),
                    allowed=", ".join(self.setpoints),
                    remedy=closest(name, self.setpoints) or "name a setpoint",
                )
        return self


def _check_named(spec: SystemSpec) -> None:
    """Refuse names that cannot stand in tables and keys, and responses that are something else, too.

    Raises:
        InputError: names it.
    """
    responses = spec.responses if isinstance(spec.responses, dict) else {}
    kinds: dict[str, Iterable[str]] = {
        "setpoints": spec.setpoints,
        "choices": spec.choices,
        "responses": responses,
        "feed": spec.feed.columns,
    }
    for kind, names in kinds.items():
        for name in names:
            if not _NAME.fullmatch(name) or name.lower().startswith("yield_"):
                raise InputError(
                    f"{name[:80]!r} cannot be a name here.",
                    key=(kind, "columns", name) if kind == "feed" else (kind, name),
                    allowed="a letter, then up to 59 letters, digits, spaces or _ . , ( ) + -; no yield_",
                    remedy="choose another name; that of the table's column may stay",
                )
    others = {name.lower(): kind for kind in ("setpoints", "choices") for name in kinds[kind]}
    of_column = {setpoint.column: name for name, setpoint in spec.setpoints.items()}
    seen: dict[str, str] = {}
    for response, column in responses.items():
        same = next((r for r in responses if r != response and r.lower() == response.lower()), None)
        if response.lower() in others or same is not None:
            what = f"the response {same!r}" if same is not None else f"one of {others[response.lower()]}"
            raise InputError(
                f"The response {response!r} is named like {what}.",
                key=("responses", response),
                remedy="rename one of the two",
            )
        if column in of_column or column in seen:
            what = f"the setpoint {of_column[column]!r}" if column in of_column else repr(seen[column])
            raise InputError(
                f"Column {column!r} of the response {response!r} is that of {what} already.",
                key=("responses", response),
                allowed="a column of its own for each response",
                remedy="name the right column",
            )
        seen[column] = response
    shares = [s for s in spec.feed.assay.values() if isinstance(s, int | float)]
    if sum(shares) > 100.0 or any(s < 0.0 for s in shares):
        raise InputError(
            f"The assay sums to {sum(shares):g} wt%.",
            key=("feed", "assay"),
            allowed="0 to 100 wt% in all",
            remedy="correct it: shares are of the whole feed",
        )


def _check_units(spec: SystemSpec) -> None:
    """Refuse units that the sums do not know, and ranges that are none.

    Raises:
        InputError: names the setpoint.
    """
    for name, setpoint in spec.setpoints.items():
        known = UNITS.get(name)
        if known is not None and setpoint.unit not in known:
            raise InputError(
                f"{name} in {setpoint.unit!r} is not known.",
                key=("setpoints", name, "unit"),
                allowed=", ".join(known),
                remedy="convert the column, or give the setpoint another name: then no sum uses it",
            )
        if setpoint.low is not None and setpoint.high is not None and setpoint.low > setpoint.high:
            raise InputError(
                f"{name} from {setpoint.low:g} to {setpoint.high:g} is no range.",
                key=("setpoints", name, "low"),
                allowed="low below high",
                remedy="exchange the two",
            )


def read_spec(path: str | Path) -> tuple[SystemSpec, Document]:
    """Read a system's file: a path, or the name of one that ships, such as ``cathode``.

    Raises:
        InputError: there is no such file, or it says what it may not; with file, line and key.

    Examples:
        >>> spec, _ = read_spec("cathode")
        >>> list(spec.setpoints)[:2], spec.monotone["solid_liquid_ratio"]
        (['temperature', 'acid_concentration'], -1)
    """
    document = read_yaml(builtin.find_system(path))
    return validate(SystemSpec, document), document
