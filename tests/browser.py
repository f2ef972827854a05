"""The browser that looks at pages, if there is one."""

from __future__ import annotations

import shutil


def find_browser() -> str | None:
    """Return the path of an installed Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)
