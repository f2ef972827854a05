"""Mixtures of acids by mole share: written, read, and with every number that an acid has.

What follows from amounts is exact: a mol of the mixture holds the mole shares of its acids, each from its own
stock, and the volumes of the stocks add up. Yields of mixtures have no published data
(`optimiser.surrogate.mixed`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import Field

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid, choose_acid, find_acid_name
from optimiser.chemistry.metals import METALS
from optimiser.chemistry.prices import Price
from optimiser.chemistry.quantity import Quantity
from optimiser.chemistry.substances import Stock, in_basis

#: Acids in one mixture.
FEWEST, MOST = 2, 4
#: How far the sum of the mole shares may be from 1.
SHARES_OFF = 1e-6
#: Decimals of a share that tell two mixtures apart.
_DECIMALS = 6
_PLUS = " + "
#: Characters of a mixture's text that are read.
_LONGEST = 2000
_PART = re.compile(r"\s*([0-9.]+(?:[eE][+-]?[0-9]+)?)\s*(%?)\s+(\S.*?)\s*")
_EXAMPLE = "0.7 sulfuric + 0.3 citric"
_FOLLOWS = "follows from the acids of the mixture and their mole shares"
_CAVEAT = "No published experiment here has a mixture of acids; only own results can tell its yields."


class Blend(NamedTuple):
    """Stock and burden of a mixture; numbers, or arrays of drawn ones.

    Attributes:
        purity: kg of pure acids per kg of all stocks together.
        density: kg of all stocks together per L of them.
        price: EUR per kg of all stocks together.
        climate_change: kg CO2-eq per kg of pure acids.
    """

    purity: Any
    density: Any
    price: Any
    climate_change: Any


def blend(
    shares: Sequence[float],
    molar_mass: Sequence[float],
    purity: Sequence[Any],
    density: Sequence[Any],
    price: Sequence[Any],
    climate_change: Sequence[Any],
) -> Blend:
    """Return what acids make together, from the numbers of each; volumes add up.

    Args:
        shares: mol of each acid per mol of the mixture.
        molar_mass: g/mol.
        purity: kg/kg of each stock.
        density: kg/L of each stock.
        price: EUR per kg of each stock.
        climate_change: kg CO2-eq per kg of each pure acid.

    Examples:
        >>> half = blend([0.5, 0.5], [100.0, 300.0], [1.0, 0.5], [1.0, 2.0], [1.0, 2.0], [0.0, 4.0])
        >>> round(half.purity, 4), half.density, round(half.price, 4), half.climate_change
        (0.5714, 1.75, 1.8571, 3.0)
    """
    pure = [x * m for x, m in zip(shares, molar_mass, strict=True)]  # g per mol of the mixture
    stock = [m / p for m, p in zip(pure, purity, strict=True)]
    litres = [m / d for m, d in zip(stock, density, strict=True)]
    paid = [m * p for m, p in zip(stock, price, strict=True)]
    burden = [m * c for m, c in zip(pure, climate_change, strict=True)]
    return Blend(
        sum(pure) / sum(stock), sum(stock) / sum(litres), sum(paid) / sum(stock), sum(burden) / sum(pure)
    )


class Mixture(Acid):
    """Acids mixed in fixed mole shares, as one acid: ``mol/L`` of it counts the molecules of all.

    Made by `mixture_of`; fields as in `Acid`, worked out from the acids. ``parts`` holds these with their
    shares, the greatest share first.
    """

    parts: tuple[tuple[Acid, float], ...] = Field(exclude=True)

    @property
    def components(self) -> tuple[tuple[Acid, float], ...]:
        """The acids, with their mole shares."""
        return self.parts

    @property
    def key(self) -> str:
        """Identity for the yield model and for own results: structures, each with its share."""
        return _PLUS.join(f"{share:g} {acid.key}" for acid, share in _by_key(self.parts))

    @property
    def usable_protons(self) -> float:  # type: ignore[override]
        """Protons that dissolve oxide, mol per mol of the mixture."""
        return sum(share * acid.usable_protons for acid, share in self.parts)

    @property
    def molar_mass(self) -> float:
        """Mean molar mass of the pure acids, g/mol."""
        return sum(share * acid.molar_mass for acid, share in self.parts)

    @property
    def solubility_molar(self) -> float:
        """Total concentration at 25 degC at which the first of the acids is saturated, mol/L."""
        return min(acid.solubility_molar / share for acid, share in self.parts)

    @property
    def solubility_rise(self) -> float:
        """Slope of ln(solubility) of the acid that is saturated first at 25 degC, 1/K."""
        first, _ = min(self.parts, key=lambda part: part[0].solubility_molar / part[1])
        return first.solubility_rise

    def _needed(self, field: str, unit: str) -> Any:
        if getattr(self, field) is None:  # say which of the acids lacks it
            for acid, _ in self.parts:
                acid._needed(field, unit)
        return super()._needed(field, unit)


def mixture_of(parts: Iterable[tuple[Acid, float]], *, where: str = "") -> Mixture:
    """Return the mixture of some acids.

    Args:
        parts: each acid with its mole share.
        where: what names it, for errors.

    Raises:
        InputError: not two to four different acids, or shares that are not positive or do not sum to 1.

    Examples:
        >>> from optimiser.chemistry.acids import load_acids
        >>> acids = load_acids()
        >>> mix = mixture_of([(acids["sulfuric"], 0.7), (acids["citric"], 0.3)])
        >>> mix.name, round(mix.usable_protons, 6)
        ('0.7 sulfuric + 0.3 citric', 2.3)
    """
    given = list(parts)
    check_shares([(acid.name, share) for acid, share in given], where=where)
    by_name = {acid.name: acid for acid, _ in given}
    together = [(by_name[name], share) for name, share in _settled((a.name, x) for a, x in given)]
    acids = [acid for acid, _ in together]
    if any(isinstance(acid, Mixture) for acid in acids):
        raise InputError("A mixture is mixed of mixtures.", where=where, allowed="acids, not mixtures")
    return Mixture.model_construct(
        name=mixture_text([(acid.name, share) for acid, share in together]),
        label=f"{_PLUS.join(f'{100.0 * share:g} % {acid.label}' for acid, share in together)} (by mole)",
        formula=None,
        aliases=(),
        smiles=".".join(acid.smiles for acid in acids),
        parts=tuple(together),
        pKa=tuple(sorted((pka for acid in acids for pka in acid.pKa), key=lambda pka: pka.value)),
        solubility=_solubility(together),
        solubility_60=None,
        calcium_hydrate=None,
        limit=min((a.limit for a in acids if a.limit is not None), key=lambda q: q.value, default=None),
        salt_solubility={metal: q for metal in METALS if (q := binding_salt(acids, metal)) is not None},
        zwitterion=False,
        nitrate=any(bool(acid.nitrate) for acid in acids),
        reductant=next(
            (kind for kind in ("chloride", "organic") if any(a.reductant == kind for a in acids)), "none"
        ),
        caveat=" ".join(dict.fromkeys([_CAVEAT, *(acid.caveat for acid in acids if acid.caveat)])),
        missing=None,
        **_bought(together),
    )


def binding_salt(acids: Sequence[Acid], metal: str) -> Quantity | None:
    """Return the least solubility of a metal's salts with some acids, None where none is known."""
    known = [salt for acid in acids if (salt := (acid.salt_solubility or {}).get(metal)) is not None]
    return min(known, key=lambda salt: salt.value, default=None)


