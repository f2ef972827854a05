"""Impact factors from the user's Brightway project, which is read and never written."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from optimiser._io.errors import InputError, closest
from optimiser._io.extras import needs
from optimiser._io.reading import said
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.reagents import load_reagents
from optimiser.lca.choosing import Candidate, Method, choose_activity, choose_methods, wanted_names
from optimiser.lca.names import MOST_LISTED, Names, check_unit, listed
from optimiser.lca.table import Activity, LocalTable, today
from optimiser.variables import Floats

#: Percentiles that the uncertainty of a factor is told by, over the draws.
_ENDS = (2.5, 97.5)
#: Draws that are enough for these, and that nobody waits for longer than for.
FEWEST, MOST = 40, 10_000


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Brightway prints out of the answer, and its advice on faster solvers out of the errors."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def import_brightway(
    project: str,
    database: str,
    names: Names,
    *,
    name: str,
    version: str | None = None,
    system_model: str | None = None,
    draws: int = 0,
    seed: int = 0,
) -> LocalTable:
    """Compute the impacts of everything a leach uses, in all categories, with one `MultiLCA`.

    Args:
        project: of Brightway, in the folder that ``BRIGHTWAY2_DIR`` names or the usual one.
        database: of the project.
        names: activities and methods to look for.
        name: of the table.
        version, system_model: of the database; told by its metadata or its name where left out.
        draws: how often to draw the database's uncertain numbers; 0 for none.
        seed: of the draws.

    Raises:
        InputError: the extra is not installed; there is no such project, database or method; the project is
            of Brightway 2 or the database is not processed; several activities fit; an activity is counted
            in something that does not convert; no activity is found at all.
    """
    needs("lca")
    if draws and not FEWEST <= draws <= MOST:
        raise InputError(
            f"{draws} draws are not possible.", where="--draws", allowed=f"0, or {FEWEST} to {MOST}"
        )
    with _quiet():
        data = _open(project, database)
        methods = choose_methods(list(data.methods), names)
        units = {
            category: check_unit(
                category, str(data.methods[method].get("unit", "")), f"method {' | '.join(method)}"
            )
            for category, method in methods.items()
        }
        activities, missing = _activities(data, database, names)
        _refuse_unprocessed(data, database)
        try:
            scores, drawn = _scores(data, database, activities, list(methods.values()), draws, seed)
        except (data.calc.errors.BW2CalcError, data.errors.BW2Exception, ValueError, OSError) as error:
            raise InputError(
                f"Brightway cannot compute {database}: {said(error) or type(error).__name__}.",
                where="--database",
                remedy="check in your project that bw2calc.LCA computes an activity of it",
            ) from None
    amounts = np.array([activity.amount for activity in activities.values()])
    factors = scores * amounts + 0.0  # no negative zeros
    if not np.isfinite(factors).all():
        row, column = np.argwhere(~np.isfinite(factors))[0]
        raise InputError(
            f"The impact of {list(activities)[column]} on {list(methods)[row]} is no number.",
            where=f"database {database}",
            remedy="check the database: its matrix may be singular",
        )
    if drawn is not None:
        activities = _with_uncertainty(activities, tuple(methods), drawn * amounts)
    told = _told(data.databases[database], database)
    source = {
        "kind": "brightway",
        "project": project,
        "database": database,
        "version": version or told["version"],
        "system_model": system_model or told["system_model"],
        "method": names.method,
        "date": today(),
        "computed_with": f"bw2calc {data.calc.__version__}",
    }
    return LocalTable(
        name=name,
        source={key: text for key, text in source.items() if text},
        units=units,
        factors={
            category: dict(zip(activities, row.tolist(), strict=True))
            for category, row in zip(methods, factors, strict=True)
        },
        activities=activities,
        missing=missing,
        notes=_elsewhere(names, activities, database),
    )


def _open(project: str, database: str) -> Any:
    """Open a project for reading, and return bw2data with bw2calc as its ``calc``."""
    try:
        import bw2calc
        import bw2data
    except OSError as error:  # BRIGHTWAY2_DIR names no folder
        raise InputError(
            f"Brightway's folder cannot be opened: {error}.",
            where="BRIGHTWAY2_DIR",
            remedy="correct the variable",
        ) from None
    # opening a project by a name that is not there would make it
    every = sorted(p.name for p in bw2data.projects)
    if project not in every:
        raise InputError(
            f"Brightway has no project {project!r}.",
            where="--project",
            allowed=listed(every),
            remedy=closest(project, every) or "set BRIGHTWAY2_DIR to the folder that holds your projects",
        )
    bw2data.projects.set_current(project, writable=False, update=False)
    if not bw2data.projects.twofive:
        raise InputError(
            f"The project {project!r} is one of Brightway 2.",
            where="--project",
            allowed="a project of Brightway 2.5",
            remedy="migrate a copy of it: bw2data.projects.migrate_project_25()",
        )
    there = sorted(bw2data.databases)
    if database not in there:
        raise InputError(
            f"The project {project!r} has no database {database!r}.",
            where="--database",
            allowed=listed(there),
            remedy=closest(database, there),
        )
    bw2data.calc = bw2calc
    return bw2data


def _activities(
    data: Any, database: str, names: Names
) -> tuple[dict[str, Activity], tuple[Mapping[str, str], ...]]:
    """Return the activity of each substance, and what has none."""
    from bw2data.backends.schema import ActivityDataset as Row

    wanted = wanted_names(names)
    every = sorted(set().union(*wanted.values()))
    codes = [b.code for b in names.activities.values() if b.code is not None]
    processes = Row.type.is_null() | (Row.type << data.labels.process_node_types)
    rows = Row.select().where(
        (Row.database == database) & processes & ((Row.name << every) | (Row.code << codes))
    )
    nodes = {row.code: data.get_node(id=row.id) for row in rows}
    candidates = [
        Candidate(
            n["name"],
            n.get("location") or "",
            n.get("unit") or "",
            database,
            code,
            product=n.get("reference product") or "",
        )
        for code, n in nodes.items()
    ]
    found: dict[str, Activity] = {}
    missing: list[Mapping[str, str]] = []
    for substance, behind in names.activities.items():
        mine = [c for c in candidates if c.name in wanted[substance] or c.code == behind.code]
        chosen = choose_activity(substance, names, mine, lambda s=substance: _nearby(Row, database, s))  # type: ignore[misc]
        if isinstance(chosen, str):
            missing.append({"substance": substance, "why": chosen})
            continue
        where = f"{chosen.told} of {database}"
        amount = names.amount(substance, chosen.unit, where)
        # a treatment has its waste as a negative product: one more m3 to treat is a demand of minus one
        sign = -1.0 if sum(e["amount"] for e in nodes[chosen.code].production()) < 0.0 else 1.0
        found[substance] = Activity(
            chosen.name,
            chosen.location,
            chosen.unit,
            names.basis(substance),
            sign * amount,
            database,
            chosen.code,
        )
    if not found:
        raise InputError(
            f"None of the activities is in {database}.",
            where="--database",
            allowed="a database with the activities of models/lca_names.yaml, or of a mapping file",
            remedy="name its activities in a mapping file (--mapping)",
        )
    return found, tuple(missing)


def _elsewhere(names: Names, activities: Mapping[str, Activity], database: str) -> tuple[str, ...]:
    """Say which activities are not of the country that was asked for."""
    return tuple(
        f"{database} has no {names.activities[substance].in_country!r} in {names.country}: "
        f"{activity.activity} of {activity.location} stands for {substance}."
        for substance, activity in activities.items()
        if names.country is not None
        and names.activities[substance].in_country is not None
        and activity.location != names.country
    )


def _nearby(row: Any, database: str, substance: str) -> list[str]:
    """Return names of activities that hold the substance's label."""
    items: dict[str, Any] = {**load_acids(), **load_reagents()}
    label = items[substance].label if substance in items else substance
    found = (
        row.select(row.name)
        .where((row.database == database) & row.name.contains(label))
        .distinct()
        .limit(MOST_LISTED)
    )
    return sorted(entry.name for entry in found)


