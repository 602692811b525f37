"""Which tests pytest-xdist gives to one worker, and in which order.

Most tests wait: for a webhook that is sent again, a stack that starts, a page. So there are more
workers than cores. Tests that share something expensive go to one worker together, and what takes
longest begins first, so that no worker is left alone with it at the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

# Fixtures that take seconds to start, once in each worker that needs them.
EXPENSIVE = {"stack", "postgres"}
# From the longest to the shortest; all other folders come after these, in their own order.
LONGEST_FIRST = (
    "tests/web",
    "tests/end_to_end",
    "tests/faults",
    "tests/attack",
    "tests/stack",
    "tests/functions",
    "tests/supabase",
    "tests/simulator",
)


def group_of(path: str, fixtures: Iterable[str]) -> str:
    """What the test stays together with: its folder if it needs something expensive, or its file.

    ``path``: from the root of the checkout.
    """
    if EXPENSIVE.isdisjoint(fixtures):
        return path
    return "/".join(Path(path).parts[:2])


def distribute(items: list[pytest.Item], root: Path) -> None:
    """Marks each test with its group and sorts them, keeping the order inside of a group."""
    ranks: dict[str, tuple[int, int]] = {}
    groups: dict[pytest.Item, str] = {}
    for item in items:
        path = item.path.relative_to(root).as_posix()
        groups[item] = group = group_of(path, getattr(item, "fixturenames", ()))
        item.add_marker(pytest.mark.xdist_group(group))
        folder = "/".join(Path(path).parts[:2])
        rank = LONGEST_FIRST.index(folder) if folder in LONGEST_FIRST else len(LONGEST_FIRST)
        # Folders before the files of the same folder that need nothing.
        ranks.setdefault(group, (rank, len(ranks)))
    items.sort(key=lambda item: ranks[groups[item]])
