"""The keys that a sweep varies, as a person reads them: label, unit, and their values as text."""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import yaml

from optimiser._io.errors import InputError
from optimiser.chemistry.reagents import ENERGIES
from optimiser.process.parameters import parameter_quantities
from optimiser.process.plant_parameters import PLANT_NAMES, unit_of
from optimiser.report.columns import column
from optimiser.report.numbers import NOTHING, number

#: Parts of a key that say only where it stands in a problem.
_PLACES = frozenset({"config", "problem", "constraints", "variables", "process"})
#: Characters of a text in a figure and in a sentence; tables and pointers have it whole.
SHORT, SAID = 18, 48
#: Characters of a mapping up to which its name is looked for.
_MOST_READ = 20_000
#: Significant figures of a varied number.
_FIGURES = 4


@dataclass(frozen=True)
class Key:
    """One varied key.

    Attributes:
        name: the column of the sweep's table.
        label: as a person reads it, without unit.
        unit: empty where there is none or none is known.
        numeric: whether its values are numbers.
        scale: factor from the value in the table to the value shown.
    """

    name: str
    label: str
    unit: str = ""
    numeric: bool = False
    scale: float = 1.0

    @property
    def heading(self) -> str:
        """Label and unit: ``price of citric [EUR/kg]``."""
        return f"{self.label} [{self.unit}]" if self.unit else self.label

    def text(self, value: Any) -> str:
        """Write one value, whole."""
        if not self.numeric:
            return plain_text(value)
        return NOTHING if pd.isna(value) else short_number(self.scale * float(value))

    def said(self, value: Any) -> str:
        """Write one value with its label and unit, as in a sentence: ``price of citric 0.6 EUR/kg``."""
        unit = f" {self.unit}" if self.unit and self.numeric else ""
        return f"{self.label} {cut(called(self.text(value)), SAID)}{unit}"


def short_number(value: float) -> str:
    """Write a varied number with four significant figures, a whole one with all its digits.

    >>> short_number(0.123456), short_number(12345.0), short_number(-0.5)
    ('0.1235', '12345', '−0.5')
    """
    if math.isfinite(value) and abs(value) >= 10.0**_FIGURES:
        return number(round(value), 0).replace(",", "")
    return number(value, figures=_FIGURES)


def rough(value: float, span: float) -> str:
    """Write a number as exactly as a span is worth: to a hundredth of it.

    >>> rough(0.123456, 0.1), rough(1234.6, 200.0), rough(5e-06, 1.0)
    ('0.123', '1235', '0')
    """
    digits = max(0, 2 - math.floor(math.log10(span))) if span > 0.0 and math.isfinite(span) else _FIGURES
    shown = number(value, digits).replace(",", "")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def plain_text(value: Any) -> str:
    """Write a value that is no number; a mapping or list as JSON, line breaks as spaces."""
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return NOTHING
    return " ".join(str(value).split()) or NOTHING


def called(text: str) -> str:
    """Return the name in a mapping that is written as YAML or JSON, such as a feed's; else the text itself.

    >>> called("{name: our black mass, assay: {Li: 4.1}}"), called("NMC111")
    ('our black mass', 'NMC111')
    """
    if text.startswith("{") and len(text) <= _MOST_READ:
        with contextlib.suppress(yaml.YAMLError, ValueError, RecursionError):
            read = yaml.safe_load(text)
            name = read.get("name") if isinstance(read, dict) else None
            return name if isinstance(name, str) and name.strip() else text
    return text


def cut(text: str, most: int) -> str:
    """Shorten a text to so many characters.

    >>> cut("hydrochloric", 8)
    'hydroch…'
    """
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def keys_of(names: Sequence[str], frame: pd.DataFrame) -> tuple[Key, ...]:
    """Return the varied keys; those whose labels would be the same keep their whole name as label."""
    found = [_key(name, frame[name]) for name in names]
    labels = [key.label for key in found]
    return tuple(
        Key(key.name, key.name, key.unit, key.numeric, key.scale) if labels.count(key.label) > 1 else key
        for key in found
    )


def _key(name: str, values: pd.Series) -> Key:
    numeric = bool(pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values))
    parts = [part for part in re.split(r"[.\[\]]+", name) if part and not part.isdigit()]
    # `constraints.yield.all` is the target of every metal
    kept = [part for part in parts if part not in _PLACES and part != "all"] or parts or [name]
    kind, of = kept[0], " ".join(kept[1:]).replace("_", " ")
    fraction = numeric and bool(np.nanmax(np.abs(values), initial=0.0) <= 1.0)
    percent = ("%", numeric, 100.0) if fraction else ("", numeric)
    if kind in ("price", "prices") and of:
        return Key(name, f"price of {of}", "EUR/kWh" if kept[1] in ENERGIES else "EUR/kg", numeric)
    if kind in ("yield", "yields"):
        return Key(name, f"yield target of {of}" if of else "yield target", *percent)
    if kind == "confidence":
        return Key(name, " ".join([kind, of]).strip(), *percent)
    if len(kept) == 1 and (how := column(kind)).label != kind.replace("_", " "):
        return Key(name, how.label, how.unit, numeric, how.scale)
    return Key(name, " ".join(kept).replace("_", " "), _unit(kept[-1]), numeric)


def _unit(name: str) -> str:
    """Return the unit of a setpoint, a parameter of the process or a number of the plant, if it is one."""
    try:
        if name in PLANT_NAMES:
            return unit_of(name)
        if name in parameter_quantities():
            return parameter_quantities()[name].unit
    except (InputError, KeyError):
        return ""
    return column(name).unit
