"""Pictures of a call with more people than a rep and a lead: each state of the page, acted."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.acted_call import BO, DANA, MARA, ROBIN, ActedCall, ago, leg, rings
from tests.web.calls_page import CallsPage

THIRD = "+14155550123"
# The page polls: it may take this long until it knows what has changed.
POLLED_MS = 60_000


class ManyLegs:
    """Goes through the states of a call in which the rep talks to a lead."""

    def __init__(self, tab: CallsPage, lead: str, take: Callable[[str], None]) -> None:
        self._tab = tab
        self._page = tab.page
        self._take = take
        self._acted = ActedCall(tab)
        self._acted.colleagues = [
            {"user_id": ROBIN, "name": "Robin Rep", "role": "agent", "state": "available"},
            {"user_id": MARA, "name": "Mara Manager", "role": "manager", "state": "busy"},
            {"user_id": BO, "name": "Bo Both", "role": "agent", "state": "away"},
        ]
        for colleague in self._acted.colleagues:
            colleague["since"] = ago(300)
        self._dana = leg("agent", since=60, user_id=DANA, is_host=True)
        self._lead = leg("lead", since=55, to_number=lead)
        self._held = self._lead | {"on_hold_since": ago(12)}
        self._robin = leg("teammate", since=5, user_id=ROBIN)

    def take_all(self) -> None:
        self._hold()
        self._whom_to_ring()
        self._warm_transfer()
        self._together()
        self._left()

    def _hears(self, text: str) -> None:
        expect(self._page.locator("#call-hears")).to_contain_text(text, timeout=POLLED_MS)

    def _press(self, name: str) -> None:
        self._page.get_by_role("button", name=name, exact=True).click()

    def _hold(self) -> None:
        self._acted.when_asked("on_hold", self._dana, self._held)
        self._press("Hold")
        self._hears("music")
        self._take("on-hold")

    def _whom_to_ring(self) -> None:
        page = self._page
        self._press("Transfer")
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text("Robin Rep")).to_be_visible()
        self._take("whom-to-ring")
        dialog.get_by_text("Robin Rep").click()
        self._acted.fail(409, "busy")
        self._press("Call Robin Rep")
        expect(dialog.get_by_role("alert")).to_contain_text("another call")
        self._take("colleague-busy")
        dialog.get_by_text("A phone number").click()
        dialog.get_by_label("Phone number", exact=True).fill(THIRD)
        expect(page.locator("#target-number-check")).to_contain_text("Rings")
        dialog.get_by_text("Hand over at once").click()
        self._take("number-to-ring")
        dialog.get_by_text("Talk to them first").click()
        dialog.get_by_text("Robin Rep").click()

    def _warm_transfer(self) -> None:
        acted, dana, held, robin = self._acted, self._dana, self._held, self._robin
        acted.when_asked("ringing", dana, held, robin | rings(5))
        self._press("Call Robin Rep")
        self._hears("Robin Rep’s phone rings.")
        self._take("colleague-rings")
        declined = {"status": "no-answer", "answered_at": None, "declined_at": ago(1)}
        acted.act("on_hold", dana, held, robin | declined)
        news = self._page.locator("#call-news")
        expect(news).to_contain_text("declined", timeout=POLLED_MS)
        self._take("colleague-declined")
        acted.act("consulting", dana, held, robin)
        self._hears("You talk to Robin Rep.")
        self._take("consulting")
        self._press("Hang up")
        self._take("what-becomes-of-the-call")
        self._press("Go on as it is")
        acted.fail(503, "twilio_unavailable")
        self._press("Talk all together")
        expect(self._page.locator("#call-trouble")).to_contain_text("goes on as it was")
        self._take("not-done")

    def _together(self) -> None:
        acted, dana, lead, robin = self._acted, self._dana, self._lead, self._robin
        acted.when_asked("together", dana, lead, robin)
        self._press("Talk all together")
        self._hears("hear each other")
        self._press("Add somebody to the call")
        expect(self._page.get_by_role("dialog")).to_contain_text("On this call already")
        self._take("whom-to-add")
        self._press("Not now")
        third = leg("third_party", since=3, to_number=THIRD) | rings(3)
        acted.act("together", dana, lead, robin, third)
        self._hears("0123’s phone rings.")
        self._take("together")
        gone = {"status": "completed", "ended_at": ago(1), "duration_seconds": 50}
        acted.act("together", dana, lead | gone, robin)
        self._hears("not on the call any more")
        self._take("lead-gone")
        acted.act("together", dana, lead, robin)
        self._hears("hear each other")

    def _left(self) -> None:
        acted, lead, robin = self._acted, self._lead, self._robin
        over = {"status": "completed", "ended_at": ago(0), "duration_seconds": 60}
        left = self._dana | over
        # The lead's real call ends when the rep leaves; in the picture it goes on.
        going_on = {"status": "in-progress", "ended_at": None, "duration_seconds": None}
        acted.when_asked("transferred", left, lead, robin, row=going_on)
        self._press("Leave")
        self._tab.is_("ended")
        self._hears("talk to each other")
        self._take("handed-over")
        acted.act("transferring", left, lead, robin | rings(3), row=going_on)
        expect(self._page.get_by_role("button", name=re.compile("^Take "))).to_be_visible(
            timeout=POLLED_MS
        )
        self._take("handed-over-at-once")
