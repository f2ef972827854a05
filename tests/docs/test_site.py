"""README and documentation: links lead somewhere, and the site builds without a warning or the network."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import optimiser
from tests.paths import ROOT

_LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "reports/README.md"])
def test_relative_links_lead_to_files(page: str) -> None:
    folder = (ROOT / page).parent
    assert [link for link in _LINK.findall((ROOT / page).read_text()) if not (folder / link).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "docs/first-front.md"])
def test_the_answer_that_is_quoted_is_that_of_the_gallery(page: str) -> None:
    manifest = ROOT / "reports" / "gallery" / "nmc111_cost_vs_recovery" / "manifest.json"
    answer = json.loads(manifest.read_text())["answer"]
    assert answer.replace(". All yield targets", ".\nAll yield targets") in (ROOT / page).read_text()


@pytest.mark.parametrize("page", ["README.md", "docs/problem-file.md"])
def test_problems_that_are_shown_can_be_checked(page: str, tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    problems = [block for block in blocks if "variables:" in block]
    assert problems
    for problem in problems:
        (tmp_path / "shown.yaml").write_text(problem)
        assert optimiser.load_problem(tmp_path / "shown.yaml").objectives


@pytest.mark.parametrize("page", ["README.md", "docs/own-table.md"])
def test_systems_that_are_shown_can_be_read(page: str, tmp_path: Path) -> None:
    from optimiser.systems.spec import read_spec

    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    (system,) = [block for block in blocks if "setpoints:" in block]
    (tmp_path / "shown.system.yaml").write_text(system)
    assert read_spec(tmp_path / "shown.system.yaml")[0].setpoints


@pytest.mark.parametrize(("page", "runs"), [("README.md", 16), ("docs/sweeps.md", 160)])
def test_sweeps_that_are_shown_can_be_planned(page: str, runs: int, tmp_path: Path) -> None:
    from optimiser.sweeps.plan import plan
    from optimiser.sweeps.spec import read_sweep

    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    (sweep,) = [block for block in blocks if "grid:" in block]
    (tmp_path / "shown.yaml").write_text(sweep)
    planned = plan(read_sweep(tmp_path / "shown.yaml"))
    assert len(planned.keys) == runs and len(set(planned.keys)) == runs


def test_the_reference_shows_every_public_name() -> None:
    shown = re.findall(r"^::: optimiser\.(\w+)$", (ROOT / "docs" / "api.md").read_text(), re.MULTILINE)
    assert sorted(shown) == sorted(optimiser.__all__)


def test_the_site_builds_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason="the extra `docs` is not installed")
    build = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict"]
    # no proxy answers there, so that fetching anything fails
    offline = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    done = subprocess.run(
        [*build, "--site-dir", tmp_path / "site"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | offline | {"NO_MKDOCS_2_WARNING": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    pages = list((tmp_path / "site").glob("*.html"))
    assert len(pages) > 20
    for page in pages:
        fetched = re.findall(r'(?:src|href)="(https?://[^"]+\.(?:js|css|woff2?))"', page.read_text())
        assert fetched == [], page.name
