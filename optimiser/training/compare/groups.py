"""The groups by which accuracy is reported: metal, acid, cathode chemistry, predicted yield, domain."""

from __future__ import annotations

import numpy as np

from optimiser.chemistry.descriptors import structure_key
from optimiser.surrogate.features import PREDICTED_METALS
from optimiser.surrogate.training_table import Labels, TrainingTable, acid_names, named
from optimiser.training.protocols import make_folds
from optimiser.variables import Bools, Floats

#: Chemistries that have a name: mol Ni, Mn, Co per mol Li.
CHEMISTRIES = {"NMC333": (1 / 3, 1 / 3, 1 / 3), "NMC622": (0.6, 0.2, 0.2), "NMC811": (0.8, 0.1, 0.1)}
LOW_YIELD, HIGH_YIELD = 0.3, 0.7
YIELD_RANGES = (f"< {LOW_YIELD:g}", f"{LOW_YIELD:g}-{HIGH_YIELD:g}", f"> {HIGH_YIELD:g}")

#: Whether the acid of a tested row is one that the fold trains on.
ACID_KNOWN = ("in training", "not in training")


def label_groups(
    table: TrainingTable, predicted: Floats, inside: Bools | None = None, *, protocol: str = ""
) -> dict[str, Labels]:
    """Return the group of every value, by kind of group, shape (n, 4) each.

    Args:
        table: training table of n rows.
        predicted: predicted yields, shape (n, 4).
        inside: which rows are inside the applicability domain, shape (n,); left out, ``domain`` is too.
        protocol: under ``study``, whose folds may hold out all of an acid, ``acid_known`` is there, too.
    """
    shape = (len(table), len(PREDICTED_METALS))
    found = {
        "metal": np.broadcast_to(np.array(PREDICTED_METALS), shape),
        "acid": np.broadcast_to(acid_names(table)[:, None], shape),
        "chemistry": np.broadcast_to(named(table.feed, CHEMISTRIES, "other")[:, None], shape),
        "yield_range": yield_ranges(predicted),
    }
    if inside is not None:
        found["domain"] = np.broadcast_to(np.where(inside, "inside", "outside")[:, None], shape)
    if protocol == "study":
        found["acid_known"] = np.broadcast_to(acids_known(table, protocol)[:, None], shape)
    return found


def acids_known(table: TrainingTable, protocol: str) -> Labels:
    """Return whether the fold that tests a row trains on its acid at all, shape (n,).

    Rows that no fold tests count as ``in training``; nothing is measured on them.
    """
    keys = np.array([structure_key(smiles) for smiles in table.smiles])
    known = np.ones(len(table), dtype=bool)
    for fold in make_folds(table, protocol):
        known[fold.test] = np.isin(keys[fold.test], keys[fold.train])
    return np.where(known, *ACID_KNOWN)


def yield_ranges(predicted: Floats) -> Labels:
    """Return the range that each predicted yield is in: below 0.3, 0.3 to 0.7, above 0.7."""
    index = (predicted >= LOW_YIELD).astype(np.intp) + (predicted > HIGH_YIELD)
    return np.array(YIELD_RANGES)[index]
