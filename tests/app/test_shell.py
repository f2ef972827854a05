"""Every screen: reachable, in both themes, wide and narrow, without a fault that axe-core finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from optimiser.app.pages import SCREENS
from tests.app.axe import assert_accessible
from tests.app.waits import loaded

pytestmark = pytest.mark.page


@pytest.mark.parametrize("screen", SCREENS)
def test_every_screen_is_accessible(tab: Callable[..., Any], screen: str) -> None:
    for scheme in ("light", "dark"):
        page = tab(f"/{screen}", color_scheme=scheme)
        loaded(page)
        assert page.title() == f"{SCREENS[screen][0]} · Leaching optimiser"
        assert_accessible(page)


@pytest.mark.parametrize("width", [390, 1280, 3840])
@pytest.mark.parametrize("screen", SCREENS)
def test_every_screen_fits(tab: Callable[..., Any], screen: str, width: int) -> None:
    page = tab(f"/{screen}", width=width)
    loaded(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
