"""How pytest-xdist distributes the tests, for `-n`.

Most tests wait: for a webhook that is sent again, a stack that starts, a page. So there are more
workers than cores. Tests that share a stack go to one worker together, and the longest groups
begin first, so that no worker is left alone with one at the end. In the full form
(`tests/soak.py`) a stack costs little beside the tests, so files go to different workers.
"""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from tests.soak import SOAK

# Folders and files in the order in which they begin; all other files come after these.
FIRST = (
    "tests/web",
    "tests/end_to_end",
    "tests/functions/deploy/test_deploy_sh.py",
    "tests/stack/test_command.py",
    "tests/attack",
    "tests/faults",
    "tests/functions/test_packed_endpoints.py",
    "tests/functions/deploy/test_release.py",
    "tests/functions/deploy/test_failures.py",
    "tests/stack/test_functions.py",
    "tests/simulator/test_media.py",
    "tests/supabase",
    "tests/shared/test_database_answers.py",
)
# The tests of each of these folders stay together. In other folders, the tests of each file do: the
# database of tests/supabase costs a second, and with its files the workers end at the same time.
FOLDERS = () if SOAK else ("tests/web/", "tests/end_to_end/", "tests/attack/", "tests/faults/")
# Two stacks and two browsers share the tests of the page.
WEB_ELSEWHERE = tuple(
    f"tests/web/test_{name}.py"
    for name in (
        "a_call",
        "endings",
        "outages",
        "row_limit",
        "sdk_incoming",
        "sdk_rooms",
        "session",
        "trouble",
    )
)
# These need no page, so they go where there is time for them.
WITHOUT_A_PAGE = ("tests/web/test_node.py", "tests/web/test_package.py")
# The calls with many legs are as many tests as all others of their folder.
MANY_LEGS = tuple(
    f"tests/end_to_end/test_{name}.py" for name in ("many_legs", "unanswered_transfers")
)
# In the full form these begin first, and each test for itself, because each takes minutes.
LONG_TESTS = ("tests/attack/test_every_order.py",) if SOAK else ()


def group_of(nodeid: str) -> str:
    """The folder or file that a test stays together with, or the test itself."""
    path = nodeid.partition("::")[0]
    if path in LONG_TESTS:
        return nodeid
    if path in WITHOUT_A_PAGE:
        return path
    if path in WEB_ELSEWHERE and not SOAK:
        return "tests/web, calls and outages"
    if path in MANY_LEGS and not SOAK:
        return "tests/end_to_end, many legs"
    return next((folder[:-1] for folder in FOLDERS if path.startswith(folder)), path)


def sort(items: list[pytest.Item]) -> None:
    """Puts the groups into the order in which they begin."""

    def rank(item: pytest.Item) -> int:
        path, group = item.nodeid.partition("::")[0], group_of(item.nodeid)
        if path in LONG_TESTS:
            return -1
        for rank, begins in enumerate(FIRST):
            if f"{group.partition(',')[0]}/".startswith(f"{begins}/"):
                return rank
        return len(FIRST)

    items.sort(key=rank)


class Groups(LoadScopeScheduling):  # type: ignore[misc]
    """Gives the next group to a worker that has almost nothing left to do."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)

    def _reschedule(self, node: WorkerController) -> None:
        super()._reschedule(node)
        # A worker begins a test when it knows the next one, or that there is none. A group of one
        # test would wait forever, for example after the crash of another worker.
        while not node.shutting_down and self._pending_of(self.assigned_work[node]) < 2:
            super()._reschedule(node)
