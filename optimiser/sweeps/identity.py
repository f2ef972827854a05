"""What determines a run, as one hash: runs of the same hash have the same result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from optimiser import __version__
from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.energy import supplied
from optimiser.chemistry.mixtures import choose
from optimiser.chemistry.reagents import load_reagents
from optimiser.problem.binding import known_acids
from optimiser.problem.load import Config
from optimiser.problem.schema import Problem
from optimiser.surrogate.artefact import Surrogate
from optimiser.tables.own import OwnTables

#: Tables in ``models/`` of which only what a run uses counts, and those that no run looks at.
_BY_VALUE = frozenset({"acids.yaml", "reagents.yaml", "feeds.yaml", "energy.yaml"})
_UNUSED = frozenset({"lca_names.yaml", "seed_paper.yaml", "toolkit.yaml", "toolkit_faults.yaml"})
#: Parts of a problem that change no number, or that count by what they stand for.
_NAMES = ("name", "description", "surrogate", "impacts", "acids")


def run_key(config: Config, tables: OwnTables | None, surrogate: Surrogate) -> str:
    """Return the sha256 of what determines a run.

    The whole question, the search with its seeds, the yield model, version and tables of the program, and of
    the acids those that the problem names: a price of another acid does not matter.

    Args:
        config: what is asked.
        tables: own tables that count for it, as `tables.own.tables_of` reads them; None for the shipped ones.
        surrogate: the yield model.

    Returns:
        64 hexadecimal digits.
    """
    question = config.problem
    known = known_acids(question) if tables is None else tables.acids
    reagents = supplied(load_reagents(), question.process) if tables is None else tables.reagents
    impacts = [file.sha256 for file in tables.files if file.kind == "impacts"] if tables else []
    said = {
        "version": __version__,
        "tables": _shipped(),
        "question": {
            name: value
            for name, value in question.model_dump(mode="json", by_alias=True).items()
            if name not in _NAMES
        },
        "search": config.search.model_dump(mode="json"),
        "surrogate": surrogate.sha256,
        "acids": _acids(question, known),
        "reagents": {name: reagents[name].model_dump(mode="json") for name in reagents},
        "impacts": impacts,
    }
    return hashlib.sha256(json.dumps(_unsourced(said), sort_keys=True).encode()).hexdigest()


@cache
def _shipped() -> dict[str, str]:
    return {name: sha for name, sha in builtin.table_hashes().items() if name not in _BY_VALUE | _UNUSED}


def _acids(question: Problem, known: Mapping[str, Acid]) -> dict[str, Any]:
    """Return the numbers of the acids and mixtures that a problem names; all acids where it names none."""
    found: dict[str, Any] = {}
    for name in getattr(question.variables, "acid", None) or known:
        try:
            found[name] = choose(name, known).model_dump(mode="json")
        except InputError:  # the run says what is wrong with it
            found[name] = None
    return found


def _unsourced(value: Any) -> Any:
    """Return numbers without where they come from, such as the path of a table."""
    if isinstance(value, dict):
        return {key: _unsourced(v) for key, v in value.items() if key not in ("source", "note")}
    return [_unsourced(v) for v in value] if isinstance(value, list) else value
