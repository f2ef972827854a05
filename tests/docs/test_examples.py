"""The notebooks of the documentation run, and what they show is what they would show now."""

from __future__ import annotations

import warnings

import pytest

from tests.paths import ROOT

nbformat = pytest.importorskip("nbformat")
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.ipynb"))


def shown(notebook: object) -> list[str]:
    """The text of every output."""
    return [
        "".join(output.get("text", output.get("data", {}).get("text/plain", "")))
        for cell in notebook.cells  # type: ignore[attr-defined]
        for output in cell.get("outputs", ())
        if output.get("name") != "stderr"
    ]


def test_there_are_five() -> None:
    assert [path.stem for path in EXAMPLES] == [
        "compare_acids",
        "first_front",
        "own_acid_and_prices",
        "own_table",
        "your_plant",
    ]


@pytest.mark.page  # one of them draws its figure in a browser
@pytest.mark.parametrize(
    "path",
    [
        # one fits a model and all of its rivals: minutes
        pytest.param(path, id=path.stem, marks=[pytest.mark.training] if path.stem == "own_table" else [])
        for path in EXAMPLES
    ],
)
def test_an_example_runs_and_shows_what_it_showed(path: object) -> None:
    from nbclient import NotebookClient

    stored = nbformat.read(path, as_version=4)
    fresh = nbformat.read(path, as_version=4)
    with warnings.catch_warnings():  # of the kernel's transport, which is not ours
        warnings.simplefilter("ignore")
        NotebookClient(fresh, timeout=600, kernel_name="python3").execute(cwd=str(ROOT))
    assert shown(fresh) == shown(stored)
