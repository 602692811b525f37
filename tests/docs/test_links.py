"""Links of the guides lead somewhere: every file that one names exists, and every heading."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from functions.bundle import ROOT

GUIDES = sorted(
    file
    for pattern in ("*.md", "docs/**/*.md", "simulator/*.md", "web/*/*.md")
    for file in ROOT.glob(pattern)
)


def links(guide: Path) -> list[str]:
    """The targets of a guide's links and images that are not addresses of other sites."""
    text = re.sub(r"^```.*?^```", "", guide.read_text(encoding="utf-8"), flags=re.M | re.S)
    found = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    return [target for target in found if not re.match(r"[a-z]+:", target)]


def anchors(guide: Path) -> set[str]:
    """The names under which GitHub links to a guide's headings."""
    headings = re.findall(r"^#+ (.+)$", guide.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def is_broken(guide: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = guide.parent / path if path else guide
    return not target.exists() or (bool(anchor) and anchor not in anchors(target))


def test_there_are_guides() -> None:
    assert {"README.md", "CONTRIBUTING.md", "architecture.md"} <= {guide.name for guide in GUIDES}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: str(guide.relative_to(ROOT)))
def test_every_link_leads_somewhere(guide: Path) -> None:
    assert [link for link in links(guide) if is_broken(guide, link)] == []


@pytest.mark.parametrize("link", ["nothing.md", "docs/nothing.md", "#nothing", "README.md#nothing"])
def test_a_link_that_leads_nowhere_is_found(link: str) -> None:
    assert is_broken(ROOT / "README.md", link)


def test_the_index_of_decisions_has_every_page() -> None:
    index = ROOT / "docs" / "decisions.md"
    pages = [f"decisions/{page.name}" for page in (ROOT / "docs" / "decisions").glob("*.md")]
    assert sorted(links(index)) == sorted(pages)
