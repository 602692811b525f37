"""Pictures of a call that is recorded, and of its recording: each state of the page, acted."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.acted_call import DANA, ActedCall, Json, ago, leg
from tests.web.acted_recording import ActedArchive, announce, recorded
from tests.web.calls_page import CallsPage

# The page polls: it may take this long until it knows what has changed.
POLLED_MS = 20_000
CONFIRMED: Json = {"confirmed_by": DANA, "confirmed_at": ago(0)}


class RecordedCall:
    """Goes through the states of the recording of a call. ``call`` places it."""

    def __init__(
        self, tab: CallsPage, lead: str, call: Callable[[], None], take: Callable[[str], None]
    ) -> None:
        self._tab, self._page, self._call, self._take = tab, tab.page, call, take
        self._acted = ActedCall(tab)
        self._legs = (
            leg("agent", since=60, user_id=DANA, is_host=True),
            leg("lead", since=55, to_number=lead),
        )

    def take_all(self) -> None:
        announce(self._page, {"mode": "all", "consentMode": "both", "notice": "…"})
        self._acted.act(None, *self._legs, row=recorded("waiting", notice_ended_at=None))
        self._call()
        self._shows("hears the notice")
        self._take("recording-notice")
        self._tab.is_("talking")
        self._becomes("waiting", "Not recorded yet")
        self._take("recording-consent")
        for state, text in (
            ("recording", "This call is recorded"),
            ("paused", "is paused"),
            ("failed", "did not record"),
        ):
            self._becomes(state, text, part="in_progress", **CONFIRMED)
            self._take(f"recording-{state}")
        self._becomes("refused", "does not agree", refused_at=ago(0), refused_how="said")
        self._take("recording-refused")
        self._tab.hang_up.click()
        self._tab.is_("ended")

    def _becomes(
        self, state: str, text: str, *, part: str | None = None, **changes: object
    ) -> None:
        self._acted.act(None, *self._legs, row=recorded(state, part=part, **changes))
        self._shows(text)

    def _shows(self, text: str) -> None:
        line = self._page.locator("#recording-line")
        expect(line).to_contain_text(text, timeout=POLLED_MS)


def play(tab: CallsPage, take: Callable[[str], None]) -> None:
    """The recording of a call that is over, as a manager sees it, and the settings."""
    page = tab.page
    ActedArchive(page)
    page.get_by_role("button", name="Reload").click()
    page.get_by_role("button", name="Recording: Ada Answers").click()
    page.locator("#player-play").click()
    expect(page.locator("#player-lanes path.waves")).to_have_count(2)
    page.locator("#player-play").click()
    page.locator("#player-seek").fill("7")
    page.get_by_text("What happened").click()
    take("recording-player")
    page.get_by_role("button", name="Close", exact=True).click()
    page.evaluate("location.hash = '#/settings'")
    expect(page.get_by_label("Days until")).to_have_value("90")
    take("settings")
