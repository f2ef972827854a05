"""What a run keeps is read back as it was, and nothing that was changed since passes for it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from optimiser._io.errors import InputError
from optimiser.report.run import write_run
from optimiser.report.stored import DESIGNS, read_run
from optimiser.search.known import Known
from optimiser.search.run import RunResult
from tests.results import impossible, three_objectives, trade_off


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "out"
    write_run(trade_off(), out, ("csv",))
    return out


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


@pytest.mark.parametrize("result", [trade_off, three_objectives, impossible])
def test_what_is_read_back_is_what_was_seen(result: Callable[[], RunResult], tmp_path: Path) -> None:
    write_run(result(), tmp_path / "out", ())
    back, known = read_run(tmp_path / "out"), Known.of(result())
    # asked with changes in Python, which no file tells
    assert back.question.to_yaml() == known.question.to_yaml() and back.search == known.search
    assert back.problem.acid_names == known.problem.acid_names
    for name in ("acid", "continuous"):
        assert np.array_equal(getattr(back.seen.designs, name), getattr(known.seen.designs, name))
    for name in ("mean", "scale", "domain_ratio"):
        assert np.array_equal(
            getattr(back.seen.prediction, name), getattr(known.seen.prediction, name), equal_nan=True
        )
    assert np.array_equal(back.seen.objectives, known.seen.objectives)
    assert np.array_equal(back.seen.margins, known.seen.margins)
    assert np.array_equal(back.front, known.front)
    assert back.seen.rough.mean == pytest.approx(known.seen.rough.mean, abs=1e-6, nan_ok=True)


def test_the_front_is_counted_as_in_its_table(folder: Path) -> None:
    back, front = read_run(folder), trade_off().front
    assert front is not None
    assert np.array_equal(back.seen.designs.setpoints[back.front], front.evaluation.designs.setpoints)


def edit(path: Path, change: Callable[[dict], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no manifest": (lambda f: (f / "manifest.json").unlink(), "no run's folder"),
    "no designs": (lambda f: (f / DESIGNS).unlink(), "has no designs.npz"),
    "cut off": (lambda f: (f / DESIGNS).write_bytes((f / DESIGNS).read_bytes()[:5000]), "cut off"),
    "empty": (lambda f: (f / DESIGNS).write_bytes(b""), "is empty"),
    "no JSON": (lambda f: (f / "manifest.json").write_text("{"), "cannot be read"),
    "deep JSON": (lambda f: (f / "manifest.json").write_text("[" * 200_000), "cannot be read"),
    "other JSON": (lambda f: (f / "manifest.json").write_text("[]"), "no run's folder"),
    "older": (lambda f: edit(f / "manifest.json", lambda m: m.pop("designs")), "older version"),
    "question": (
        lambda f: edit(f / "manifest.json", lambda m: m["asked"].update(text="feed: NMC111\n")),
        "was edited",
    ),
    "targets": (
        lambda f: edit(f / "manifest.json", lambda m: m["question"]["yield_targets"].update(Li=0.5)),
        "not the one that the run was asked",
    ),
    "table": (
        lambda f: edit(f / "manifest.json", lambda m: m["tables"].update({"acids.yaml": "0"})),
        "acids.yaml changed since",
    ),
    "artefact": (
        lambda f: edit(f / "manifest.json", lambda m: m["artefact"].update(sha256="0")),
        "is not the one that",
    ),
    "settings": (lambda f: edit(f / "manifest.json", lambda m: m.pop("search")), "not consistent"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_was_damaged_or_changed_is_refused(damage: str, copy: Path) -> None:
    harm, said = DAMAGES[damage]
    harm(copy)
    with pytest.raises(InputError, match=said):
        read_run(copy)


def repacked(copy: Path, **changes: np.ndarray) -> None:
    """Other designs, with a manifest that pins them."""
    import hashlib

    with np.load(copy / DESIGNS) as stored:
        arrays = {name: stored[name] for name in stored.files} | changes
    np.savez_compressed(copy / DESIGNS, **arrays)
    sha = hashlib.sha256((copy / DESIGNS).read_bytes()).hexdigest()
    edit(copy / "manifest.json", lambda m: m["designs"].update(sha256=sha))


def test_arrays_that_do_not_go_together_are_refused(copy: Path) -> None:
    for changes in (
        {"acid": np.array([500], dtype=np.uint16)},
        {"acids": np.array(["unobtainic"])},
        {"front": np.array([10**6])},
        {"high_mean": np.zeros((3, 4))},
        {"setpoints": np.zeros((2, 2))},
    ):
        kept = (copy / DESIGNS).read_bytes()
        repacked(copy, **changes)
        with pytest.raises(InputError, match="not consistent"):
            read_run(copy)
        (copy / DESIGNS).write_bytes(kept)


def test_no_pickle_is_read(copy: Path) -> None:
    repacked(copy, acids=np.array([{"a": 1}], dtype=object))
    with pytest.raises(InputError, match="cannot be read"):
        read_run(copy)


def test_a_file_or_nothing_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path, said in ((tmp_path / "file", "not a run's folder"), (tmp_path / "none", "does not exist")):
        with pytest.raises(InputError, match=said):
            read_run(path)
