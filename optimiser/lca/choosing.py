"""Which methods and activities of a database to take; nothing is guessed, and what is open is listed."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from optimiser._io.errors import InputError
from optimiser.lca.names import Behind, Names, listed

Method = tuple[str, ...]


@dataclass(frozen=True)
class Candidate:
    """An activity of a database: its name, place, unit, product, and its key or row."""

    name: str
    location: str
    unit: str
    database: str = ""
    code: str = ""
    row: int | None = None
    product: str = ""

    @property
    def told(self) -> str:
        """How a message tells it."""
        key = f"code {self.code}" if self.code else "" if self.row is None else f"row {self.row}"
        product = "" if self.product in self.name else f"product {self.product}"
        return f"{self.name} ({', '.join(p for p in (self.location, self.unit, product, key) if p)})"


def choose_methods(methods: Iterable[Method], names: Names) -> dict[str, Method]:
    """Return the method of each of our categories.

    A method is taken by its last three elements: the set's name, its category and its indicator. Those with
    "no LT" or "EN15804" in an element are never taken, and sub-splits have other elements.

    Args:
        methods: all of the project.
        names: the set's name, and the elements of each category.

    Raises:
        InputError: a category has no method, with what is nearest; or it has several, of which the mapping
            chooses one by ``prefix``.

    Examples:
        >>> from optimiser.lca.names import shipped_names
        >>> every = [("EF v3.1", c.category, c.indicator) for c in shipped_names().categories.values()]
        >>> choose_methods(every, shipped_names())["land use"]
        ('EF v3.1', 'land use', 'soil quality index')
    """
    usable = [m for m in methods if not any(never in part for part in m for never in names.never)]
    found: dict[str, Method] = {}
    absent: list[tuple[str, str, str]] = []
    for ours, category in names.categories.items():
        wanted = (names.method, category.category, category.indicator)
        fitting = [m for m in usable if m[-3:] == wanted and names.prefix in (None, m[:-3])]
        if len(fitting) > 1:
            raise InputError(
                f"{len(fitting)} methods are {' | '.join(wanted)}.",
                where="methods of the project",
                allowed=listed(" | ".join(m) for m in fitting),
                remedy=f"choose in a mapping file (--mapping), e.g. prefix: [{', '.join(fitting[0][:-3])}]",
            )
        if fitting:
            found[ours] = fitting[0]
        else:
            absent.append(wanted)
    if absent:
        sets = sorted({m[-3] for m in usable if len(m) >= 3})
        close = difflib.get_close_matches(" | ".join(absent[0]), [" | ".join(m[-3:]) for m in usable], 3, 0.5)
        raise InputError(
            f"The project has no method {' | '.join(absent[0])}"
            + (f" (and lacks {len(absent) - 1} more of {len(names.categories)})." if absent[1:] else "."),
            where="methods of the project",
            allowed=f"the sets {listed(sets)}" if sets else "methods of EF v3.1; the project has none",
            remedy="nearest: " + "; ".join(close) if close else "name the set with --method",
        )
    return found


def choose_activity(
    substance: str, names: Names, candidates: Sequence[Candidate], nearby: Callable[[], Sequence[str]]
) -> Candidate | str:
    """Return the activity that stands for a substance, or why there is none.

    Args:
        substance: one of ``names.activities``.
        names: what to look for.
        candidates: the activities with its names, or its code.
        nearby: gives names of activities that may be meant, where there is none.

    Raises:
        InputError: several have the same name and location; or the mapping names one that is not there.
    """
    behind = names.activities[substance]
    if behind.activity is None and behind.code is None:
        close = () if substance in names.chosen else nearby()
        return behind.why + (f"; names that hold its own: {listed(close)}" if close else "")
    if behind.code is not None:
        return _by_code(substance, behind, candidates)
    for name, location in _places(behind, names):
        fitting = [
            c
            for c in candidates
            if (c.name, c.location) == (name, location) and behind.product in (None, c.product)
        ]
        if len(fitting) > 1:
            raise InputError(
                f"{len(fitting)} activities are {name!r} in {location or 'no location'}: which one stands "
                f"for {substance}?",
                where=f"activities: {substance}",
                allowed=listed(c.told for c in fitting),
                remedy=_choose(substance, fitting[0]),
            )
        if fitting:
            return fitting[0]
    elsewhere = sorted({c.location for c in candidates if c.name == behind.activity})
    places = behind.location or ", ".join(names.locations)
    if elsewhere:
        why = f"{behind.activity!r} is not in {places}, only in {listed(elsewhere)}"
    else:
        close = nearby()
        why = f"no activity is called {behind.activity!r}" + (f"; nearest: {listed(close)}" if close else "")
    if substance in names.chosen:
        raise InputError(
            f"{why[:1].upper()}{why[1:]}.",
            where=f"--mapping, key activities.{substance}",
            allowed="an activity of the database",
            remedy=f"correct name, location or unit, or write {substance}: null to leave it out",
        )
    return why


def _by_code(substance: str, behind: Behind, candidates: Sequence[Candidate]) -> Candidate:
    fitting = [c for c in candidates if c.code == behind.code]
    if len(fitting) != 1:
        raise InputError(
            f"No activity has the code {behind.code!r}.",
            where=f"--mapping, key activities.{substance}.code",
            allowed="the code of an activity of the database",
        )
    for what, told, wanted in (
        ("name", fitting[0].name, behind.activity),
        ("location", fitting[0].location, behind.location),
    ):
        if wanted not in (None, told):
            raise InputError(
                f"The activity with code {behind.code!r} has the {what} {told!r}, not {wanted!r}.",
                where=f"--mapping, key activities.{substance}",
                remedy=f"correct one of them, or leave {what} out",
            )
    return fitting[0]


def _places(behind: Behind, names: Names) -> list[tuple[str, str]]:
    """Return name and location in the order in which they are looked for."""
    name = behind.activity or ""
    if behind.location is not None:
        return [(name, behind.location)]
    national: list[tuple[str, str]] = []
    if names.country is not None and behind.in_country is not None:
        national = [(behind.in_country, names.country), (name, names.country)]
    return [*national, *((name, location) for location in names.locations)]


def _choose(substance: str, candidate: Candidate) -> str:
    if not candidate.code:
        return "add unit: in the mapping file if that tells them apart, or make the names of the rows differ"
    return (
        f"choose in a mapping file (--mapping), e.g. activities: {{{substance}: {{code: {candidate.code}}}}}"
    )


def wanted_names(names: Names) -> Mapping[str, frozenset[str]]:
    """Return, by substance, the names of the activities that may stand for it."""
    return {
        substance: frozenset(name for name in (behind.activity, behind.in_country) if name is not None)
        for substance, behind in names.activities.items()
    }
