"""The page as deploy.sh packs it: with its own policy, from a folder that never changes."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Route

from tests.web.calls_page import LONGEST_MS, Rep
from tests.web.network import Network

TALKS = "+15005550006"


def test_the_packed_page_calls(new_rep: Callable[..., Rep], network: Network) -> None:
    rep = new_rep()
    rep.watch.expect("net::ERR_CONNECTION_REFUSED|Failed to load resource: net")
    # A module that fails once is loaded again, with the page.
    failed: list[str] = []

    def fail(route: Route) -> None:
        failed.append(route.request.url)
        route.abort("connectionrefused")

    rep.context.route(re.compile(r"/henk-voice/phone\.js$"), fail, times=1)
    tab = rep.open("packed/")
    tab.sign_in()
    assert len(failed) == 1
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
