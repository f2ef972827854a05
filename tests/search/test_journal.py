"""A search that goes on from its journal finds the same, bit for bit, wherever it was cut off."""

from __future__ import annotations

import multiprocessing
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimiser._io.errors import InputError
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem
from optimiser.problem.load import load_problem
from optimiser.search import journal, mating
from optimiser.search.algorithms import ALGORITHMS
from optimiser.search.journal import opened, steps
from optimiser.search.search import SearchResult, SearchSettings
from optimiser.search.side_by_side import Task, search_all, workers

SMALL = SearchSettings(population=12, generations=8, stagnation=0)


@pytest.fixture(scope="module")
def problem() -> BoundProblem:
    whole = bind(load_problem("nmc111"))
    return whole.with_acids(whole.supported_acids)


@pytest.fixture(scope="module")
def task(problem: BoundProblem) -> Task:
    return Task("seed 1", problem, SMALL, (1,), 1)


@pytest.fixture(scope="module")
def undisturbed(task: Task) -> SearchResult:
    return made(task)


@pytest.fixture(scope="module")
def whole(task: Task, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "000.journal"
    made(replace(task, journal=path))
    return path.read_bytes()


def made(task: Task) -> SearchResult:
    return task.run(lambda state: None)


def bits(value: Any) -> Any:
    """Everything in a result, arrays by their types, shapes and bytes."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if is_dataclass(value):
        return tuple(bits(getattr(value, f.name)) for f in fields(value))
    return tuple(map(bits, value)) if isinstance(value, tuple) else value


def ends(content: bytes) -> list[int]:
    """Where each record of a journal ends, by the lengths that stand before them."""
    found = [0]
    while found[-1] < len(content):
        found.append(found[-1] + 20 + int.from_bytes(content[found[-1] : found[-1] + 8], "little"))
    return found[1:]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_journal_changes_nothing_and_half_of_one_neither(
    task: Task, algorithm: str, tmp_path: Path
) -> None:
    alone = replace(task, settings=replace(SMALL, algorithm=algorithm))
    path = tmp_path / "000.journal"
    expected = bits(made(alone))
    assert bits(made(replace(alone, journal=path))) == expected
    written = path.read_bytes()
    for half in (len(written) // 3, len(written) // 2):
        path.write_bytes(written[:half])
        assert bits(made(replace(alone, journal=path))) == expected
        assert path.read_bytes() == written


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(share=st.floats(0.0, 1.0))
def test_a_journal_cut_at_any_byte_gives_the_same(
    task: Task, undisturbed: SearchResult, whole: bytes, tmp_path: Path, share: float
) -> None:
    path = tmp_path / "000.journal"
    path.write_bytes(whole[: round(share * len(whole))])
    assert bits(made(replace(task, journal=path))) == bits(undisturbed)
    assert path.read_bytes() == whole


def test_a_cut_at_the_edge_of_a_record_gives_the_same(
    task: Task, undisturbed: SearchResult, whole: bytes, tmp_path: Path
) -> None:
    path, edges = tmp_path / "000.journal", ends(whole)
    assert len(edges) == 1 + 5  # which search; seeds, 2 generations, 1, the best at high fidelity, 2
    for at in (1, 19, 20, edges[0] - 1, edges[0], edges[0] + 1, edges[2] - 1, edges[2], edges[2] + 19):
        path.write_bytes(whole[:at])
        assert steps(path) == max(sum(edge <= at for edge in edges) - 1, 0)
        assert bits(made(replace(task, journal=path))) == bits(undisturbed)
        assert path.read_bytes() == whole


def test_what_is_kept_is_not_predicted_again(
    task: Task, undisturbed: SearchResult, whole: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*anything: object) -> None:
        raise AssertionError("predicted again")

    (tmp_path / "000.journal").write_bytes(whole)
    monkeypatch.setattr(mating, "predicted", never)
    monkeypatch.setattr(mating, "choose", never)
    assert bits(made(replace(task, journal=tmp_path / "000.journal"))) == bits(undisturbed)


def test_what_a_lost_power_supply_leaves_at_the_end_is_dropped(
    task: Task, undisturbed: SearchResult, whole: bytes, tmp_path: Path
) -> None:
    path, edges = tmp_path / "000.journal", ends(whole)
    torn = whole[: edges[2] + 200] + bytes(edges[3] - edges[2] - 200)  # as long as it should be, but zeros
    for content in (torn, whole[: edges[2]] + bytes(5000), whole[:-1] + bytes([whole[-1] ^ 1])):
        path.write_bytes(content)
        assert bits(made(replace(task, journal=path))) == bits(undisturbed)
        assert path.read_bytes() == whole


def test_a_byte_that_changed_in_the_middle_is_refused(task: Task, whole: bytes, tmp_path: Path) -> None:
    path, edges = tmp_path / "000.journal", ends(whole)
    heads = [edges[1] + k for k in range(20)]  # length, checksum, number, and the checksum of these
    for at in [5, 25, *heads, edges[1] + 20, edges[2] - 1, (edges[2] + edges[3]) // 2]:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 16]) + whole[at + 1 :])
        for read in (lambda: steps(path), lambda: made(replace(task, journal=path))):
            with pytest.raises(InputError, match="damaged") as refused:
                read()
            assert str(path) in str(refused.value)
    path.write_bytes(whole[: edges[1]] + whole[edges[0] : edges[1]] + whole[edges[1] :])  # a step twice
    with pytest.raises(InputError, match="damaged"):
        steps(path)


def test_a_journal_of_another_search_is_refused(task: Task, whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "000.journal"
    path.write_bytes(whole)
    for other in (
        replace(task, stream=(2,)),
        replace(task, settings=replace(SMALL, population=16)),
        replace(task, what="sulfuric"),
    ):
        with pytest.raises(InputError, match="of another search"):
            made(replace(other, journal=path))
    assert path.read_bytes() == whole


def test_two_processes_do_not_write_one_journal(
    task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "_WAIT", 0)
    path = tmp_path / "000.journal"
    with (
        opened(path, "this one", task.problem.variables),
        pytest.raises(InputError, match="Another process"),
        opened(path, "this one", task.problem.variables),
    ):
        raise AssertionError("opened twice")


def test_a_place_that_cannot_be_written_is_told(task: Task, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match="cannot be written"):
        made(replace(task, journal=tmp_path / "file" / "000.journal"))


def test_a_search_that_runs_out_of_setpoints_goes_on_as_it_did(tmp_path: Path) -> None:
    question = load_problem("nmc111")
    few = {"acid": "sulfuric", "temperature": 60, "acid_concentration": 2, "h2o2": 2, "time": 60}
    few |= {"solid_liquid_ratio": [45, 60]}  # in steps of 0.5: 31 setpoints
    problem = bind(question.model_validate({**question.model_dump(exclude_unset=True), "variables": few}))
    path = tmp_path / "000.journal"
    task = Task("seed 1", problem, SearchSettings(12, 16, 0), (1,), 1)
    expected = made(task)
    assert expected.stopped == "no new setpoint found"
    assert bits(made(replace(task, journal=path))) == bits(expected)
    written = path.read_bytes()
    for at in (*ends(written), len(written) - 1):
        path.write_bytes(written[:at])
        assert bits(made(replace(task, journal=path))) == bits(expected)
        assert path.read_bytes() == written


def test_a_search_whose_process_died_goes_on_in_another(problem: BoundProblem, tmp_path: Path) -> None:
    tasks = [Task(f"seed {k}", problem, SMALL, (k,), k) for k in range(4)]
    expected = [bits(made(task)) for task in tasks]
    killed = []

    def kill(what: str, state: object) -> None:
        if not killed:
            killed.extend(multiprocessing.active_children())
            killed[0].kill()
            killed[0].join()

    keeping = [replace(task, journal=tmp_path / f"{k:03d}.journal") for k, task in enumerate(tasks)]
    with workers(1) as others:
        assert others is not None
        others.executor.submit(int).result(60)
        found = search_all(keeping, others, kill)
    assert killed
    assert [bits(result) for result in found] == expected
