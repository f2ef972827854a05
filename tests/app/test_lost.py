"""A page whose server is killed: it says so, and finds the server and its job again by itself."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.app.conftest import TOKEN, served
from tests.app.test_jobs import SEARCH
from tests.app.waits import LONG

pytestmark = pytest.mark.page


def test_a_page_outlives_its_server_and_finds_its_job(browser: Any, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    page = browser.new_context().new_page()
    page.set_default_timeout(60_000)
    with served(workspace) as app:
        key = app.ask("/uploads?name=long.yaml", "POST", SEARCH.encode())["upload"]
        id = app.ask("/runs/start", "POST", json.dumps({"upload": key}).encode())["id"]
        page.goto(f"{app.address}/runs?job={id}&token={TOKEN}")
        page.locator("#opened progress").first.wait_for(timeout=LONG)
        app.process.send_signal(signal.SIGKILL)
        app.process.wait(timeout=60)
        page.locator("#lost").wait_for(state="visible")
        reached = page.locator("#opened progress").first.evaluate("one => one.value")
    with served(workspace) as again:
        assert again.address == app.address
        page.locator("#lost").wait_for(state="hidden")
        page.wait_for_function(
            "(reached) => document.querySelector('#opened progress')?.value > reached",
            arg=reached,
            timeout=LONG,
        )
        page.locator("#opened").get_by_role("button", name="Cancel").click()
        page.locator("#opened .job-state", has_text="Cancelled.").wait_for(timeout=LONG)
        assert again.get(f"/jobs/{id}")["state"] == "cancelled"
    page.context.close()