def _solubility(parts: Sequence[tuple[Acid, float]]) -> Quantity | None:
    """Return g of mixed acids per L at 25 degC at which the first is saturated; None where one is unknown."""
    if any(acid.solubility is None for acid, _ in parts):
        return None
    mass = sum(share * acid.molar_mass for acid, share in parts)
    most = min(acid.solubility_molar / share for acid, share in parts)
    return Quantity(value=mass * most, unit="g/L", source=_FOLLOWS)


def _bought(parts: Sequence[tuple[Acid, float]]) -> dict[str, Any]:
    """Return stock, price and climate change of a mixture; what an acid lacks is None."""
    acids, shares = [acid for acid, _ in parts], [share for _, share in parts]
    prices, factors = [acid.price for acid in acids], [acid.climate_change for acid in acids]
    priced = all(price is not None for price in prices)
    known = all(factor is not None for factor in factors)
    for acid in acids:
        if acid.price is not None:
            acid.price_eur(acid.price.per)  # says which acid's price has no exchange rate

    def at(end: int) -> Blend:
        """Return the mixture with the lowest, usual or highest price and factor of every acid."""
        usual = [p.euro() if p is not None and priced else math.nan for p in prices]
        paid = [
            usual[i] if p is None or end == 1 or not priced else p.range_euro()[end // 2]
            for i, p in enumerate(prices)
        ]
        per_stock = [
            in_basis(value, p.per, "kg stock", acid.purity) if p is not None else math.nan
            for value, p, acid in zip(paid, prices, acids, strict=True)
        ]
        burden = [math.nan if f is None else (f.range()[0], f.value, f.range()[1])[end] for f in factors]
        return blend(
            shares,
            [acid.molar_mass for acid in acids],
            [acid.purity for acid in acids],
            [acid.density for acid in acids],
            per_stock,
            burden,
        )

    low, usual, high = at(0), at(1), at(2)

    def quantity(kind: type[Any], value: float, ends: tuple[float, float] | None, **rest: Any) -> Any:
        given = (
            {}
            if ends is None or math.isnan(value)
            else {"low": min(ends[0], value), "high": max(ends[1], value)}
        )
        return kind.model_construct(value=value, source=_FOLLOWS, **given, **rest)

    return {
        "stock": Stock.model_construct(
            purity=quantity(Quantity, usual.purity, None, unit="kg/kg"),
            density=quantity(Quantity, usual.density, None, unit="kg/L"),
        ),
        "price": quantity(Price, usual.price, (low.price, high.price), currency="EUR", per="kg stock")
        if priced
        else None,
        "climate_change": quantity(
            Quantity,
            usual.climate_change,
            (low.climate_change, high.climate_change),
            unit="kg CO2-eq/kg pure",
        )
        if known
        else None,
    }


def changed(acid: Acid, update: Callable[[Acid], Mapping[str, Any]]) -> Acid:
    """Return an acid with some fields replaced; of a mixture, those of its acids.

    Args:
        acid: an acid or a mixture.
        update: fields to replace, of each acid; empty where none.
    """
    if not isinstance(acid, Mixture):
        fields = update(acid)
        return acid.model_copy(update=dict(fields)) if fields else acid
    return mixture_of([(changed(part, update), share) for part, share in acid.parts])


def single_acids(acids: Iterable[Acid]) -> dict[str, Acid]:
    """Return acids by name, each mixture as the acids that it is mixed from."""
    return {part.name: part for acid in acids for part, _ in acid.components}


def mass_shares(acid: Acid) -> dict[str, float]:
    """Return kg of each acid per kg of pure acids, by name; 1 of an acid alone."""
    return {part.name: share * part.molar_mass / acid.molar_mass for part, share in acid.components}


def check_shares(
    parts: Sequence[tuple[str, float]], *, where: str = "", key: tuple[str | int, ...] = ()
) -> None:
    """Refuse what is no mixture.

    Args:
        parts: name of each acid, and its mole share.
        where: what names it, for errors; or ``key``, in a problem.

    Raises:
        InputError: not two to four different acids, or shares that are not positive or do not sum to 1.
    """
    place: dict[str, Any] = {"where": where} if where else {"key": key}
    names = [name for name, _ in parts]
    if not FEWEST <= len(parts) <= MOST:
        if not parts:
            what = "A mixture of no acid is not possible."
        else:
            what = (
                f"A mixture of {len(parts)} acid{'' if len(parts) == 1 else 's'} is not possible: "
                f"{', '.join(names)}."
            )
        raise InputError(
            what,
            **place,
            allowed=f"{FEWEST} to {MOST} acids with their mole shares",
            remedy="name the acid alone" if len(parts) == 1 else f"write e.g. {_EXAMPLE}",
        )
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"The mixture names {twice!r} twice.", **place, remedy="add its shares up")
    for name, share in parts:
        if not 0.0 < share < 1.0:
            raise InputError(
                f"A mole share of {share:g} of {name} is not possible.",
                **place,
                allowed="above 0 and below 1",
                remedy="give mol of each acid per mol of all of them",
            )
    total = math.fsum(share for _, share in parts)
    if abs(total - 1.0) > SHARES_OFF:
        raise InputError(
            f"The mole shares of {_PLUS.join(names)} sum to {total:.7g}.",
            **place,
            allowed=f"shares that sum to 1 within {SHARES_OFF:g}",
            remedy="divide each by their sum",
        )


