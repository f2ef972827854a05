"""The built wheel, alone in an empty environment and another folder, answers a built-in question."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def test_the_wheel_runs_a_built_in_config(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, REPOSITORY]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("leaching_optimiser-*.whl")
    venv.create(tmp_path / "env", with_pip=True)
    binaries = tmp_path / "env" / "bin"
    pip = [binaries / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-c", REPOSITORY / "constraints.txt", wheel], check=True, capture_output=True)

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    listed = subprocess.run(
        [binaries / "optimiser", "list", "configs"], check=True, capture_output=True, text=True, cwd=elsewhere
    )
    assert "nmc111_cost_vs_recovery" in listed.stdout
    # a built-in problem with a smaller search, so that the test stays short
    (elsewhere / "small.yaml").write_text(
        "problem: nmc111\nsearch: {population: 16, generations: 3, seeds: [1], per_acid: 2}\n"
    )
    done = subprocess.run(
        [binaries / "optimiser", "run", "small.yaml"],
        check=False,
        capture_output=True,
        text=True,
        cwd=elsewhere,
    )
    assert done.returncode == 0, done.stderr
    assert "Leach NMC111 with " in done.stdout
    (report,) = elsewhere.glob("reports/small/*/report.html")
    assert report.stat().st_size > 100_000
    # the built-in config itself is found and valid
    subprocess.run(
        [binaries / "optimiser", "check", "nmc111_cost_vs_recovery"],
        check=True,
        capture_output=True,
        cwd=elsewhere,
    )
