"""Accessibility, as axe-core finds it."""

from __future__ import annotations

from typing import Any

#: What WCAG 2.2 AA asks.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(page: Any) -> list[str]:
    """Return what axe-core finds wrong on a page: the rule, and where."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    return [
        f"{one['id']}: {one['help']}: {', '.join(str(node['target'][0]) for node in one['nodes'][:5])}"
        for one in found.response["violations"]
    ]


def assert_accessible(page: Any) -> None:
    """Hold that axe-core finds nothing wrong."""
    found = violations(page)
    assert found == [], "\n".join(found)
