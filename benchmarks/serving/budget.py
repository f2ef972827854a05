"""What a page costs: its first paint, its bytes, and what memory it keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.serving.started import browsed, served
from optimiser.app.pages import SCREENS

#: First visits of each screen, each with an empty cache.
VISITS = 5
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


def budget(folder: Path) -> dict[str, Any]:
    """Open every screen with an empty cache, and return the worst first paint and the most bytes.

    Args:
        folder: of a new workspace.
    """
    paints, sizes = dict[str, float](), dict[str, int]()
    with served(folder) as app, browsed() as browser:
        for screen in SCREENS:
            for _ in range(VISITS):
                context = browser.new_context()
                page = context.new_page()
                network = context.new_cdp_session(page)
                network.send("Network.enable")
                received: list[int] = []
                network.on(
                    "Network.loadingFinished", lambda one, to=received: to.append(one["encodedDataLength"])
                )
                page.goto(app.page(f"/{screen}"), wait_until="load")
                page.wait_for_timeout(500)
                paints[screen] = max(paints.get(screen, 0.0), page.evaluate(_PAINT) or 0.0)
                sizes[screen] = max(sizes.get(screen, 0), sum(int(size) for size in received))
                context.close()
    return {
        "first_paint_ms": {screen: round(paint) for screen, paint in paints.items()},
        "first_paint_ms_worst": round(max(paints.values())),
        "page_bytes": sizes,
        "page_bytes_most": max(sizes.values()),
    }
