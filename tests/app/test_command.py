"""The command `optimiser app` as a process: it says where it is, refuses what cannot be, and ends."""

from __future__ import annotations

import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.app.conftest import TOKEN, Served, served
from tests.command import assert_one_clear_block, process


def test_it_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    with served(tmp_path / "workspace") as app:
        with urllib.request.urlopen(f"{app.address}/healthz", timeout=60) as answer:
            assert answer.status == 200
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{app.address}/ask", timeout=60)
        assert refused.value.code == 401
        refused.value.close()
        # a page that listens keeps it neither from ending nor from being silent
        listening = urllib.request.Request(
            f"{app.address}/events", headers={"authorization": f"Bearer {TOKEN}"}
        )
        with urllib.request.urlopen(listening, timeout=60) as events:
            assert events.readline().startswith(b"data: ")
            app.process.send_signal(signal.SIGINT)
            assert app.process.wait(timeout=60) == 0
        assert app.process.stderr is not None and app.process.stderr.read() == ""
    with served(tmp_path / "workspace") as again:
        assert again.address == app.address, "what browsers keep for it is there again"


def test_a_taken_port_and_a_taken_workspace_are_told(app: Served, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = process("app", "--folder", tmp_path / "w", "--port", port, "--no-browser", cwd=tmp_path)
    assert_one_clear_block(done)
    assert str(port) in done.stderr and "--port" in done.stderr
    done = process("app", "--folder", app.folder, "--no-browser", cwd=tmp_path)
    assert_one_clear_block(done)
    assert "Another app works in" in done.stderr


@pytest.mark.parametrize(
    "arguments", [("--token", ""), ("--token", "a\nb"), ("--port", "70000"), ("--folder", "file")]
)
def test_what_cannot_be_is_refused_before_anything_is_made(
    tmp_path: Path, arguments: tuple[str, str]
) -> None:
    (tmp_path / "file").write_text("")
    done = process("app", "--no-browser", *arguments, cwd=tmp_path)
    assert_one_clear_block(done)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
