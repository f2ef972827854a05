"""Site models on disk: written whole, added to, forgotten from, and taken back one step.

A site model is a folder with a sealed card, the results as a table, and arrays. The version before the last
change lies inside it. Whoever changes one holds its lock, so that two changes at once wait for each other.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from filelock import FileLock, Timeout

from optimiser._io.errors import InputError
from optimiser._io.output import check_folder, check_writable, placed
from optimiser._io.reading import MOST_TABLE, read_bytes
from optimiser.learning.learn import check_base, check_system, joined_data, own_data
from optimiser.surrogate.artefact import (
    ARRAYS,
    FORMAT,
    SEAL,
    SITE,
    SITE_FORMAT,
    Surrogate,
    load_surrogate,
    seal,
)
from optimiser.surrogate.packing import CARD, MODELS, pinned
from optimiser.surrogate.site import RESULTS_FILE, OwnData, prior_of_base
from optimiser.tables.own_results import OwnResults, joined, without
from optimiser.tables.own_results_layout import layout_of

#: The version before the last change, inside the folder.
FORMER = "former"
_HEAD = "# Site model, written by `optimiser learn`. Do not edit: its files are pinned here.\n"
_WAIT = 30.0  # seconds that a change waits for another


def site_folder(name: str) -> Path:
    """Return where a site model of a name lies: in ``models`` of the working folder, or the path itself.

    Raises:
        InputError: the name is that of a published model, hidden or empty.
    """
    given = Path(name)
    if given.name in MODELS:
        raise InputError(
            f"{given.name} is the name of a published model.",
            where="--name",
            allowed="another name, such as my-plant",
        )
    if not given.name or given.name.startswith("."):
        raise InputError(
            f"{name!r} is no name of a site model: it is hidden or empty.",
            where="--name",
            allowed="a name that does not begin with a dot, such as my-plant",
        )
    return Path("models") / given if given.name == name else given


def create(results: OwnResults, base: Surrogate, name: str, *, replace: bool = False) -> Surrogate:
    """Learn from results and write the site model.

    Args:
        results: measured.
        base: the published model.
        name: of the site model, or the path of its folder.
        replace: whether one that is there may be replaced; it stays as the former version.

    Returns:
        The site model as it was written.

    Raises:
        InputError: it is there and is not to be replaced, the base cannot be learned on, or it cannot be
            written.
    """
    folder = site_folder(name)
    check_examples(results)
    check_folder(folder, replace, "--name", ours=is_site)
    check_base(base)
    check_system(results, base)
    with _locked(folder):
        check_folder(folder, replace, "--name", ours=is_site)
        data = own_data(results, base)
        feeds = {f.name: list(f.place) for f in results.scenarios.feeds}
        return _write(folder, base, results.frame, data, feeds)


def add(results: OwnResults, name: str) -> Surrogate:
    """Add results to a site model and learn from all of them.

    Raises:
        InputError: there is no such site model, it cannot be used or written, or rows are there twice.
    """
    check_examples(results)

    def change(site: Surrogate, frame: pd.DataFrame) -> tuple[pd.DataFrame, OwnData, dict[str, Any]]:
        check_system(results, site)
        feeds = dict(site.card["site"]["feeds"])
        together = joined(frame, {k: np.array(v) for k, v in feeds.items()}, results)
        assert site.site is not None
        more = own_data(results, base_of(site))
        feeds |= {f.name: list(f.place) for f in results.scenarios.feeds}
        return together, joined_data([site.site.data, more], together, site.system), feeds

    return _changed(name, change)


def forget(name: str, rows: Sequence[int]) -> Surrogate:
    """Forget some results and learn from the others.

    Args:
        name: of the site model.
        rows: of its table of results, counted from 1.

    Raises:
        InputError: there is no such site model or row, it cannot be used or written, or no row would be left.
    """

    def change(site: Surrogate, frame: pd.DataFrame) -> tuple[pd.DataFrame, OwnData, dict[str, Any]]:
        left = without(frame, rows)
        kept = np.setdiff1d(np.arange(len(frame)), np.asarray(rows, dtype=np.intp) - 1)
        assert site.site is not None
        data = joined_data([site.site.data.take(kept)], left, site.system)
        named = set(left["feed"])
        return left, data, {k: v for k, v in site.card["site"]["feeds"].items() if k in named}

    return _changed(name, change)


def undo(name: str) -> Surrogate:
    """Take back the last change of a site model; taking back twice brings the change back.

    Raises:
        InputError: there is no such site model, or none before it.
    """
    folder = _existing(name)
    with _locked(folder):
        if not is_site(folder / FORMER):
            raise InputError(
                f"The site model {folder.name!r} has no version before this one.",
                where=str(folder),
                allowed="a site model that was added to, forgotten from, or replaced",
            )
        with placed(folder, "choose another --name") as new:
            _copy(folder / FORMER, new)
            _copy(folder, new / FORMER)
        return load_surrogate(folder)


def opened(name: str) -> Surrogate:
    """Return a site model by its name.

    Raises:
        InputError: there is none of this name, or it cannot be used.
    """
    return load_surrogate(_existing(name))


def stored_results(site: Surrogate) -> pd.DataFrame:
    """Return the results of a site model as they are stored, a row each.

    Raises:
        InputError: the table cannot be read.
    """
    content = read_bytes(site.path / RESULTS_FILE, MOST_TABLE)  # checked when the model was read
    layout = layout_of(site.system)
    blank, texts = {name: [""] for name in (*layout.yields, "sd")}, dict.fromkeys(layout.texts, str)
    return pd.read_csv(io.BytesIO(content), dtype=texts, keep_default_na=False, na_values=blank)


def is_site(folder: Path) -> bool:
    """Say whether a folder is a site model, by the kind that its card names."""
    card = folder / CARD
    if not card.is_file():
        return False
    with card.open("rb") as file:
        return file.read(len(_HEAD.encode())) == _HEAD.encode()


def base_of(site: Surrogate) -> Surrogate:
    """Return the published model that a site model learned on."""
    return load_surrogate(site.card["site"]["base"]["path"], beside=site.path.parent)


def _existing(name: str) -> Path:
    folder = site_folder(name)
    if not folder.exists():
        _recover(folder)
    if not is_site(folder):
        cards = Path("models").glob(f"[!.]*/{CARD}")
        known = sorted(path.parent.name for path in cards if is_site(path.parent))
        raise InputError(
            f"There is no site model {name!r}.",
            where=str(folder),
            allowed=", ".join(known) or "none yet",
            remedy=f"learn one: optimiser learn RESULTS.csv --name {name}",
        )
    return folder


def _changed(
    name: str, change: Callable[[Surrogate, pd.DataFrame], tuple[pd.DataFrame, OwnData, dict[str, Any]]]
) -> Surrogate:
    folder = _existing(name)
    with _locked(folder):
        site = load_surrogate(folder)
        frame, data, feeds = change(site, stored_results(site))
        return _write(folder, base_of(site), frame, data, feeds)


def _write(
    folder: Path, base: Surrogate, frame: pd.DataFrame, data: OwnData, feeds: dict[str, Any]
) -> Surrogate:
    _, prior_sha = prior_of_base(base)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **data.arrays())  # type: ignore[arg-type,unused-ignore]
    arrays, results = buffer.getvalue(), frame.to_csv(index=False, lineterminator="\n").encode()
    card: dict[str, Any] = {
        "format": FORMAT if data.plain else SITE_FORMAT,
        "kind": SITE,
        "base": {"name": base.name, "path": _path_of(base), "sha256": base.sha256, "learning": prior_sha},
        "results": {
            **pinned(RESULTS_FILE, results),
            "rows": len(frame),
            "experiments": len(np.unique(data.experiment)),
        },
        "feeds": feeds,
        "arrays": pinned(ARRAYS, arrays),
    }
    card[SEAL] = seal(card)
    text = _HEAD + yaml.safe_dump(card, sort_keys=False, allow_unicode=True, width=100)
    with placed(folder, "choose another --name") as new:
        new.mkdir()
        for name, content in {CARD: text.encode(), ARRAYS: arrays, RESULTS_FILE: results}.items():
            (new / name).write_bytes(content)
        if is_site(folder):
            _copy(folder, new / FORMER)
    return load_surrogate(folder)


def _path_of(base: Surrogate) -> str:
    """Return how the base is found again: by its name where it is known by that, else by its path."""
    try:
        known = load_surrogate(base.name).sha256 == base.sha256
    except InputError:
        known = False
    return base.name if known else str(base.path.resolve())


def _copy(folder: Path, to: Path) -> None:
    """Copy a site model's own files, without the version before it."""
    to.mkdir()
    for name in (CARD, ARRAYS, RESULTS_FILE):
        shutil.copyfile(folder / name, to / name)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a site model.

    Raises:
        InputError: another change holds it for long, or nothing can be written there.
    """
    made = not folder.parent.exists()
    check_writable(folder, "choose another --name")
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.parent / f".{folder.name}.lock", timeout=_WAIT)
    try:
        with lock:
            _tidy(folder)
            yield
    except Timeout:
        raise InputError(
            f"Another change of the site model {folder.name!r} is still running.",
            where=str(folder),
            remedy="wait for it, then repeat the command",
        ) from None
    finally:
        if made and folder.parent.is_dir() and not is_site(folder):
            Path(lock.lock_file).unlink(missing_ok=True)
            if not any(folder.parent.iterdir()):
                folder.parent.rmdir()


def _left_behind(folder: Path, what: str) -> list[Path]:
    """Return what a change that was killed left beside a site model."""
    return sorted(folder.parent.glob(f".{folder.stem}.????????.{what}{folder.suffix}"))


def _recover(folder: Path) -> None:
    """Put back the version that was moved aside when a change was killed between two steps.

    Raises:
        InputError: another change holds its lock for long, or nothing can be written there.
    """
    if _left_behind(folder, "old"):
        with _locked(folder):
            pass


def _tidy(folder: Path) -> None:
    """Put a site model back where a change was killed, and remove what that left; the lock is held."""
    old = [path for path in _left_behind(folder, "old") if is_site(path)]
    if old and not folder.exists():
        old[0].replace(folder)
    for path in (*_left_behind(folder, "old"), *_left_behind(folder, "partial")):
        if is_site(path) or not any(path.iterdir()):
            shutil.rmtree(path, ignore_errors=True)


def check_examples(results: OwnResults) -> None:
    """Refuse rows that are still those of the template.

    Raises:
        InputError: the first of them.
    """
    if len(rows := results.examples):
        raise InputError(
            f"Row {(row := results.scenarios.rows[rows[0]])} is still an example of the template.",
            where=f"{results.source}, row {row}",
            remedy="replace the example rows by your own results, or remove them",
        )
