"""Figures as PNG or SVG files, drawn by a browser that is installed; without one, the reason why not."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal
from urllib.parse import unquote_to_bytes

from plotly.offline import get_plotlyjs

from optimiser._io.interrupts import interrupts_after
from optimiser.report.card import Card, Figure, Panels

Kind = Literal["png", "svg"]
#: Commands that start a browser of the Chromium family, which can draw without a window.
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
#: What to set to the path of a browser that is not on the PATH.
VARIABLE = "BROWSER_PATH"
WIDTH, SCALE = 900, 2
_SECONDS = 180
_SCRIPT = """
(async function () {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  for (const [name, figure] of Object.entries(figures)) {
    const out = document.createElement("pre");
    out.dataset.image = name;
    try {
      out.textContent = await Plotly.toImage(figure, OPTIONS(figure));
    } catch (error) { out.textContent = "error " + error; }
    document.body.appendChild(out);
  }
})();
"""
_FOUND = re.compile(r'<pre data-image="([^"]+)">([^<]*)</pre>')


def find_browser() -> str | None:
    """Return the command of an installed browser, or None."""
    chosen = os.environ.get(VARIABLE)
    if chosen and shutil.which(chosen):
        return chosen
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def figures_of(cards: Sequence[Card]) -> list[Figure]:
    """Return all figures of some cards."""
    found: list[Figure] = []
    for card in cards:
        for block in card.blocks:
            if isinstance(block, Figure):
                found.append(block)
            elif isinstance(block, Panels):
                found.extend(block.figures)
    return found


def write_images(figures: Sequence[Figure], folder: Path, kind: Kind) -> str:
    """Write each figure as ``folder/NAME.png`` or ``.svg``.

    Returns:
        What to tell the user: how many files there are, or why there are none.
    """
    browser = find_browser()
    if browser is None:
        return (
            f"No {kind.upper()} files: drawing them needs Chromium, Chrome or Edge, and none was found "
            f"on the PATH. Install one, or name it in {VARIABLE}. The page draws the same."
        )
    try:
        images = _drawn(figures, kind, browser)
    except (OSError, subprocess.SubprocessError) as error:
        return f"No {kind.upper()} files: {browser} failed ({error}). The page draws the same figures."
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in images.items():
        (folder / f"{name}.{kind}").write_bytes(content)
    lacking = [figure.name for figure in figures if figure.name not in images]
    lost = f"; {browser} did not draw {', '.join(lacking)}" if lacking else ""
    return f"{len(images)} figures as {kind.upper()} in {folder.name}/{lost}."


def _drawn(figures: Sequence[Figure], kind: Kind, browser: str) -> dict[str, bytes]:
    text = json.dumps({figure.name: json.loads(figure.drawing.to_json()) for figure in figures})
    options = (
        f'const OPTIONS = figure => ({{format: "{kind}", width: {WIDTH}, '
        f"height: figure.layout.height || 400, scale: {SCALE if kind == 'png' else 1}}});"
    )
    page = (
        '<!DOCTYPE html><meta charset="utf-8"><body>'
        f'<script type="application/json" id="figures">{text.replace("<", chr(92) + "u003c")}</script>'
        f"<script>{get_plotlyjs()}</script><script>{options}{_SCRIPT}</script></body>"
    )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        file = Path(temporary) / "figures.html"
        file.write_text(page, encoding="utf-8")
        # its own profile leaves a browser that is open alone; containers have no sandbox
        command = [
            browser,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--no-first-run",
            f"--user-data-dir={temporary}/profile",
            "--virtual-time-budget=600000",
            "--dump-dom",
            file.as_uri(),
        ]
        said = _said(command, temporary)
    images = {}
    for name, url in _FOUND.findall(said.decode("utf-8", "replace")):
        head, _, body = html.unescape(url).partition(",")
        if head.startswith("data:image/"):
            images[name] = base64.b64decode(body) if head.endswith("base64") else unquote_to_bytes(body)
    return images


def _said(command: Sequence[str], temporary: str) -> bytes:
    """Return what a browser prints; it leaves nothing outside its folder, nor any process."""
    browser = None
    try:
        with interrupts_after():
            browser = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "TMPDIR": temporary},
                start_new_session=True,
            )
        said, _ = browser.communicate(timeout=_SECONDS)
    except BaseException:
        if browser is not None:
            if hasattr(os, "killpg"):
                os.killpg(browser.pid, signal.SIGKILL)
            browser.kill()
            browser.communicate()
        raise
    if browser.returncode:
        raise subprocess.CalledProcessError(browser.returncode, command[0])
    return said
