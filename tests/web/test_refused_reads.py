"""The database refuses to read: every view says so, and asks again when it is told to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Route, expect

from tests.web.calls_page import Rep

REST = re.compile(r"/rest/v1/")
# What the frame needs to show a view at all, and what it writes.
OF_THE_FRAME = {"businesses", "set_presence", "my_day"}
VIEWS = {
    "/": "History",
    "/campaigns": "Campaigns",
    "/contacts": "Contacts",
    "/reports": "Reports",
    "/quality": "Line quality",
    "/settings": "Settings",
    "/calling": "Calling",
    "/do-not-call": "Do not call",
    "/people": "People",
    "/changes": "Changes",
    "/invitations": "Invitations",
}
# A statement that took too long: https://docs.postgrest.org/en/stable/references/errors.html
TOO_LONG = {"code": "57014", "message": "canceling statement due to statement timeout"}


def test_every_view_says_that_it_could_not_be_read_and_offers_to_try_again(
    known_rep: Callable[..., Rep],
) -> None:
    rep = known_rep("owner@henk.test")
    rep.watch.expect(r"Failed to load resource.* 500 .*/rest/v1/")
    refuses = False

    def answer(route: Route) -> None:
        name = urlsplit(route.request.url).path.rpartition("/")[2]
        if refuses and name not in OF_THE_FRAME:
            cors = {"access-control-allow-origin": "*"}
            route.fulfill(status=500, json=TOO_LONG, headers=cors)
        else:
            route.continue_()

    rep.context.route(REST, answer)
    tab = rep.open()
    tab.is_ready()
    page = tab.page
    again = page.get_by_role("button", name="Try again", exact=True).locator("visible=true")
    loading = page.get_by_text("Loading…", exact=True).locator("visible=true")
    left = {}
    for path in VIEWS:
        refuses = True
        # The view is mounted anew.
        page.evaluate("location.hash = '#/check'")
        expect(page.locator("#view h1")).to_contain_text("Check")
        page.evaluate("path => { location.hash = `#${path}`; }", path)
        expect(page.locator("#main")).to_contain_text("may not spend more time")
        expect(again.first).to_be_visible()
        expect(loading).to_have_count(0)
        refuses = False
        while again.count():
            before = again.count()
            again.first.click()
            expect(again).not_to_have_count(before)
        expect(loading).to_have_count(0)
        expect(page.get_by_text("Trying again…").locator("visible=true")).to_have_count(0)
        if "may not spend more time" in page.locator("#main").inner_text():
            left[path] = page.locator("#main").inner_text()
    assert not left, json.dumps(left, indent=1)
