"""Which columns a table of own results has: those of cathodes, and those of any other system.

A system's table of own results has a column for each choice, setpoint and response, under the name that
the system's file gives it, or under that of its column in the system's own table. ``yield_X`` is a fraction,
as in every table of this product; a response under the name of its own column is in the unit of the system's
file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError
from optimiser.chemistry.impurities import IMPURITIES
from optimiser.chemistry.metals import BASE_METALS
from optimiser.surrogate.space import Space
from optimiser.systems.system import BETWEEN, NO_CHOICE, System, cathode
from optimiser.tables.own_results_checks import MOST_YIELD, YIELDS
from optimiser.tables.read import Column
from optimiser.tables.scenarios import COLUMNS
from optimiser.tables.system_scenarios import SPELT
from optimiser.variables import DESIGN_COLUMNS, Variable

#: Ways to write a fraction in a header, and per cent.
_FRACTIONS: Mapping[str, float] = {"fraction": 1.0, "-": 1.0, "%": 0.01, "per cent": 0.01}
#: What a person writes beside a row.
TEXTS: tuple[str, ...] = ("replicate", "batch", "date", "note")
#: The columns of the table of cathodes that is stored, in their order.
STORED: tuple[str, ...] = ("feed", *DESIGN_COLUMNS, *YIELDS, "replicate", "sd", "batch", "date", "note")
#: Ways to write the unit of an impurity in a header.
_PER_CENT: Mapping[str, float] = {"%": 1.0, "wt %": 1.0, "% w/w": 1.0, "kg/kg": 100.0, "fraction": 100.0}
#: Impurities of what was fed; a table that is stored has them only where one is not 0.
IMPURITY_COLUMNS: tuple[str, ...] = tuple(f"{metal} [wt%]" for metal in IMPURITIES)
_SD = Column("sd", also=_FRACTIONS, low=1e-4, high=0.5, label="standard deviation")
_TEXT_COLUMNS = tuple(Column(name, kind="text") for name in TEXTS)
#: What a table of results on cathodes may have. The yields' ends are checked apart, with words of their own.
RESULT_COLUMNS: tuple[Column, ...] = (
    *(replace(column, filled=False) if column.name == "feed" else column for column in COLUMNS),
    *(
        Column(key, also=_FRACTIONS, low=-np.inf, label=f"yield of {metal}")
        for key, metal in zip(YIELDS, BASE_METALS, strict=True)
    ),
    _SD,
    *(
        Column(metal, "wt%", also=_PER_CENT, high=100.0, key=title, label=f"{metal} in what is fed")
        for metal, title in zip(IMPURITIES, IMPURITY_COLUMNS, strict=True)
    ),
    *_TEXT_COLUMNS,
)
#: Titles of cathodes' columns with the units, by name.
TITLES: Mapping[str, str] = {
    **{column.name: column.title for column in RESULT_COLUMNS},
    **{name: f"{name} [fraction]" for name in (*YIELDS, "sd")},
}
#: How far below 0 a yield of a system may be: measurements scatter. It counts as 0.
_BELOW = 0.05


@dataclass(frozen=True)
class Layout:
    """The columns of a table of own results on one system.

    Examples:
        >>> layout_of(cathode()).fixed
        ('temperature', 'acid_concentration', 'h2o2', 'solid_liquid_ratio')
    """

    system: System

    @property
    def of_cathodes(self) -> bool:
        """Whether it is that of cathodes: with acids, and impurities of the feed."""
        return self.system.is_cathode

    @property
    def choices(self) -> tuple[str, ...]:
        """Columns that say what it was leached with: ``acid`` of cathodes."""
        return ("acid",) if self.of_cathodes else self.system.choices

    @property
    def fixed(self) -> tuple[str, ...]:
        """The setpoints that samples of one experiment share."""
        return tuple(name for name in self.system.names if name != self.system.along)

    @property
    def yields(self) -> tuple[str, ...]:
        """Columns of the yields, as fractions, in the order of the responses."""
        return tuple(f"yield_{response}" for response in self.system.responses)

    @property
    def stored(self) -> tuple[str, ...]:
        """The columns of the table that is stored, in their order."""
        beside = "replicate", "sd", "batch", "date", "note"
        return ("feed", *self.choices, *self.system.names, *self.yields, *beside)

    @property
    def texts(self) -> tuple[str, ...]:
        """Columns of texts."""
        return ("feed", *self.choices, *TEXTS)

    @property
    def most_yield(self) -> float:
        """Yields up to here are those of a whole metal, measured with scatter; they count as 1."""
        return MOST_YIELD if self.of_cathodes else 1.0 + self.system.spec.tolerance / 100.0

    @property
    def least_yield(self) -> float:
        """Yields down to here are nothing, measured with scatter."""
        return 0.0 if self.of_cathodes else -_BELOW

    @property
    def per_cent(self) -> bool:
        """Whether the system's file gives its responses in per cent."""
        return not self.of_cathodes and self.system.spec.unit == "percent"

    @property
    def unit(self) -> str:
        """What a template heads yields with."""
        return "%" if self.per_cent else "fraction"

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """What a table may have.

        Raises:
            InputError: a name of the system is one that a table of own results uses for something else.
        """
        if self.of_cathodes:
            return RESULT_COLUMNS
        system, spec = self.system, self.system.spec
        for name in (*system.choices, *system.names, *system.feed_columns):
            if name in (*TEXTS, "sd"):
                raise InputError(
                    f"{name!r} of the system {system.name} is a column of something else in own results.",
                    where=str(spec.table),
                    allowed=f"a name other than {', '.join((*TEXTS, 'sd'))}",
                    remedy="rename it in the system's file, and train again",
                )
        columns = [Column("feed", kind="text", aliases=_other(spec.feed.name, "feed"))]
        for choice in system.choices:
            said = spec.choices[choice]
            also = _other(said.column, choice)
            label = said.label or choice.replace("_", " ")
            columns.append(Column(choice, kind="text", aliases=also, required=True, filled=True, label=label))
        columns += [self._setpoint(j, variable) for j, variable in enumerate(system.variables)]
        columns += [
            Column(name, low=-np.inf, aliases=_other(spec.feed.columns[name], name))
            for name in system.feed_columns
        ]
        given = spec.responses if isinstance(spec.responses, dict) else {}
        scale = {"": 0.01, "fraction": 1.0} if self.per_cent else {}
        for response, key in zip(system.responses, self.yields, strict=True):
            label = f"yield of {response}"
            columns.append(Column(key, also=_FRACTIONS, low=-np.inf, label=label))
            columns += [
                Column(own, also={**_FRACTIONS, **scale}, low=-np.inf, key=key, label=label)
                for own in dict.fromkeys((given.get(response, response), response))
                if own != key
            ]
        return (*columns, _SD, *_TEXT_COLUMNS)

    def _setpoint(self, number: int, variable: Variable) -> Column:
        said = self.system.spec.setpoints[variable.name]
        may_lack = said.empty is not None or number in Space.of(self.system).dosed
        span = variable.high - variable.low
        # a plant may go beyond what the table has, but hardly by more than the table's own range
        low = variable.low - span if variable.low < 0.0 else max(variable.low - span, 0.0)
        return Column(
            variable.name,
            "" if variable.unit == "-" else variable.unit,
            aliases=_other(said.column, variable.name),
            also=dict.fromkeys(SPELT.get(variable.unit, ()), 1.0),
            low=low if said.low is None else variable.low,
            high=variable.high + span if said.high is None else variable.high,
            label=variable.label,
            required=not may_lack,
            filled=not may_lack,
        )

    def empty(self, setpoint: str) -> float:
        """Return what an empty cell of a setpoint means, where it may be empty."""
        return self.system.spec.setpoints[setpoint].empty or 0.0

    @property
    def titles(self) -> Mapping[str, str]:
        """Titles with the units, by name."""
        if self.of_cathodes:
            return TITLES
        return {
            **{column.called: column.title for column in self.columns if column.called not in self.yields},
            **{name: f"{name} [{self.unit}]" for name in (*self.yields, "sd")},
        }

    def option_names(self, rows: pd.DataFrame) -> list[str]:
        """Return the option's name of each row of a table: the acid's of cathodes, such as ``sulfuric``."""
        columns = [rows[name].astype(str) for name in self.choices]
        if not columns:
            return [NO_CHOICE] * len(rows)
        return [BETWEEN.join(parts) for parts in zip(*columns, strict=True)]


def layout_of(system: System) -> Layout:
    """Return the columns of a table of own results on a system."""
    return OF_CATHODES if system.is_cathode else Layout(system)


OF_CATHODES = Layout(cathode())


def _other(column: str | None, name: str) -> tuple[str, ...]:
    return () if column is None or column == name else (column,)
