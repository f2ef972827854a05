"""Learn from own results: a published model and a table of results become a site model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError
from optimiser.problem.tolerances import DEFAULT
from optimiser.problem.yields import check_yields
from optimiser.surrogate.artefact import POINTS, Surrogate
from optimiser.surrogate.calibration import widening
from optimiser.surrogate.features import PREDICTED_METALS, acid_features
from optimiser.surrogate.fitted import Fitted
from optimiser.surrogate.site import OwnData, build, read_prior
from optimiser.tables.own_results import OwnResults, numbered
from optimiser.variables import CONTINUOUS, Designs, Floats, Ints

_N = len(PREDICTED_METALS)
_SETPOINTS = tuple(name for name in CONTINUOUS if name != "time")


def learn(results: OwnResults, base: Surrogate, name: str = "my-plant") -> Surrogate:
    """Return what a published model becomes with own results, without a file.

    Args:
        results: measured.
        base: the published model.
        name: of the site model.

    Raises:
        InputError: the base is a site model itself, or a rival that is not compiled.
    """
    check_base(base)
    prior, _ = read_prior()
    return build(base, prior, own_data(results, base), name)


def check_base(base: Surrogate) -> None:
    """Refuse a base that nothing can be learned on.

    Raises:
        InputError: it is a site model, or a rival of the model that ships.
    """
    if base.site is not None:
        raise InputError(
            f"{base.name} is a site model already: it cannot be the base of another.",
            where="--base",
            allowed="a published model, such as pd-gbr",
            remedy=f"add results to it: optimiser learn RESULTS.csv --add --name {base.name}",
        )
    if not isinstance(base.fitted, Fitted):
        raise InputError(
            f"{base.name} is a rival of the default and is not compiled: a site model of it could not be "
            "searched.",
            where="--base",
            allowed="pd-gbr, or what `optimiser train` fits without --model",
            remedy="leave --base out",
        )


def own_data(results: OwnResults, base: Surrogate) -> OwnData:
    """Return results with what a published model says of them.

    Yields above 1 count as 1. Predictions are over the usual tolerances, as those of a search are.
    """
    told, n = results.scenarios, len(results)
    for leached in told.feeds:
        check_yields(base, leached)
    mean, scale = np.full((2, n, _N), np.nan)
    compositions = np.array([[f.Ni, f.Mn, f.Co] for f in told.feeds])
    for k, leached in enumerate(told.feeds):
        mine = np.flatnonzero(told.feed == k)
        designs = Designs(told.acid[mine], told.continuous[mine])
        varied = np.array([base.domain.neighbourhood(leached, acid).varied for acid in told.acids])
        moved = DEFAULT.moved(designs.continuous, POINTS["high"], varied[designs.acid])
        said = base.predict(leached, told.acids, designs, moved=moved)
        wider = widening(said.domain_ratio, base.calibration.growth)
        mean[mine], scale[mine] = said.mean, said.scale / wider[:, None]
    keys = [acid.key for acid in told.acids]
    described = [base.acids.get(key, acid_features(acid)) for key, acid in zip(keys, told.acids, strict=True)]
    run, experiment, conditions = groups(results.frame)
    whole = np.array([feed.cathode_share for feed in told.feeds], dtype=np.float64)
    protons = [acid.usable_protons if len(acid.components) > 1 else np.nan for acid in told.acids]
    return OwnData(
        acid=np.array(keys)[told.acid],
        acid_features=np.array(described)[told.acid],
        feed=compositions[told.feed],
        continuous=told.continuous,
        run=run,
        experiment=experiment,
        conditions=conditions,
        yields=np.minimum(results.yields, 1.0),
        sd=results.sd,
        mean=mean,
        scale=scale,
        impurities=results.impurities,
        cathode_share=whole[told.feed],
        protons=np.array(protons, dtype=np.float64)[told.acid],
    )


def groups(frame: pd.DataFrame) -> tuple[Ints, Ints, Ints]:
    """Return which run, experiment and conditions each row of stored results belongs to, shape (n,) each.

    A run is one leach, from which samples may be taken at several times; replicates are runs of their own.
    """
    return (
        numbered(frame, (*_SETPOINTS, "replicate", "batch")),
        numbered(frame, _SETPOINTS),
        numbered(frame, CONTINUOUS),
    )


def joined_data(parts: Sequence[OwnData], frame: pd.DataFrame) -> OwnData:
    """Return the rows of several results as one, numbered by the table that holds them all."""
    run, experiment, conditions = groups(frame)
    columns: dict[str, Floats] = {
        f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(OwnData)
    }
    return OwnData(**{**columns, "run": run, "experiment": experiment, "conditions": conditions})  # type: ignore[arg-type]
