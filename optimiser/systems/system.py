"""A system: the names, units and order of everything that arrays of a leaching table have columns for."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache, cached_property
from typing import Any

import numpy as np

from optimiser._io.errors import InputError, closest
from optimiser.systems.spec import SystemSpec, read_spec
from optimiser.variables import VARIABLES, Bools, Floats, Parted, Variable, Variables

CATHODE = "cathode"
#: Between the values of several choices in the name of an option.
BETWEEN = " / "
#: Name of the one option of a system without choices.
NO_CHOICE = "any"


@dataclass(frozen=True)
class Option:
    """A combination of one value of each choice, such as a lixiviant on a roasted feed.

    ``key`` tells options apart in a domain; ``values`` are in the order of the system's choices.
    """

    values: tuple[str, ...]
    label: str

    @property
    def name(self) -> str:
        """What designs call it."""
        return BETWEEN.join(self.values) or NO_CHOICE

    @property
    def key(self) -> str:
        """What tells it apart from others in the data; only the keys of mixtures of acids hold spaces."""
        return self.name.replace(" ", "\u00a0")

    @property
    def components(self) -> tuple[tuple[Option, float], ...]:
        """Itself: options are not mixed."""
        return ((self, 1.0),)


@dataclass(frozen=True, eq=False)
class SystemFeed:
    """A feed of a system.

    Attributes:
        name: what reports call it.
        place: the numbers that describe it, in the order of the system's columns.
        present: which responses it has, shape (m,).
        assay: mass share of the metal of each response, NaN where unknown, shape (m,).
        system: name of the system.
        mass: of a batch, kg.
    """

    name: str
    place: tuple[float, ...]
    present: Bools
    assay: Floats
    system: str = ""
    mass: float = 1000.0

    #: What a yield model of cathodes asks of a feed, and no other feed has.
    cathode_share: float = 1.0
    impurities: Mapping[str, float] = field(default_factory=dict)
    assumed_yields: Mapping[str, float] = field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SystemFeed):
            return NotImplemented
        said = (self.name, self.place, self.system, self.mass) == (
            other.name,
            other.place,
            other.system,
            other.mass,
        )
        same = np.array_equal(self.present, other.present)
        return said and same and np.array_equal(self.assay, other.assay, equal_nan=True)

    def __hash__(self) -> int:
        return hash((self.name, self.place, self.system))

    @property
    def solid_mass(self) -> float:
        """All that is charged, kg, dry."""
        return self.mass

    @property
    def metal_mass(self) -> Floats:
        """Mass of the metal of each response in a batch, kg, 0 where the assay does not tell it, (m,)."""
        return self.mass * np.nan_to_num(self.assay) * self.present


@dataclass(frozen=True)
class System(Parted):
    """What a table of experiments has: its setpoints, choices, responses and feeds.

    Attributes:
        name: what reports call it.
        variables: the setpoints, in the order of the columns of `Designs.continuous`.
        responses: in the order of every array of yields.
        choices: names of the choices, one to three; an option is a combination of their values.
        values: of each choice, in the table.
        options: the combinations that the table has.
        feed_columns: what describes a feed.
        feeds: those of the table, by name.
        along: the setpoint over which an experiment is sampled, such as time; None where there is none.
        monotone: 1 or -1 by setpoint in which yields may not fall, or not rise.
        spec: the system's file.
        transfers: whether yields on a feed that is not in the table are predicted better than by a constant;
            None before this was measured, or where there is one feed.
    """

    name: str
    variables: Variables
    responses: tuple[str, ...]
    choices: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    options: tuple[Option, ...]
    feed_columns: tuple[str, ...]
    feeds: Mapping[str, SystemFeed]
    along: str | None
    monotone: Mapping[str, int]
    spec: SystemSpec
    transfers: bool | None = None

    @property
    def is_cathode(self) -> bool:
        """Whether protons and electrons follow from the feed's formula."""
        return self.spec.stoichiometry == CATHODE

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the setpoints."""
        return tuple(variable.name for variable in self.variables)

    @cached_property
    def column(self) -> Mapping[str, int]:
        """Position of each setpoint."""
        return {name: j for j, name in enumerate(self.names)}

    @property
    def design_columns(self) -> tuple[str, ...]:
        """What a table says of a design: its option, then its setpoints."""
        return (self.option_column, *self.names)

    @property
    def option_column(self) -> str:
        """The column of tables of designs that names the option: ``acid`` of cathodes, else the choices."""
        return BETWEEN.join(self.choices) if self.choices else "option"

    @property
    def table_columns(self) -> tuple[str, ...]:
        """What a table in a file says of a design: ``acid`` of cathodes, else each choice; its setpoints."""
        return (*(("acid",) if self.is_cathode else self.choices), *self.names)

    def option(self, name: str) -> Option:
        """Return an option by its name, such as ``sulfuric / none``, in the table or not.

        Raises:
            InputError: a value that no row of the table has.
        """
        if not self.choices:
            return Option((), NO_CHOICE)
        parts = tuple(part.strip() for part in name.split(BETWEEN)) if len(self.choices) > 1 else (name,)
        if len(parts) != len(self.choices):
            raise InputError(
                f"{name!r} is not a value of each of {', '.join(self.choices)}.",
                allowed=", ".join(option.name for option in self.options),
                remedy=closest(name, [option.name for option in self.options]) or "",
            )
        for choice, known, part in zip(self.choices, self.values, parts, strict=True):
            if part not in known:
                raise InputError(
                    f"The table has no {choice} {part!r}.",
                    allowed=", ".join(known),
                    remedy=closest(part, known) or f"name one of the table's, or train with rows of {part}",
                )
        return Option(parts, name)

    def feed_of(self, said: Mapping[str, Any]) -> SystemFeed:
        """Return the feed that a problem describes: by the name of one of the table's, or by its numbers.

        Args:
            said: ``name``, and for a feed of one's own each of ``feed_columns``, and ``assay`` by response.

        Raises:
            InputError: an unknown name, or a number that is missing or none.
        """
        name, given = str(said["name"]), {k: v for k, v in said.items() if k != "name"}
        known = self.feeds.get(name)
        if not given:
            if known is None:
                raise InputError(
                    f"The table of {self.name} has no feed {name!r}.",
                    allowed=", ".join(self.feeds),
                    remedy=closest(name, self.feeds)
                    or "name one of these, or describe your own by its numbers",
                )
            return known
        for key in given:
            if key not in (*self.feed_columns, "assay"):
                allowed = (*self.feed_columns, "assay")
                raise InputError(
                    f"Unknown key {key!r}.",
                    allowed=", ".join(allowed),
                    remedy=closest(key, allowed) or "remove the key",
                    key=(key,),
                )
        place = []
        for j, column in enumerate(self.feed_columns):
            value = given.get(column, None if known is None else known.place[j])
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise InputError(
                    f"The feed's {column} is {'missing' if value is None else repr(value)}.",
                    allowed="a number, as in the table",
                    remedy=f"write {column}: ...",
                    key=(column,),
                )
            place.append(float(value))
        assay = given.get("assay", {})
        for response, share in assay.items() if isinstance(assay, Mapping) else [("", None)]:
            if (
                response not in self.responses
                or isinstance(share, bool)
                or not isinstance(share, int | float)
            ):
                raise InputError(
                    f"{assay!r} is no assay.",
                    allowed="wt% for some of " + ", ".join(self.responses),
                    key=("assay",),
                )
        if known is not None and tuple(place) != known.place:
            raise InputError(
                f"{name} is a feed of the table with other numbers.",
                key=("name",),
                remedy="give it another name",
            )
        every = np.ones(len(self.responses), dtype=np.bool_)
        held = np.array([float(assay[r]) / 100.0 if r in assay else np.nan for r in self.responses])
        if known is not None:
            return replace(known, assay=np.where(np.isnan(held), known.assay, held))
        if len(self.feeds) == 1:
            every = next(iter(self.feeds.values())).present
        return SystemFeed(name, tuple(place), every, held, self.name)

    def feed_setting(self, feed: SystemFeed) -> str | dict[str, Any]:
        """Return a feed as a problem says it: its name where the table has it as it is."""
        known = self.feeds.get(feed.name)
        same = known is not None and np.array_equal(known.assay, feed.assay, equal_nan=True)
        if known is not None and same and known.place == feed.place:
            return feed.name
        pairs = zip(self.responses, feed.assay.tolist(), strict=True)
        assay = {r: 100.0 * share for r, share in pairs if not np.isnan(share)}
        numbers = dict(zip(self.feed_columns, feed.place, strict=True))
        return {"name": feed.name, **numbers, **({"assay": assay} if assay else {})}

    def smiles(self, choice: str) -> Mapping[str, str]:
        """Return the structures of a choice's values, as far as the system's file gives them."""
        spec = self.spec.choices[choice]
        return {**spec.smiles, **{k: v.smiles for k, v in spec.values.items() if v.smiles is not None}}

    def combinations(self, asked: Mapping[str, Sequence[str]]) -> tuple[Option, ...]:
        """Return the options of some values of each choice, all values of a choice that is not named.

        Args:
            asked: values by choice; each in the table.
        """
        each = [asked.get(choice) or known for choice, known in zip(self.choices, self.values, strict=True)]
        return tuple(self.option(BETWEEN.join(map(str, parts))) for parts in itertools.product(*each))

    def record(self) -> dict[str, Any]:
        """Return what a model card keeps, from which :meth:`from_record` makes the system again."""
        return {
            "name": self.name,
            "variables": [asdict(variable) for variable in self.variables],
            "responses": list(self.responses),
            "choices": {c: list(v) for c, v in zip(self.choices, self.values, strict=True)},
            "options": [list(option.values) for option in self.options],
            "feed_columns": list(self.feed_columns),
            "feeds": {
                name: {
                    "place": list(feed.place),
                    "present": [r for r, there in zip(self.responses, feed.present, strict=True) if there],
                    "assay": {
                        r: float(share)
                        for r, share in zip(self.responses, feed.assay, strict=True)
                        if not np.isnan(share)
                    },
                }
                for name, feed in self.feeds.items()
            },
            "along": self.along,
            "monotone": dict(self.monotone),
            "transfers": self.transfers,
            "spec": self.spec.model_dump(mode="json", exclude_unset=True),
        }

    @classmethod
    def from_record(cls, said: Mapping[str, Any]) -> System:
        """Return the system that a model card keeps.

        Raises:
            KeyError, TypeError, ValueError: it is not what :meth:`record` writes.
        """
        responses = tuple(said["responses"])
        feeds = {
            name: SystemFeed(
                name,
                tuple(float(x) for x in feed["place"]),
                np.array([r in feed["present"] for r in responses]),
                np.array([feed["assay"].get(r, np.nan) for r in responses], dtype=np.float64),
                said["name"],
            )
            for name, feed in said["feeds"].items()
        }
        return cls(
            name=said["name"],
            variables=tuple(Variable(**{**v, "values": tuple(v["values"])}) for v in said["variables"]),
            responses=responses,
            choices=tuple(said["choices"]),
            values=tuple(tuple(v) for v in said["choices"].values()),
            options=tuple(Option(tuple(v), BETWEEN.join(v) or NO_CHOICE) for v in said["options"]),
            feed_columns=tuple(said["feed_columns"]),
            feeds=feeds,
            along=said["along"],
            monotone=dict(said["monotone"]),
            spec=SystemSpec.model_validate(said["spec"]),
            transfers=said["transfers"],
        )


@cache
def cathode() -> System:
    """Return the built-in system: cathodes in acids."""
    spec, _ = read_spec(CATHODE)
    return System(
        name=spec.name,
        variables=VARIABLES,
        responses=tuple(spec.responses) if isinstance(spec.responses, dict) else (),
        choices=tuple(spec.choices),
        values=((),),
        options=(),
        feed_columns=tuple(spec.feed.columns),
        feeds={},
        along="time",
        monotone=spec.monotone,
        spec=spec,
        transfers=True,
    )
