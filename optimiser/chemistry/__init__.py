"""Feeds, acids, reagents and metals: what is leached, with what, and what each number rests on."""

from optimiser.chemistry.acids import (
    Acid,
    AcidOverrides,
    Stock,
    choose_acid,
    complete,
    find_acid_name,
    with_user_acids,
)
from optimiser.chemistry.descriptors import DESCRIPTORS, descriptors
from optimiser.chemistry.feeds import METALS, Feed, load_feeds
from optimiser.chemistry.provenance import Provenance, provenance
from optimiser.chemistry.quantity import Price, Quantity, flags
from optimiser.chemistry.reagents import (
    Energy,
    Metal,
    Reagent,
    Reagents,
    load_acids,
    load_metals,
    load_reagents,
)

__all__ = [
    "DESCRIPTORS",
    "METALS",
    "Acid",
    "AcidOverrides",
    "Energy",
    "Feed",
    "Metal",
    "Price",
    "Provenance",
    "Quantity",
    "Reagent",
    "Reagents",
    "Stock",
    "choose_acid",
    "complete",
    "descriptors",
    "find_acid_name",
    "flags",
    "load_acids",
    "load_feeds",
    "load_metals",
    "load_reagents",
    "provenance",
    "with_user_acids",
]
