"""Inventories of designs of a run, from its folder or as it was just made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from optimiser._io.errors import InputError
from optimiser.chemistry.impact_source import Provenance
from optimiser.lca.export import as_json, as_workbook
from optimiser.lca.inventory import Inventory, Per, inventory
from optimiser.report.stored import read_run
from optimiser.search.front import answer_of
from optimiser.search.run import RunResult
from optimiser.tables.own import OwnTables
from optimiser.tables.own_impacts import read_local_table


def of_run(folder: Path, numbers: Sequence[int], per: Per, impacts: str | None) -> list[Inventory]:
    """Return the inventories of designs of a stored run.

    Args:
        folder: of the run.
        numbers: of its designs, from 1 as in the report; none for the one that answers the question.
        per: the functional unit.
        impacts: name or path of a local table; None for the one that the run was made with, if any.

    Raises:
        InputError: as `read_run` and `read_local_table`; the run has no such design, or none at all.
    """
    behind = None if impacts is None else read_local_table(impacts).provenance
    known = read_run(folder)
    if not len(known.front):
        raise InputError(f"{folder} has no feasible design.", remedy="relax the question, and run it again")
    for number in numbers:
        if not 1 <= number <= len(known.front):
            raise InputError(
                f"The run has no design {number}.", where="--design", allowed=f"1 to {len(known.front)}"
            )
    problem, behind = known.problem, behind or _provenance(known.tables)
    evaluation = problem.evaluate(known.seen.designs.take(known.front))
    wanted = tuple(dict.fromkeys(numbers)) or (answer_of(problem, evaluation) + 1,)
    return [inventory(problem, evaluation, number - 1, number, per, behind) for number in wanted]


def of_result(result: RunResult, per: Per = "metal") -> list[Inventory]:
    """Return the inventory of the design that answers a run's question; none where nothing is feasible."""
    if result.front is None:
        return []
    front = result.front
    behind = _provenance(result.tables)
    return [inventory(result.problem, front.evaluation, front.answer, front.answer + 1, per, behind)]


def files_of(result: RunResult) -> dict[str, bytes]:
    """Return the files that ``--export brightway`` adds to a run's folder, by name.

    A workbook always, and JSON where the table of impacts names keys of Brightway.
    """
    made = of_result(result)
    if not made:
        return {}
    files = {"brightway.xlsx": as_workbook(made)}
    if made[0].linked and all(flow.behind.get("code") for flow in made[0].linked):
        files["brightway.json"] = as_json(made).encode()
    return files


def _provenance(tables: OwnTables | None) -> Provenance | None:
    return tables.given.provenance if tables is not None and tables.given is not None else None
