"""Electricity of a country or of a mix of one's own, and heat: what takes the place of the shipped ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from optimiser._io.errors import InputError, closest
from optimiser.chemistry.prices import Price
from optimiser.chemistry.quantity import GIVEN, Quantity, expecting
from optimiser.chemistry.reagents import Energy, Reagents, load_reagents
from optimiser.chemistry.tables import Strict, read_table, shipped, table_of

#: The keys of `process:` that choose an energy, and the energy.
CHOICES: Mapping[str, str] = {"electricity": "power", "heat": "heat"}
#: Heat that is power.
ELECTRIC = "electric"
_OWN = ("climate_change", "price", "source")
_MOST_FACTOR, _MOST_PRICE = 10.0, 10.0  # kg CO2-eq/kWh and EUR/kWh that are possible
_ROUNDING = 1e-3  # that shares of a mix may miss 1 by
_DIGITS = 4  # a derived factor is told to 0.1 g CO2-eq per kWh
Factor = Annotated[Quantity, *expecting("kg CO2-eq/kWh", 0.0, _MOST_FACTOR)]


class _Generated(Strict):
    label: str
    generated: Factor


class _Delivered(Strict):
    label: str
    delivered: Factor


class _Grid(Strict):
    losses: Annotated[Quantity, *expecting("fraction", 0.0, 0.5)]


@cache
def load_energy(kind: str) -> Mapping[str, Any]:
    """Return one part of ``models/energy.yaml``: ``countries``, ``technologies``, ``heat`` or ``grid``."""
    table = table_of(
        read_table(shipped("energy.yaml")),
        grid=_Grid,
        countries=dict[str, _Generated],
        technologies=dict[str, _Generated],
        heat=dict[str, _Delivered],
    )
    if kind == "grid":
        return {"losses": table.grid.losses}
    found: dict[str, Any] = getattr(table, kind)
    return found


@dataclass(frozen=True)
class EnergyChoice:
    """What a problem says of its electricity or heat.

    Attributes:
        key: ``electricity`` or ``heat``.
        setting: as written: a name, a mix of technologies, or numbers of one's own.
    """

    key: str
    setting: str | Mapping[str, Any]

    @property
    def own(self) -> bool:
        """Whether it gives numbers of its own."""
        return isinstance(self.setting, Mapping) and bool(self.setting.keys() & set(_OWN))


def energy_choice(key: str, setting: Any) -> EnergyChoice:
    """Return a choice of electricity or heat, checked.

    Args:
        key: ``electricity`` or ``heat``.
        setting: a country of ``models/energy.yaml``, shares of its technologies, or ``{climate_change,
            price, source}``; of heat ``gas``, ``steam``, ``electric`` or such numbers.

    Raises:
        InputError: an unknown name, shares that do not add up, or an impossible number.

    Examples:
        >>> energy_choice("electricity", {"hydro": 0.6, "gas": 0.4}).own
        False
    """
    if isinstance(setting, EnergyChoice):
        return setting
    names = [*load_energy("countries")] if key == "electricity" else [*load_energy("heat"), ELECTRIC]
    numbers = "{climate_change: kg CO2-eq/kWh, price: EUR/kWh, source: text}"
    shares = list(load_energy("technologies"))
    mix = f"; shares of {', '.join(shares)}" if key == "electricity" else ""
    allowed = f"{', '.join(names)}{mix}; or {numbers}"
    if isinstance(setting, str) and setting in names:
        return EnergyChoice(key, setting)
    if not isinstance(setting, Mapping) or not setting:
        raise InputError(
            f"There is no {key} {setting!r} here.",
            key=(key,),
            allowed=allowed,
            remedy=closest(str(setting), names) or f"give its numbers: {key}: {numbers}",
        )
    if set(setting) <= set(_OWN):
        return _own_numbers(key, setting, allowed)
    unknown = [name for name in setting if key != "electricity" or name not in shares]
    if unknown:
        raise InputError(
            f"There is no {key} of {str(unknown[0])!r}.",
            key=(key, unknown[0]),
            allowed=allowed,
            remedy=closest(str(unknown[0]), shares) or "leave it out",
        )
    mix_of = {
        str(name): _number(share, (key, name), 1.0, "a share, 0 to 1") for name, share in setting.items()
    }
    total = sum(mix_of.values())
    if abs(total - 1.0) > _ROUNDING:
        raise InputError(
            f"The shares of the electricity add up to {total:g}.",
            key=(key,),
            allowed="shares that add up to 1",
            remedy="complete the mix",
        )
    return EnergyChoice(key, mix_of)


def _own_numbers(key: str, setting: Mapping[str, Any], allowed: str) -> EnergyChoice:
    told = dict(setting)
    for name, most, unit in (
        ("climate_change", _MOST_FACTOR, "kg CO2-eq/kWh"),
        ("price", _MOST_PRICE, "EUR/kWh"),
    ):
        if name in setting:
            told[name] = _number(setting[name], (key, name), most, f"0 to {most:g} {unit}")
    if not set(setting) & {"climate_change", "price"}:
        raise InputError(f"The {key} has a source but no number.", key=(key,), allowed=allowed)
    if not isinstance(setting.get("source", ""), str):
        raise InputError("The source is not text.", key=(key, "source"), allowed="text")
    return EnergyChoice(key, told)


def _number(value: Any, key: tuple[str, str], most: float, allowed: str) -> float:
    try:
        found = math.nan if isinstance(value, bool) else float(value)  # YAML reads 5e-2 as text
    except (TypeError, ValueError):
        found = math.nan
    if not 0.0 <= found <= most:
        raise InputError(f"{key[1]} = {value!r} is not possible.", key=key, allowed=allowed)
    return found


def supplied(reagents: Reagents, process: Mapping[str, Any]) -> Reagents:
    """Return reagents with the electricity and heat that a problem chooses.

    Electric heat is power: it has its price, its climate change and its name, so that impact factors of power
    count for it.

    Args:
        reagents: those without the choice.
        process: the numbers of the process as a problem gives them; `EnergyChoice` among them count.

    Examples:
        >>> from optimiser.chemistry.reagents import load_reagents
        >>> found = supplied(load_reagents(), {"electricity": energy_choice("electricity", "SE")})
        >>> found.energies["power"].climate_change.value  # 0.0407 / (1 - 0.067)
        0.0436
    """
    for key, energy in CHOICES.items():  # electricity first: electric heat follows it
        choice = process.get(key)
        if isinstance(choice, EnergyChoice):
            changed = _chosen(choice, reagents.energies[energy], reagents.energies["power"])
            reagents = reagents.changed_energy(energy, changed)
    return reagents


def energy_lines(reagents: Reagents) -> tuple[str, ...]:
    """Say which electricity and heat a problem has, where they are not the shipped ones."""
    shipped_ones = load_reagents().energies
    return tuple(
        _told(reagents.energies[energy], shipped_ones[energy])
        for energy in CHOICES.values()
        if reagents.energies[energy].label != shipped_ones[energy].label
    )


def _chosen(choice: EnergyChoice, now: Energy, power: Energy) -> Energy:
    setting = choice.setting
    if choice.own and isinstance(setting, Mapping):
        update: dict[str, Any] = {"label": f"{choice.key} of the problem's own"}
        source = setting.get("source") or GIVEN
        if "climate_change" in setting:
            factor = Quantity(value=setting["climate_change"], unit="kg CO2-eq/kWh", source=source)
            update["climate_change"] = factor
        if "price" in setting:
            update["price"] = Price(value=setting["price"], currency="EUR", per="kWh", source=source)
        return now.model_copy(update=update)
    if setting == ELECTRIC:
        update = {"label": f"electric heat ({power.label})", "climate_change": power.climate_change}
        return now.model_copy(update={**update, "price": power.price, "name": power.name})
    if choice.key == "heat":
        row = load_energy("heat")[str(setting)]
        return now.model_copy(update={"label": row.label, "climate_change": row.delivered})
    if isinstance(setting, Mapping):
        rows = {load_energy("technologies")[name]: float(share) for name, share in setting.items()}
        label = ", ".join(f"{100.0 * share:g} % {row.label}" for row, share in rows.items())
        generated = sum(share * row.generated.value for row, share in rows.items())
        first = next(iter(rows)).generated
    else:
        row = load_energy("countries")[setting]
        label, generated, first = row.label, row.generated.value, row.generated
    return now.model_copy(
        update={"label": f"electricity, {label}", "climate_change": _consumed(generated, first)}
    )


def _consumed(generated: float, of: Quantity) -> Quantity:
    """Return the factor per kWh consumed, from that per kWh generated: losses are generated too."""
    losses = load_energy("grid")["losses"]
    low, value, high = (
        round(generated / (1.0 - share), _DIGITS) for share in (losses.low, losses.value, losses.high)
    )
    note = f"{generated:.4g} generated / (1 - {losses.value:g} grid losses); range: that of the losses"
    return Quantity(
        value=value,
        low=low,
        high=high,
        unit="kg CO2-eq/kWh",
        method=of.method,
        source=f"derived from {of.source_text}; losses: {losses.source_text}",
        year=of.year,
        confidence="C",
        note=note,
    )


def _told(now: Energy, before: Energy) -> str:
    factor, price = now.climate_change, now.price
    said = f"{now.label[:1].upper()}{now.label[1:]}: "
    said += "no climate factor" if factor is None else f"{factor.value:g} kg CO2-eq/kWh"
    if price is not None:
        kept = price == before.price
        said += f", {price.euro():g} EUR/kWh" + (f" (the price of {before.label})" if kept else "")
    return f"{said}."
