"""The built wheel, alone in an empty environment and another folder, answers a built-in question."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

from optimiser.app.pages import SCREENS
from optimiser.report.page import PLOTLY
from tests.paths import ROOT


def test_the_wheel_runs_a_built_in_config(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("leaching_optimiser-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        held = set(packed.namelist())
    for system in ("models/cathode", "systems/nodule", "systems/rare_earths"):
        assert f"optimiser/_builtin/{system}.system.yaml" in held
    for file in (PLOTLY, PLOTLY.replace(".min.js", ".LICENSES.txt"), "page.js"):
        assert f"optimiser/report/assets/{file}" in held
    for screen in SCREENS:
        assert f"optimiser/app/assets/{screen}.html" in held
    venv.create(tmp_path / "env", with_pip=True)
    binaries = tmp_path / "env" / "bin"
    pip = [binaries / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-c", ROOT / "constraints.txt", wheel], check=True, capture_output=True)

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    listed = subprocess.run(
        [binaries / "optimiser", "list", "configs"], check=True, capture_output=True, text=True, cwd=elsewhere
    )
    assert "nmc111_cost_vs_recovery" in listed.stdout
    # the built-in config itself, by its name, with nothing of the repository at hand
    done = subprocess.run(
        [binaries / "optimiser", "run", "nmc811_cost_vs_recovery"],
        check=False,
        capture_output=True,
        text=True,
        cwd=elsewhere,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Leach NMC811 with ")
    (report,) = elsewhere.glob("reports/nmc811_cost_vs_recovery/*/report.html")
    assert report.stat().st_size > 100_000
