"""SLURM is asked for workers by dask-jobqueue; only its two commands are made up, at the edge."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import psutil
import pytest
import yaml

from tests.command import assert_one_clear_block
from tests.paths import ROOT
from tests.sweeps.asked import frame
from tests.sweeps.machines import LOCAL, environment

pytest.importorskip("dask_jobqueue")

#: Runs a job at once, in a process group of its own, as whose number it is known.
SBATCH = """\
#!/bin/bash
cp "$1" "$JOBS/script"  # as sbatch does: whoever asks removes it
setsid bash "$JOBS/script" > "$JOBS/log.$$" 2>&1 < /dev/null &
echo $! >> "$JOBS/ids"
echo "Submitted batch job $!"
"""
SCANCEL = """\
#!/bin/bash
echo "$@" >> "$JOBS/cancelled"
for job in "$@"; do kill -- "-$job"; done 2> /dev/null
true
"""


@pytest.fixture
def slurm(tmp_path: Path) -> Iterator[Path]:
    """A folder with the commands and what was asked of them; jobs that are left are ended."""
    folder = tmp_path / "slurm"
    for name, text in (("sbatch", SBATCH), ("scancel", SCANCEL)):
        path = folder / "bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    yield folder
    for job in jobs(folder):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(job, signal.SIGKILL)


def jobs(folder: Path) -> list[int]:
    path = folder / "ids"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def sweep(slurm: Path, config: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Make the small sweep with two jobs of SLURM; all of it listens here alone."""
    command = [
        sys.executable,
        "-m",
        "optimiser",
        "sweep",
        "small.yaml",
        "--out",
        "s",
        "--no-report",
        "--json",
    ]
    return subprocess.run(
        [*command, "--cluster", "slurm", "--workers", "2"],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
        timeout=240,
        env=environment(
            PATH=f"{slurm / 'bin'}{os.pathsep}{os.environ['PATH']}",
            JOBS=str(slurm),
            DASK_CONFIG=str(config),
            DASK_JOBQUEUE__SLURM__SCHEDULER_OPTIONS=str({"host": LOCAL, "dashboard": False}),
            DASK_JOBQUEUE__SLURM__WORKER_EXTRA_ARGS=str(["--host", LOCAL, "--no-dashboard"]),
        ),
    )


def test_two_jobs_make_a_sweep_and_everything_ends(slurm: Path, small: Path, tmp_path: Path) -> None:
    shutil.copy(small / "small.yaml", tmp_path)
    said = yaml.safe_load((ROOT / "docs" / "examples" / "jobqueue.yaml").read_text())
    said["jobqueue"]["slurm"] |= {"cores": 1, "processes": 1, "memory": "2GB"}  # this is a small machine
    (tmp_path / "dask").mkdir()
    (tmp_path / "dask" / "jobqueue.yaml").write_text(yaml.safe_dump(said))
    done = sweep(slurm, tmp_path / "dask", tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["made"], told["done"], told["failed"]) == (4, 2, 0)
    pd.testing.assert_frame_equal(frame(tmp_path / "s"), frame(small / "store"))
    script = (slurm / "script").read_text()
    assert "#SBATCH -t 04:00:00" in script and "--nthreads 1" in script
    asked = jobs(slurm)
    assert len(asked) == 2
    left = [p for p in psutil.process_iter() if p.pid in asked and p.status() != psutil.STATUS_ZOMBIE]
    assert psutil.wait_procs(left, timeout=30)[1] == []


def test_jobs_that_are_not_described_are_told(slurm: Path, small: Path, tmp_path: Path) -> None:
    shutil.copy(small / "small.yaml", tmp_path)
    (tmp_path / "dask").mkdir()
    done = sweep(slurm, tmp_path / "dask", tmp_path)
    assert_one_clear_block(done)
    assert "SLURM cannot be asked for workers" in done.stderr and "jobqueue.yaml" in done.stderr
    assert jobs(slurm) == [] and not (tmp_path / "s").exists()


def test_a_machine_without_slurm_is_told(slurm: Path, small: Path, tmp_path: Path) -> None:
    shutil.copy(small / "small.yaml", tmp_path)
    (slurm / "bin" / "sbatch").write_text(
        "#!/bin/bash\necho 'sbatch: error: no such partition' >&2\nexit 1\n"
    )
    done = sweep(slurm, ROOT / "docs" / "examples", tmp_path)
    assert_one_clear_block(done)
    assert "SLURM gives no workers" in done.stderr and "no such partition" in done.stderr
    assert not (tmp_path / "s").exists()