def mixture_text(parts: Iterable[tuple[str, float]]) -> str:
    """Write a mixture in one line, the greatest share first: its name in every table and on a command line.

    Examples:
        >>> mixture_text([("citric", 0.3), ("sulfuric", 0.7)])
        '0.7 sulfuric + 0.3 citric'
    """
    return _PLUS.join(f"{share:.{_DECIMALS}g} {name}" for name, share in _settled(parts))


def _settled(parts: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return names and shares rounded so that they still sum to 1, the greatest share first."""

    def in_order(named: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
        return sorted(named, key=lambda part: (-part[1], part[0]))

    first, *others = in_order((name, round(share, _DECIMALS)) for name, share in parts)
    rest = math.fsum(share for _, share in others)
    return in_order([(first[0], round(1.0 - rest, _DECIMALS)), *others])


def read_mixture(text: str, *, where: str = "") -> tuple[tuple[str, float], ...] | None:
    """Read ``0.7 sulfuric + 0.3 citric``, or per cent by mole: ``70 % sulfuric + 30 % citric``.

    Args:
        text: as written.
        where: what it stands in, for errors.

    Returns:
        Name and mole share of each acid; None where the text names no mixture, as it has no ``+``.

    Raises:
        InputError: a share is missing, or the shares are impossible.

    Examples:
        >>> read_mixture("70 % sulfuric + 30 % citric")
        (('sulfuric', 0.7), ('citric', 0.3))
        >>> read_mixture("citric") is None
        True
    """
    if "+" not in text:
        return None
    pieces = text.split("+") if len(text) <= _LONGEST else [""]
    found = []
    for piece in pieces:
        part = _PART.fullmatch(piece)
        try:
            share = float(part[1]) / (100.0 if part[2] else 1.0) if part else math.nan
        except ValueError:
            share = math.nan
        if part is None or math.isnan(share):
            raise InputError(
                f"{text!r} is no mixture of acids.",
                where=where,
                allowed="a mole share and an acid, joined by +",
                remedy=f"write e.g. {_EXAMPLE}",
            )
        found.append((part[3], round(share, 12)))
    check_shares(found, where=where)
    return tuple(found)


def choose(name: str, acids: Mapping[str, Acid], *, where: str = "") -> Acid:
    """Return the acid, or the mixture, that a text names.

    Args:
        name: key or alias of an acid, or a mixture as `read_mixture` reads it.
        acids: those that can be named.
        where: what names it, for errors.

    Raises:
        InputError: there is no such acid, or no such mixture is possible.
    """
    if find_acid_name(name, acids) is not None:
        return choose_acid(name, acids, where=where)
    parts = read_mixture(name, where=where)
    if parts is None:
        return choose_acid(name, acids, where=where)
    return mixture_of([(choose_acid(one, acids, where=where), share) for one, share in parts], where=where)


@dataclass(frozen=True)
class Shares:
    """What the key of an acid says: structures, and the mole share of each (1 of an acid alone)."""

    group: tuple[str, ...]
    shares: tuple[float, ...]


def shares_of(key: str) -> Shares:
    """Read the key of an acid (`Acid.key`), or of a mixture.

    Examples:
        >>> shares_of("CC(=O)O")
        Shares(group=('CC(=O)O',), shares=(1.0,))
        >>> shares_of("0.4 CC(=O)O + 0.6 O=CO")
        Shares(group=('CC(=O)O', 'O=CO'), shares=(0.4, 0.6))
    """
    if " " not in key:  # no SMILES has a space
        return Shares((key,), (1.0,))
    parts = [part.split(" ") for part in key.split(_PLUS)]
    return Shares(tuple(structure for _, structure in parts), tuple(float(share) for share, _ in parts))


def group_of(key: str) -> str:
    """Return the key without shares: the same for every mixture of the same acids.

    Examples:
        >>> group_of("0.4 CC(=O)O + 0.6 O=CO")
        'CC(=O)O + O=CO'
        >>> group_of("CC(=O)O")
        'CC(=O)O'
    """
    return _PLUS.join(part.rpartition(" ")[2] for part in key.split(_PLUS))


def _by_key(parts: Sequence[tuple[Acid, float]]) -> list[tuple[Acid, float]]:
    return sorted(parts, key=lambda part: part[0].key)


def solubility_limits(acid: Acid) -> tuple[tuple[float, float], ...]:
    """Return the total concentration at 25 degC that saturates each acid, mol/L, and its slope of ln, 1/K."""
    return tuple((part.solubility_molar / share, part.solubility_rise) for part, share in acid.components)
