"""Looks at a state of the page, wide and narrow, light and dark."""

from __future__ import annotations

from collections.abc import Callable

from tests.web.calls_page import DESKTOP, CallsPage

NARROW = {"width": 360, "height": 780}


def looker(tab: CallsPage, findings: dict[str, list[str]]) -> Callable[[str], None]:
    """Looks for what axe finds, wide and narrow, light and dark."""
    page = tab.page

    def look(state: str) -> None:
        for size, theme in ((NARROW, "dark"), (DESKTOP, "light")):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= size["width"], f"{state} is wider than {size['width']} pixels"
            if found := tab.accessibility_findings(only_looks=theme == "dark"):
                findings[f"{state}, {size['width']}, {theme}"] = found

    return look
