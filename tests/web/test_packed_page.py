"""The page as deploy.sh packs it: with its own policy, from a folder that never changes."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.calls_page import Rep
from tests.web.network import Network

TALKS = "+15005550006"


def test_the_packed_page_calls(new_rep: Callable[..., Rep], network: Network) -> None:
    rep = new_rep()
    tab = rep.open("packed/")
    addresses: list[str] = []
    tab.page.on("request", lambda request: addresses.append(request.url))
    tab.sign_in()
    tab.call_and_talk(TALKS)
    network.call_to(TALKS)
    tab.hang_up.click()
    tab.is_("ended")

    # What is loaded later comes from the folder, too: the pictures of reports, for example.
    tab.page.goto(f"{rep.url}/packed/#/reports")
    expect(tab.page.locator("svg.plot").first).to_be_visible(timeout=60_000)
    vendor = [address for address in addresses if "/vendor/" in address]
    assert vendor
    assert all(re.search(r"/packed/v/[0-9a-f]{12}/app/vendor/", address) for address in vendor)
