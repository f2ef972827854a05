"""Choose how to leach lithium-ion cathodes: cost, impact and recovery that chemistry and data support.

>>> import optimiser as opt
>>> problem = opt.Problem(
...     feed="NMC111",
...     variables={"acid": ["sulfuric", "hydrochloric"], "temperature": (25, 90), "time": (10, 180)},
...     objectives=[opt.minimise("cost"), opt.maximise("recovery")],
...     constraints=[opt.Yields(Li=0.9, Co=0.9, confidence=0.8), opt.ProtonBalance(1.1)],
... )
>>> result = opt.run(problem, population=20, generations=5, seeds=[1])
>>> result.feasible
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optimiser._io.errors import InputError
    from optimiser.api import Front, Result, Sensitivity, choose, compare, predict, run, sensitivity
    from optimiser.chemistry.feeds import Feed
    from optimiser.problem.bounds import Bound
    from optimiser.problem.constraints import Yields
    from optimiser.problem.limits import (
        ApplicabilityDomain,
        Boiling,
        PeroxideHeat,
        ProtonBalance,
        ReductantBalance,
        Slurry,
        Solubility,
        StockStrength,
    )
    from optimiser.problem.load import Config, load_config, load_problem
    from optimiser.problem.objectives import Objective, maximise, minimise
    from optimiser.problem.schema import Problem
    from optimiser.questions import (
        AcidComparison,
        Answer,
        Breakeven,
        Suggestions,
        ask,
        breakeven,
        compare_acids,
        suggest,
    )
    from optimiser.site_models import SiteModel, learn
    from optimiser.sweep_results import SweepResult, sweep
    from optimiser.system_models import SystemModel, train

    __version__: str

__all__ = [
    "AcidComparison",
    "Answer",
    "ApplicabilityDomain",
    "Boiling",
    "Bound",
    "Breakeven",
    "Config",
    "Feed",
    "Front",
    "InputError",
    "Objective",
    "PeroxideHeat",
    "Problem",
    "ProtonBalance",
    "ReductantBalance",
    "Result",
    "Sensitivity",
    "SiteModel",
    "Slurry",
    "Solubility",
    "StockStrength",
    "Suggestions",
    "SweepResult",
    "SystemModel",
    "Yields",
    "ask",
    "breakeven",
    "choose",
    "compare",
    "compare_acids",
    "learn",
    "load_config",
    "load_problem",
    "maximise",
    "minimise",
    "predict",
    "run",
    "sensitivity",
    "suggest",
    "sweep",
    "train",
]

#: Module of each public name: imported when the name is first used, so that `import optimiser` is quick.
_MODULES = {
    "_io.errors": ("InputError",),
    "api": (
        *("Front", "Result", "Sensitivity"),
        *("choose", "compare", "predict", "run", "sensitivity"),
    ),
    "chemistry.feeds": ("Feed",),
    "problem.bounds": ("Bound",),
    "problem.constraints": ("Yields",),
    "problem.limits": (
        *("ApplicabilityDomain", "Boiling", "PeroxideHeat", "ProtonBalance", "ReductantBalance"),
        *("Slurry", "Solubility", "StockStrength"),
    ),
    "problem.load": ("Config", "load_config", "load_problem"),
    "problem.objectives": ("Objective", "maximise", "minimise"),
    "problem.schema": ("Problem",),
    "questions": (
        *("AcidComparison", "Answer", "Breakeven", "Suggestions"),
        *("ask", "breakeven", "compare_acids", "suggest"),
    ),
    "site_models": ("SiteModel", "learn"),
    "sweep_results": ("SweepResult", "sweep"),
    "system_models": ("SystemModel", "train"),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


if not TYPE_CHECKING:  # a checker is to see a name that does not exist

    def __getattr__(name: str) -> Any:
        if name == "__version__":
            return _version()
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
        globals()[name] = found
        return found

    def _version() -> str:
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("leaching-optimiser")
        except PackageNotFoundError:  # a checkout that was never installed
            return "unknown"


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
