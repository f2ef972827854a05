"""From what `kinetics` was asked to what it writes: a page, tables, the manifest, and the summary."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from optimiser import __version__
from optimiser._io import builtin
from optimiser._io.errors import InputError, closest
from optimiser._io.output import check_folder, placed
from optimiser.chemistry.acids import choose_acid
from optimiser.chemistry.feeds import find_feed
from optimiser.chemistry.reagents import load_acids
from optimiser.kinetics.frames import constants_frame, curves_frame, energies_frame
from optimiser.kinetics.literature import load_literature
from optimiser.kinetics.simulate import FIXED, MOST_VALUES, TEMPERATURES, TIMES, Plan, plan_curves
from optimiser.kinetics.study import Kinetics, study
from optimiser.report.kinetics import said
from optimiser.report.kinetics.cards import Contents, kinetics_cards
from optimiser.report.manifest import DISTRIBUTION, FORMAT, git_state, package_versions, table_hashes
from optimiser.report.page import page_of
from optimiser.report.write import default_out
from optimiser.surrogate.artefact import Surrogate, load_surrogate
from optimiser.tables.generate import Variation, parse_variation

#: Steps of a range without a count, ``25:80``.
_STEPS = {"temperature": TEMPERATURES, "time": TIMES}


@dataclass(frozen=True)
class Request:
    """The options of `kinetics`, as on the command line."""

    acid: str
    feed: str = "NMC111"
    temperature: str | None = None
    time: str | None = None
    fixed: tuple[str, ...] = ()
    surrogate: str = "pd-gbr"
    out: Path | None = None
    force: bool = False


@dataclass(frozen=True)
class Delivered:
    """What was found, for the screen: as lines and as JSON, and the folder that was written."""

    folder: Path
    lines: tuple[str, ...]
    json: Mapping[str, Any]


def deliver(request: Request) -> Delivered:
    """Simulate, fit and write the report.

    Raises:
        InputError: anything wrong with options, acid, feed or target, before any prediction.
    """
    if request.out is not None:
        check_folder(request.out, request.force)
    surrogate = load_surrogate(request.surrogate, where=f"--surrogate {request.surrogate}")
    plan = read_plan(request, surrogate)
    folder = request.out or default_out(f"kinetics_{plan.feed.name}_{plan.acid.name}")
    of, literature = study(surrogate, plan), load_literature()
    contents = Contents(of, literature, _pinned(request, surrogate))
    _write(contents, folder)
    found = {"out": str(folder), "artefact": contents.pinned["artefact"], **said.as_json(of, literature)}
    report = f"Report: {folder / 'report.html'}"
    return Delivered(folder, (*said.lines(of, literature), "", report), found)


def read_plan(request: Request, surrogate: Surrogate) -> Plan:
    """Read the options and decide what to simulate.

    Raises:
        InputError: an unknown feed, acid or condition, values that cannot be read, or too little data.
    """
    feed = find_feed(request.feed, where=f"--feed {request.feed}")
    acid = choose_acid(request.acid, load_acids(), where="--acid")
    return plan_curves(
        surrogate,
        feed,
        acid,
        temperature=_values("temperature", request.temperature),
        time=_values("time", request.time),
        conditions=_conditions(request.fixed),
    )


def _values(name: str, text: str | None) -> Sequence[float]:
    """Read ``25:80:7``, ``25:80`` or ``25,40,60,80``."""
    if text is None:
        return ()
    given = text if text.count(":") != 1 else f"{text}:{_STEPS[name]}"
    try:
        return [float(value) for value in _read(f"{name}={given}", f"--{name}").values]
    except InputError as error:
        # what was typed, not what it was completed to
        raise InputError(
            error.what, where=f"--{name} {text}", allowed=error.allowed, remedy=error.remedy
        ) from None


def _conditions(texts: Sequence[str]) -> dict[str, float]:
    """Read ``h2o2=4`` and the like."""
    found: dict[str, float] = {}
    for text in texts:
        name = text.partition("=")[0].strip()
        if name not in FIXED:
            raise InputError(
                f"{name!r} is not a condition that stays the same.",
                where=f"--set {text}",
                allowed=", ".join(FIXED),
                remedy=f"use --{name}"
                if name in ("temperature", "time", "feed", "acid")
                else closest(name, FIXED),
            )
        if name in found:
            raise InputError(f"{name} is set twice.", where=f"--set {text}", remedy="set it once")
        values = _read(text, "--set").values
        if len(values) != 1:
            raise InputError(f"{name} is set to several values.", where=f"--set {text}", allowed="one value")
        found[name] = float(values[0])
    return found


def _read(text: str, option: str) -> Variation:
    return parse_variation(text, option, {}, None, MOST_VALUES)


def _write(contents: Contents, folder: Path) -> None:
    of = contents.of
    title = f"Leaching kinetics: {said.what(of)}"
    with placed(folder) as temporary:
        temporary.mkdir()
        text = json.dumps(contents.pinned, indent=2, ensure_ascii=False, allow_nan=False)
        (temporary / "manifest.json").write_text(text + "\n", encoding="utf-8")
        for name, frame in _tables(of, contents).items():
            frame.to_csv(temporary / f"{name}.csv", index=False)
        page = page_of(
            kinetics_cards(contents), contents.pinned, title=title, name=f"kinetics of {_name(of)}"
        )
        (temporary / "report.html").write_text(page, encoding="utf-8")


def _tables(of: Kinetics, contents: Contents) -> dict[str, Any]:
    return {
        "energies": energies_frame(of, contents.literature),
        "constants": constants_frame(of),
        "curves": curves_frame(of),
    }


def _name(of: Kinetics) -> str:
    return f"{of.curves.plan.acid.name}, {of.curves.plan.feed.name}"


def _pinned(request: Request, surrogate: Surrogate) -> dict[str, Any]:
    """Return what pins the result: options, artefact, tables and versions."""
    options = {
        k: str(v) if isinstance(v, Path) else v
        for k, v in asdict(request).items()
        if v not in (None, False, ())
    }
    return {
        "format": FORMAT,
        "product": DISTRIBUTION,
        "version": __version__,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "options": options,
        "artefact": {"name": surrogate.name, "sha256": surrogate.sha256},
        "tables": table_hashes(),
        "python": platform.python_version(),
        "packages": package_versions(),
        "git": git_state(builtin.root()),
    }
