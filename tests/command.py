"""The command as users meet it: as a process, or its entry point in this process."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from pathlib import Path

import pytest

from optimiser.cli.main import main


def process(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command as users do."""
    command = [sys.executable, "-W", "error", "-m", "optimiser", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=300)


def optimiser(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command's own entry point in this process, which spares the imports of a new one."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as stopped,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(sys, "argv", ["optimiser", *map(str, arguments)])
        main()
    code = stopped.value.code
    assert isinstance(code, int)
    return subprocess.CompletedProcess([], code, out.getvalue(), err.getvalue())


def assert_one_clear_block(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith(("Error: ", "Usage: "))
    assert "Traceback" not in done.stderr
