"""What the process of a job does: one command, as the command line runs it, in the workspace."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

#: What a job leaves in its folder.
OUT, ERR, STEPS, ENDED = "stdout.txt", "stderr.txt", "steps.jsonl", "ended.json"
#: Imported before the first job, so that each starts at once.
PRELOADED = ("optimiser.cli.main", "optimiser.api", "optimiser.questions", "optimiser.report.run")


def work(workspace: Path, folder: Path, arguments: Sequence[str]) -> None:
    """Run one command, and leave in its folder what it has printed and how it has ended.

    Args:
        workspace: the folder that the command runs in.
        folder: of the job.
        arguments: of ``optimiser``.
    """
    from optimiser._io.interrupts import end_with_parent
    from optimiser._io.steps import VARIABLE

    end_with_parent()
    with suppress(AttributeError, OSError):  # not on Windows
        os.setsid()  # Ctrl-C in the terminal ends the app, which leaves its jobs to go on next time
        os.nice(19)  # the page answers first
    os.chdir(workspace)
    for number, name in ((1, OUT), (2, ERR)):
        opened = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
    os.environ[VARIABLE] = str(folder / STEPS)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    ended = _run(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    part = folder / f"{ENDED}.partial"
    part.write_text(json.dumps(ended), encoding="utf-8")
    part.replace(folder / ENDED)
    for (
        child
    ) in multiprocessing.active_children():  # workers that wait for more, for which the end would wait
        child.terminate()


def _run(arguments: Sequence[str]) -> dict[str, Any]:
    """Return how a command ends: its exit status, and the error that it told."""
    import click

    from optimiser._io.errors import InputError, refused
    from optimiser._io.interrupts import insistent_interrupts
    from optimiser.app.errors import told
    from optimiser.cli.main import cli

    sys.argv = ["optimiser", *arguments]
    try:
        with insistent_interrupts():
            cli(list(arguments), standalone_mode=False)
    except SystemExit as ended:
        return {"code": ended.code if isinstance(ended.code, int) else 0, "error": None}
    except click.ClickException as error:
        return {"code": error.exit_code, "error": {"what": error.format_message()}}
    except (click.Abort, KeyboardInterrupt):
        return {"code": 130, "error": None}
    except InputError as error:
        return {"code": 2, "error": told(error)}
    except OSError as error:
        return {"code": 2, "error": told(refused(error))}
    except Exception as error:
        import traceback

        traceback.print_exc()
        return {"code": 1, "error": {"what": f"The program failed: {type(error).__name__}: {error}"}}
    return {"code": 0, "error": None}
