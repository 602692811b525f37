"""The page as deploy.sh packs it: with its own policy, from a folder that never changes."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.web.calls_page import LONGEST_MS, Rep
from tests.web.network import Network

TALKS = "+15005550006"


def test_the_packed_page_calls(new_rep: Callable[..., Rep], network: Network) -> None:
    rep = new_rep()
    tab = rep.open("packed/")
    tab.sign_in()
    tab.call_and_talk(TALKS)
    network.call_to(TALKS)
    tab.hang_up.click()
    tab.is_("ended")

    # What is loaded later comes from the folder, too.
    later = re.compile(r"/packed/v/[0-9a-f]{12}/app/vendor/plot\.js$")
    with tab.page.expect_response(later, timeout=LONGEST_MS) as loaded:
        tab.page.goto(f"{rep.url}/packed/#/reports")
    assert loaded.value.ok
    assert "immutable" in loaded.value.headers["cache-control"]
