"""What RDKit reads off an acid's structure: the descriptors by which a model tells acids apart."""

from __future__ import annotations

import importlib
from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from optimiser._io.errors import InputError

#: RDKit's function for each descriptor.
_FUNCTIONS: dict[str, str] = {
    "heavy_atoms": "Lipinski.HeavyAtomCount",
    "molar_mass": "Descriptors.MolWt",
    "logP": "Crippen.MolLogP",
    "TPSA": "rdMolDescriptors.CalcTPSA",
    "h_donors": "rdMolDescriptors.CalcNumHBD",
    "h_acceptors": "rdMolDescriptors.CalcNumHBA",
    "max_partial_charge": "Descriptors.MaxPartialCharge",
    "min_partial_charge": "Descriptors.MinPartialCharge",
    "molar_refractivity": "Crippen.MolMR",
    "n_COOH": "Fragments.fr_COO",
    "n_CO": "Fragments.fr_C_O",
    "n_primary_amine": "Fragments.fr_NH2",
    "n_tertiary_amine": "Fragments.fr_NH0",
    "n_halogen": "Fragments.fr_halogen",
    "n_aliphatic_OH": "Fragments.fr_Al_OH",
}
#: Names of the descriptors, in the order of the array that `descriptors` returns.
DESCRIPTORS: tuple[str, ...] = (*_FUNCTIONS, "n_sulfur")


#: Characters of a SMILES at most; tannic acid, the largest that anybody leaches with, has 161.
LONGEST_SMILES = 500


def _rdkit(module: str) -> Any:
    # imported on first use, because RDKit takes longer to load than everything else here
    return importlib.import_module(f"rdkit.Chem.{module}" if module else "rdkit.Chem")


def _molecule(smiles: str) -> Any:
    chem = _rdkit("")
    if len(smiles) > LONGEST_SMILES:  # RDKit falls over deep ones, and takes the program with it
        raise InputError(
            f"A SMILES of {len(smiles):,} characters is too long.",
            allowed=f"up to {LONGEST_SMILES} characters",
            remedy="give the structure of one molecule of the acid",
        )
    with importlib.import_module("rdkit.rdBase").BlockLogs():
        molecule = chem.MolFromSmiles(smiles.strip())
    # an atom of number 0 stands for anything: it has no mass, and RDKit no numbers for it
    if (
        molecule is None
        or not molecule.GetNumAtoms()
        or any(not a.GetAtomicNum() for a in molecule.GetAtoms())
    ):
        raise InputError(
            f"{smiles!r} is not a SMILES that RDKit can read.",
            allowed="the structure as a SMILES string, e.g. OC(=O)C(=O)O for oxalic acid",
            remedy="copy it from PubChem, and quote it in YAML",
        )
    return molecule


def check_smiles(smiles: str) -> str:
    """Return a SMILES unchanged.

    Raises:
        InputError: RDKit cannot read it.
    """
    _molecule(smiles)
    return smiles


@cache
def structure_key(smiles: str) -> str:
    """Return the canonical SMILES without stereochemistry: the same for every way to write an acid.

    Mirror images count as one acid: they leach alike, and the data do not tell them apart.

    Raises:
        InputError: RDKit cannot read the SMILES.
    """
    return str(_rdkit("").MolToSmiles(_molecule(smiles), isomericSmiles=False))


@cache
def molar_mass(smiles: str) -> float:
    """Return the molar mass in g/mol, from IUPAC average atomic weights.

    Raises:
        InputError: RDKit cannot read the SMILES.
    """
    return float(_rdkit("Descriptors").MolWt(_molecule(smiles)))


@cache
def _descriptors(smiles: str) -> tuple[float, ...]:
    m = _molecule(smiles)
    values = []
    for function in _FUNCTIONS.values():
        module, name = function.split(".")
        values.append(getattr(_rdkit(module), name)(m))
    values.append(sum(atom.GetAtomicNum() == 16 for atom in m.GetAtoms()))
    # Gasteiger charges have no parameters for some elements: missing, not infinite
    return tuple(float(value) if np.isfinite(value) else float("nan") for value in values)


def descriptors(smiles: str) -> npt.NDArray[np.float64]:
    """Return the descriptors of a molecule in the order of `DESCRIPTORS`, shape (16,).

    Units: molar_mass g/mol; TPSA (topological polar surface area) square angstrom; partial charges
    (Gasteiger) in elementary charges; logP and molar_refractivity after Wildman and Crippen. The n_ count
    RDKit's fragments, with their ways: n_CO counts carbonyl oxygens, formic acid has no n_COOH (no carbon
    beside it), nitric acid has one n_tertiary_amine. NaN where a partial charge is undefined.

    Raises:
        InputError: RDKit cannot read the SMILES.
    """
    return np.array(_descriptors(smiles), dtype=np.float64)


@cache
def oxygen_demand(smiles: str) -> float:
    """Return the theoretical oxygen demand of an organic molecule, kg O2 per kg; 0 without carbon.

    C(n)H(a)O(b)N(c)S(d) takes n + a/4 - b/2 - 3c/4 + 3d/2 mol of O2 to CO2, H2O, NH3 and sulfate (general
    chemistry). Other elements are left as they are.

    Raises:
        InputError: RDKit cannot read the SMILES.

    Examples:
        >>> round(oxygen_demand("C(C(=O)O)C(CC(=O)O)(C(=O)O)O"), 2)  # citric acid: 4.5 mol per mol
        0.75
    """
    atoms = _rdkit("").AddHs(_molecule(smiles)).GetAtoms()
    count = Counter(atom.GetSymbol() for atom in atoms)
    if not count["C"]:
        return 0.0
    moles = count["C"] + count["H"] / 4.0 - count["O"] / 2.0 - 0.75 * count["N"] + 1.5 * count["S"]
    return max(moles, 0.0) * molar_mass("O=O") / molar_mass(smiles)
