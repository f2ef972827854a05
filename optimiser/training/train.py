"""Rebuild the artefact that ships: hold out, calibrate, fit on every row, write all or nothing."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from optimiser._io.output import check_folder, placed
from optimiser.problem.tolerances import default_tolerances
from optimiser.surrogate.artefact import ARRAYS, REGRESSORS, complete_card
from optimiser.surrogate.domain import fit_domain
from optimiser.surrogate.encoding import encoding_of
from optimiser.surrogate.fitted import Fitted, Predictor
from optimiser.surrogate.packing import CARD, pack
from optimiser.surrogate.site import prior_arrays
from optimiser.surrogate.training_table import TrainingTable, read_table
from optimiser.systems.table import SystemTable
from optimiser.training.calibrate import Evidence, calibrate, furthest, gather
from optimiser.training.fit import Progress, Recipe, shipped_recipe
from optimiser.training.held_out import HeldOut, hold_out
from optimiser.training.protocols import PROTOCOLS, make_folds
from optimiser.training.scores import skill
from optimiser.training.stored import FOLDS_FILE, pack_held_out
from optimiser.training.system_prior import system_prior

#: Told the evidence and the held-out predictions by protocol, it returns figures for the card.
Judge = Callable[[Evidence, Mapping[str, HeldOut]], dict[str, Any]]
_LIBRARIES = ("numpy", "scikit-learn", "lightgbm", "rdkit", "numba", "scipy", "skops")
_LIMITS = (
    "yields of metals that the feed does not contain are masked, in fitting and in the figures",
    "the spread over anchors is no confidence; use the calibrated intervals",
    "yields, held out and told, are means over the tolerances above unless these are off",
)
_OF_CATHODES = (
    "rows that break stoichiometry are fitted on, and support nothing in the applicability domain",
    "a random split flatters: most test rows have their own kinetic curve in training",
    "the peroxide column of the data mixes conventions, up to about 4 x apart",
)
_OF_SYSTEMS = (
    "rows held out at random flatter: most have others of their own experiment in training",
    "how the members are fitted was chosen on a nodule and a rare-earth table with experiments held out: "
    "on these two the figures flatter a little; on any other table they do not",
)
DATA_NOTICE = {
    "licence": "MIT",
    "copyright": "Copyright (c) 2025 andrenog",
    "doi": "10.5281/zenodo.16096943",
    "version": "v1.0.2",
    "citation": (
        "A. Nogueira, F. H. B. Sosa, A. C. Dias, J. A. P. Coutinho, N. Schaeffer, LIB Leaching Toolkit, "
        "Green Chem., 2026, 10.1039/d5gc04752h; data and code 10.5281/zenodo.16096943"
    ),
}


def train(
    table_path: Path,
    out: Path,
    how: Recipe | None = None,
    *,
    overwrite: bool = False,
    progress: Progress = lambda *_: None,
    also: Judge = lambda *_: {},
) -> Path:
    """Hold out every experiment and study once, calibrate on what comes out, fit on all rows, write a folder.

    Args:
        table_path: training table (xlsx).
        out: folder to write; its name becomes the surrogate's.
        how: what is fitted; the model that ships if left out.
        overwrite: replace an artefact that is already there.
        progress: called with steps done, steps in all, what comes next.
        also: further figures of accuracy for the card.

    Returns:
        The folder.

    Raises:
        InputError: a bad or too small table, or ``out`` exists and is not to be, or must not be, replaced.
    """
    how = how or shipped_recipe()
    check_folder(out, overwrite, ours=lambda folder: (folder / CARD).is_file())
    table = read_table(table_path)
    every = np.arange(len(table))
    fit_domain(table, every)  # refuses a table that is too small, before anything is fitted
    fits = 1 + sum(len(make_folds(table, protocol)) for protocol in PROTOCOLS)
    steps, done = fits * how.steps + 1, iter(range(fits * how.steps + 1))

    def step(what: str) -> None:
        progress(next(done), steps, what)

    held = {protocol: hold_out(table, protocol, how, step) for protocol in PROTOCOLS}
    fitted = how.fit(table, every, lambda what: step(f"all rows, {what}"))
    step("calibration and files")
    files = assemble(table, how, held, fitted, also)
    with placed(out, "choose another folder") as folder:
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
    progress(steps, steps, "done")
    return out


def assemble(
    table: TrainingTable | SystemTable,
    how: Recipe,
    held: Mapping[str, HeldOut],
    fitted: Predictor,
    also: Judge = lambda *_: {},
    more: Mapping[str, Any] | None = None,
) -> dict[str, bytes]:
    """Calibrate a fitted model on held-out predictions and return the files of its artefact.

    Args:
        table: training table.
        how: it was fitted.
        held: predictions of every protocol.
        fitted: on all rows.
        also: further figures of accuracy for the card.
        more: further entries of the card.
    """
    evidence, encoding = gather(table, held), encoding_of(table.system)
    found = calibrate(evidence, held["experiment"], furthest(held), np.ones(len(table), dtype=bool))
    beside = {}
    if isinstance(table, SystemTable):
        prior = system_prior(evidence, held, found.scores)
        beside = {**table.arrays(), **prior_arrays(prior)}
    arrays, regressors = (
        pack(fitted, encoding.options_of(table), evidence.domain, found, beside),
        fitted.regressors_file(),
    )
    described = describe(evidence, held, how, fitted, found.growth)
    described["skill"] |= also(evidence, held)
    described |= more or {}
    card = complete_card(described, arrays, evidence.domain, regressors, encoding)
    text = "# Model card, written by `optimiser train`. Do not edit: the arrays are pinned to it.\n"
    text += yaml.safe_dump(card, sort_keys=False, allow_unicode=True, width=100)
    files = {CARD: text.encode(), ARRAYS: arrays, FOLDS_FILE: pack_held_out(table, how.settings, held)}
    return files if regressors is None else {**files, REGRESSORS: regressors}


def describe(
    evidence: Evidence, held: Mapping[str, HeldOut], how: Recipe, fitted: Predictor, growth: float
) -> dict[str, Any]:
    """Return the part of the model card that a reader needs and loading does not."""
    table = evidence.table
    return {
        "model": how.model,
        "sources": {
            "method": "Tynes et al. 2021, 10.1021/acs.jcim.1c00670",
            "model": "Nogueira et al., Green Chem. 2026, 10.1039/d5gc04752h",
        },
        "training": {
            "sha256": table.sha256,
            "rows": len(table),
            "experiments": int(table.experiments.max()) + 1,
            "studies": int(table.studies.max()) + 1,
            "breaking_stoichiometry": int((~table.sound).sum()),
            "masked_yields": int((~table.present).sum()),
            "rows_per_metal": dict(
                zip(table.system.responses, table.present.sum(axis=0).tolist(), strict=True)
            ),
        },
        "hyperparameters": json.loads(json.dumps(how.settings)),  # tuples as lists
        **({"slack": fitted.mixture.slack} if isinstance(fitted, Fitted) else {}),
        "tolerances": default_tolerances(table.system).record(),
        "anchors": {
            "number": fitted.anchors,
            **({"chosen_by": "greedy herding of the anchors' votes"} if fitted.anchors else {}),
        },
        "calibration": {
            "method": "conformal predictive system on held-out experiments, normalised; nested when measured",
            "growth_outside_domain": round(growth, 2),
        },
        "skill": {
            "measured_on": "what was held out; the artefact itself is fitted on all rows",
            **skill(evidence, held),
        },
        "limits": [*_LIMITS, *(_OF_CATHODES if table.system.is_cathode else _OF_SYSTEMS)],
        "libraries": {name: importlib.metadata.version(name) for name in _LIBRARIES},
        "data": DATA_NOTICE if table.system.is_cathode else {"source": table.system.spec.source},
    }
