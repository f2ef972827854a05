"""What the yield model sees of a feed, an acid and a design: 32 features in a fixed order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from optimiser.chemistry.descriptors import DESCRIPTORS, descriptors, structure_key
from optimiser.chemistry.metals import BASE_METALS
from optimiser.surrogate.training_table import TrainingTable
from optimiser.variables import COLUMN, CONTINUOUS, VARIABLES, Bools, Designs, Floats

#: The metals whose yields the model predicts, in the order of every array of yields.
PREDICTED_METALS = BASE_METALS
_DESCRIPTOR_UNITS = {
    "molar_mass": "g/mol",
    "TPSA": "A2",
    "max_partial_charge": "e",
    "min_partial_charge": "e",
    "molar_refractivity": "cm3/mol",
}
_UNITS = {variable.name: variable.unit for variable in VARIABLES}


class Feature(NamedTuple):
    """One column of the feature matrix; ``unit`` is ``-`` for pure numbers."""

    name: str
    unit: str


class Leachant(Protocol):
    """What is known of an acid, or of another option of a system, whatever the model."""

    @property
    def key(self) -> str:
        """Identity: the structure, or those of a mixture with their shares."""

    @property
    def components(self) -> Sequence[tuple[Leachant, float]]:
        """The acids of a mixture with their mole shares; itself where it is none."""


class AcidLike(Leachant, Protocol):
    """What a model of cathodes needs of an acid."""

    @property
    def smiles(self) -> str:
        """Structure."""

    @property
    def components(self) -> Sequence[tuple[AcidLike, float]]:
        """The acids of a mixture with their mole shares; itself where it is none."""

    @property
    def pKa_values(self) -> tuple[float, ...]:  # noqa: N802
        """Dissociation constants, strongest first."""

    @property
    def n_protons(self) -> int:
        """Number of acidic protons."""

    @property
    def salt_solubility_values(self) -> Floats:
        """Solubility of the Li, Ni, Mn, Co salts in g/100 mL, NaN where unknown, shape (4,)."""


class Leached(Protocol):
    """What is known of a feed, whatever the model."""

    @property
    def place(self) -> tuple[float, ...]:
        """The numbers that describe it: of a cathode mol Ni, Mn, Co per mol Li."""

    @property
    def present(self) -> Bools:
        """Which responses the feed has: of a cathode which of Li, Ni, Mn, Co it contains, shape (m,)."""

    @property
    def cathode_share(self) -> float:
        """Mass of cathode per mass of what is fed; 1 of what is no cathode."""

    @property
    def impurities(self) -> Mapping[str, float]:
        """Mass of copper, aluminium and iron per mass of what is fed; what own results may depend on."""


class FeedLike(Leached, Protocol):
    """What a model of cathodes needs of a feed: mol per mol Li."""

    @property
    def Ni(self) -> float:  # noqa: N802
        """Mol Ni per mol Li."""

    @property
    def Mn(self) -> float:  # noqa: N802
        """Mol Mn per mol Li."""

    @property
    def Co(self) -> float:  # noqa: N802
        """Mol Co per mol Li."""


FEATURES: tuple[Feature, ...] = (
    Feature("Ni", "mol/mol Li"),
    Feature("Mn", "mol/mol Li"),
    Feature("Co", "mol/mol Li"),
    Feature("temperature", _UNITS["temperature"]),
    Feature("pKa1", "-"),
    Feature("pKa2", "-"),
    Feature("pKa3", "-"),
    Feature("n_protons", "-"),
    Feature("acid_concentration", _UNITS["acid_concentration"]),
    Feature("h2o2", _UNITS["h2o2"]),
    Feature("solid_liquid_ratio", _UNITS["solid_liquid_ratio"]),
    Feature("time", _UNITS["time"]),
    *(Feature(f"solubility_{metal}", "g/100 mL") for metal in PREDICTED_METALS),
    *(Feature(name, _DESCRIPTOR_UNITS.get(name, "-")) for name in DESCRIPTORS),
)
_NAMES = [feature.name for feature in FEATURES]
FEED_COLUMNS = [_NAMES.index(name) for name in ("Ni", "Mn", "Co")]
CONTINUOUS_COLUMNS = [_NAMES.index(name) for name in CONTINUOUS]
ACID_COLUMNS = [j for j in range(len(FEATURES)) if j not in (*FEED_COLUMNS, *CONTINUOUS_COLUMNS)]


def of_cathode(continuous: Floats, share: Floats | float) -> Floats:
    """Return setpoints with the solid-to-liquid ratio of the cathode instead of that of all that is fed.

    The yield model and its domain know cathodes: what is beside them is no solid to them.

    Args:
        continuous: variables of ``CONTINUOUS`` along the last axis.
        share: mass of cathode per mass of what is fed, one or one per row; with 1 the setpoints come back as
            they are. Its inverse turns the cathode's ratio into that of the feed.
    """
    if np.all(np.equal(share, 1.0)):
        return continuous
    found = continuous.copy()
    found[..., COLUMN["solid_liquid_ratio"]] *= share
    return found


def acid_features(acid: AcidLike) -> Floats:
    """Return the features of an acid, in the order of ``ACID_COLUMNS``, shape (24,)."""
    pka = np.full(3, np.nan)
    given = acid.pKa_values[:3]
    pka[: len(given)] = given
    return np.concatenate(
        [pka, [float(acid.n_protons)], acid.salt_solubility_values, descriptors(acid.smiles)],
        dtype=np.float64,
    )


def feature_matrix(
    feed: FeedLike,
    acids: Sequence[AcidLike],
    designs: Designs,
    fitted: Mapping[str, Floats] | None = None,
) -> Floats:
    """Return the features of designs, NaN where an acid has no such value.

    Args:
        feed: the cathode.
        acids: the acids that ``designs.acid`` counts.
        designs: n designs.
        fitted: features of the acids of the training data by ``structure_key``, which replace the acid's own:
            a model must see an acid as it did in training, where a pKa may have been another source's (HCl
            -8, elsewhere -6.3). An unseen acid is described by its own pKa, solubilities and structure.

    Returns:
        Columns as in ``FEATURES``, shape (n, 32).

    Raises:
        InputError: RDKit cannot read an acid's SMILES.
    """
    rows = np.full((len(acids), len(ACID_COLUMNS)), np.nan)
    for index in np.unique(designs.acid):
        acid = acids[index]
        known = None if fitted is None else fitted.get(acid.key)
        rows[index] = acid_features(acid) if known is None else known
    matrix = np.empty((len(designs), len(FEATURES)))
    matrix[:, FEED_COLUMNS] = (feed.Ni, feed.Mn, feed.Co)
    matrix[:, CONTINUOUS_COLUMNS] = designs.continuous
    matrix[:, ACID_COLUMNS] = rows[designs.acid]
    return matrix


def table_features(table: TrainingTable) -> Floats:
    """Return the features of a training table's rows, with the table's own pKa and solubilities, (n, 32)."""
    matrix = np.empty((len(table), len(FEATURES)))
    matrix[:, FEED_COLUMNS] = table.feed
    matrix[:, CONTINUOUS_COLUMNS] = table.continuous
    matrix[:, ACID_COLUMNS] = np.column_stack(
        [table.pka, table.n_protons, table.solubility, np.array([descriptors(s) for s in table.smiles])]
    )
    return matrix


def fitted_acids(table: TrainingTable) -> dict[str, Floats]:
    """Return the features of each acid as the table has them, by ``structure_key``."""
    matrix = table_features(table)[:, ACID_COLUMNS]
    return {structure_key(smiles): matrix[row] for row, smiles in reversed(list(enumerate(table.smiles)))}