def _refuse_unprocessed(data: Any, database: str) -> None:
    """Refuse a database whose matrices are not there or out of date: making them would write the project."""
    for name in sorted(data.Database(database).find_graph_dependents()):
        if data.databases[name].get("dirty") or not data.Database(name).filepath_processed().is_file():
            raise InputError(
                f"The database {name!r} has changed since Brightway processed it.",
                where="--database",
                remedy=f"process it in your project first: bw2data.Database({name!r}).process()",
            )


def _scores(
    data: Any,
    database: str,
    activities: Mapping[str, Activity],
    methods: Sequence[Method],
    draws: int,
    seed: int,
) -> tuple[Floats, Floats | None]:
    """Return the impact of one unit of each activity, (c, s), and that of each draw, (d, c, s), or None."""
    keys = {substance: data.get_id((database, a.code)) for substance, a in activities.items()}
    demands = {substance: {key: 1.0} for substance, key in keys.items()}
    config = {"impact_categories": list(methods)}
    packages = data.get_multilca_data_objs(functional_units=demands, method_config=config)

    def calculation(**options: Any) -> Any:
        made = data.calc.MultiLCA(demands=demands, method_config=config, data_objs=packages, **options)
        made.lci()
        made.lcia()
        return made

    def table(made: Any) -> Floats:
        scores = made.scores
        return np.array([[scores[method, substance] for substance in demands] for method in methods])

    fixed = table(calculation())
    if not draws:
        return fixed, None
    random = calculation(use_distributions=True, seed_override=seed)
    random.keep_first_iteration()
    drawn = []
    for _ in range(draws):
        next(random)
        drawn.append(table(random))
    return fixed, np.array(drawn)


def _with_uncertainty(
    activities: Mapping[str, Activity], categories: Sequence[str], drawn: Floats
) -> dict[str, Activity]:
    """Return the activities with the ends of their factors; without, where every draw was the same."""
    low, high = np.percentile(drawn, _ENDS, axis=0)
    found = {}
    for column, (substance, activity) in enumerate(activities.items()):
        ends = {
            category: (float(low[row, column]), float(high[row, column]))
            for row, category in enumerate(categories)
            if not np.isclose(low[row, column], high[row, column], rtol=1e-9, atol=0.0)
        }
        found[substance] = replace(activity, uncertainty=ends or None)
    return found


def _told(metadata: Mapping[str, Any], database: str) -> dict[str, str]:
    """Return version and system model as the database's metadata or its name tell them; empty if neither."""
    version = re.search(r"\d+(?:\.\d+)+", database)
    model = re.search(r"cut-?off|apos|consequential|unit regionalised", database, re.IGNORECASE)
    return {
        "version": str(metadata.get("version") or (version[0] if version else "")),
        "system_model": str(metadata.get("system_model") or (model[0].lower() if model else "")),
    }
