"""Measured activation energies of leaching, from the literature."""

from __future__ import annotations

from functools import cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict

from optimiser._io import builtin
from optimiser._io.yamlfile import validate
from optimiser.chemistry.quantity import Quantity, expecting
from optimiser.chemistry.tables import read_table

#: kJ/mol; beyond it nothing dissolves in acid below the boiling point of water.
_MOST = 300.0
Energy = Annotated[Quantity, *expecting("kJ/mol", 0.0, _MOST)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Measured(_Strict):
    """Activation energies that one study measured.

    Attributes:
        feed: the cathode.
        acid: the acid.
        conditions: what was said of the rest.
        Li, Ni, Mn, Co: kJ/mol, None where not measured.
    """

    feed: str
    acid: str
    conditions: str
    Li: Energy | None = None
    Ni: Energy | None = None
    Mn: Energy | None = None
    Co: Energy | None = None

    def of(self, metal: str) -> Quantity | None:
        """Return the activation energy of a metal, or None."""
        found: Quantity | None = getattr(self, metal)
        return found


class Literature(_Strict):
    """The table ``models/kinetics.yaml``.

    Attributes:
        sources: where the energies come from, by key.
        activation_energies: what each study measured.
    """

    sources: dict[str, dict[str, str]]
    activation_energies: tuple[Measured, ...]

    def range_of(self, metal: str) -> tuple[Quantity, Quantity]:
        """Return the lowest and highest measured activation energy of a metal, kJ/mol."""
        known = [q for study in self.activation_energies if (q := study.of(metal)) is not None]
        return min(known, key=lambda q: q.value), max(known, key=lambda q: q.value)


@cache
def load_literature() -> Literature:
    """Return the shipped table."""
    return validate(Literature, read_table(builtin.folder("models") / "kinetics.yaml"))
