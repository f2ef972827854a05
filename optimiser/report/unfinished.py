"""What a run keeps while it searches, so that it goes on after whatever stopped it.

The folder holds a journal per search, and ``asked.json``: the question and all that its answer depends on.
Only a run of the same question may go on from it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock, Timeout

from optimiser import __version__
from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.interrupts import interrupts_after
from optimiser._io.output import PRODUCT, UNFINISHED, check_folder, check_writable
from optimiser._io.reading import MOST_YAML, read_text, said
from optimiser.problem.load import Config
from optimiser.problem.named import surrogate_of
from optimiser.report.manifest import package_versions
from optimiser.report.stored import asked
from optimiser.report.write import ENDING, unfinished_of
from optimiser.search.journal import LOCK, SUFFIX, steps
from optimiser.tables.own import OwnTables

ASKED = "asked.json"
_NEW = f".{ASKED}.partial"
_FORMAT = 1
_JOURNAL = re.compile(rf"\d{{3,}}{re.escape(SUFFIX)}({re.escape(LOCK)})?")
_OURS = f"a folder with nothing but {ASKED} and journals"
_ANEW = "start anew: --force without --resume, or another --out"
#: Packages that a search computes with.
_COMPUTING = ("llvmlite", "moocore", "numba", "numpy", "pymoo", "rdkit", "scipy")


def newest_unfinished(name: str) -> Path:
    """Return where the report of the newest unfinished run of a config goes, in ``reports/<config>/``.

    Raises:
        InputError: there is none.
    """
    folder = Path("reports") / name
    found = [(path.stat().st_mtime, path.parent) for path in folder.glob(f"*{ENDING}/{ASKED}")]
    if not found:
        raise _nothing(f"of {name}", folder / f"*{ENDING}", "give --out as the first run had it")
    newest = max(found)[1]
    return newest.with_name(newest.name.removesuffix(ENDING))


def check_unfinished(out: Path, resume: bool, force: bool) -> None:
    """Refuse to resume what is not there, or to start anew beside it, before any work is done.

    Args:
        out: folder of the report.
        resume: whether the run is to go on.
        force: whether an unfinished one may be replaced.

    Raises:
        InputError: see above; the folder is not one of this program.
    """
    folder = unfinished_of(out)
    if resume and not folder.exists():
        remedy = f"look at {out}: it may be complete" if out.exists() else "start it"
        raise _nothing(f"that would write {out}", folder, remedy)
    _check_ours(folder)
    if (folder / ASKED).exists() and not resume and not force:
        raise InputError(
            f"An earlier run that would write {out} was stopped before its end.",
            where=str(folder),
            remedy="go on with it: --resume; or start anew: --force",
        )


def pin_of(config: Config, tables: OwnTables | None) -> dict[str, Any]:
    """Return all that the result of a run depends on, as plain JSON.

    Raises:
        InputError: the yield model cannot be read.
    """
    surrogate, versions = surrogate_of(config.problem), package_versions()
    return {
        "product": PRODUCT,
        "format": _FORMAT,
        "version": __version__,
        "question": asked(config.problem, surrogate)["text"],
        "search": config.search.model_dump(mode="json"),
        "own_tables": {file.kind: file.sha256 for file in tables.files} if tables else {},
        "model": surrogate.sha256,
        "tables": builtin.table_hashes(),
        "packages": {name: versions[name] for name in _COMPUTING if name in versions},
    }


@contextmanager
def kept(
    folder: Path, pin: Mapping[str, Any], *, anew: bool = False, stays: bool = False, option: str = "--out"
) -> Iterator[Path]:
    """Hold the folder that keeps the searches of a run; make it where there is none.

    If the block ends well, the folder is removed. If not, it stays, unless nothing was searched.

    Args:
        folder: of the searches.
        pin: from `pin_of`.
        anew: whether to remove first what is in it.
        stays: whether the folder stays in any case.
        option: by which it was given.

    Raises:
        InputError: what is in it is of another question, damaged, or no search; another process holds it;
            it cannot be written.
    """
    _check_ours(folder, option)
    check_folder(folder, True, option, _is_ours)
    made = [path for path in (folder, *folder.absolute().parents) if not path.exists()]
    with ExitStack() as held:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            check_writable(folder, f"choose another {option}", inside=True)
            held.enter_context(FileLock(folder / LOCK, timeout=0))
            if (folder / ASKED).exists() and not anew:
                _refuse_other(folder, pin)
            else:
                _empty(folder)
                (folder / _NEW).write_text(json.dumps(pin, indent=2), encoding="utf-8")
                (folder / _NEW).replace(folder / ASKED)
        except Timeout:
            raise InputError(
                f"Another process is searching with {folder}.",
                where=str(folder),
                remedy=f"wait for it, or choose another {option}",
            ) from None
        except OSError as error:
            raise InputError(
                f"{folder} cannot be written: {said(error)}.", remedy=f"choose another {option}"
            ) from None
        complete = False
        try:
            for path in folder.glob(f"*{SUFFIX}"):
                steps(path)
            yield folder
            complete = True
        finally:
            with interrupts_after():
                if not complete and _has_steps(folder):
                    UNFINISHED.append(folder)
                elif not (complete and stays):
                    _empty(folder)
                    held.close()
                    _remove(folder, made)


def _nothing(what: str, looked: Path, remedy: str) -> InputError:
    return InputError(
        f"There is no unfinished run {what}.",
        where=f"looked for {looked}",
        allowed="the folder that a run leaves when it is stopped before its end",
        remedy=f"{remedy}, or leave --resume out",
    )


def _check_ours(folder: Path, option: str = "--out") -> None:
    if folder.is_dir() and not _is_ours(folder):
        raise InputError(
            f"{folder} holds something else than searches.",
            allowed=_OURS,
            remedy=f"choose another {option}",
        )


def _is_ours(folder: Path) -> bool:
    """Say whether a folder holds nothing but what a run keeps, and what systems hide."""
    names = [path.name for path in folder.iterdir()]
    return all(name == ASKED or name.startswith(".") or _JOURNAL.fullmatch(name) for name in names)


def _refuse_other(folder: Path, pin: Mapping[str, Any]) -> None:
    path = folder / ASKED
    try:
        then = json.loads(read_text(path, MOST_YAML, allowed="what a run keeps of its question"))
        ours = then["product"] == PRODUCT
    except (ValueError, KeyError, TypeError, RecursionError):
        ours = False
    if not ours:
        raise InputError(f"{path} was not written by this program, or was edited.", remedy=_ANEW)
    changed = _changed(then, json.loads(json.dumps(pin)))
    if changed:
        raise InputError(
            f"{folder} is of another run: {', '.join(changed)} differ{'s' if len(changed) == 1 else ''}.",
            where=str(path),
            allowed="the same question, tables, yield model and versions as in the run that was stopped",
            remedy=f"give what it was given, or {_ANEW}",
        )


def _changed(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return in words what differs between two pins."""
    found = [f"the {key}" for key in ("format", "version") if then.get(key) != now[key]]
    if then.get("question") != now["question"]:
        with suppress(yaml.YAMLError, AttributeError):
            keys = _differing(yaml.safe_load(then["question"]), yaml.safe_load(now["question"]))
            found += [f"{key} of the question" for key in keys]
        found = found if found else ["the question"]
    if then.get("model") != now["model"]:
        found.append("the yield model")
    for key, words in (
        ("search", "{} of the search"),
        ("own_tables", "your table of {}"),
        ("tables", "the table {}"),
        ("packages", "the version of {}"),
    ):
        found += [words.format(name) for name in _differing(then.get(key), now[key])]
    return found


def _differing(one: Any, other: Any) -> list[str]:
    one, other = (value if isinstance(value, dict) else {} for value in (one, other))
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))


def _has_steps(folder: Path) -> bool:
    try:
        return any(steps(path) for path in folder.glob(f"*{SUFFIX}"))
    except InputError:  # what is damaged is for the user to judge
        return True


def _empty(folder: Path) -> None:
    """Remove what a run keeps; first what makes it one."""
    for path in (folder / ASKED, folder / _NEW, *folder.iterdir()):
        if path.name in (ASKED, _NEW) or _JOURNAL.fullmatch(path.name):
            path.unlink(missing_ok=True)


def _remove(folder: Path, made: list[Path]) -> None:
    """Remove an empty folder, and the parents that were made for it if nothing has come into them."""
    with suppress(OSError):
        (folder / LOCK).unlink(missing_ok=True)
        folder.rmdir()
        for parent in made[1:]:
            parent.rmdir()
