"""Who hears whom in real browsers: each page sends a tone of its own, and says what it hears.

    give_tone(context, 650)                  # before the page is opened
    expect_heard(page, {790}, music=False)   # waits until it is so
    gap_in(page, 790, since)                 # milliseconds

Tones are found by Goertzel's algorithm in the sound that arrives over WebRTC, whatever page and
library placed the call.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

TONES = (650, 790, 980, 1180, 1420, 1700)
"""Hertz. None is a note of the music, part of the ringback, or a multiple of another."""
_MUSIC = (277.2, 311.1, 370.0, 415.3, 466.2, 554.4)
_RINGBACK = (440.0, 480.0)
_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Heard:
    """What a page hears."""

    tones: frozenset[int]
    music: bool
    ringback: bool


def give_tone(context: BrowserContext, hertz: int) -> None:
    """Let the pages of ``context`` send a tone in place of the microphone, and listen to calls.

    Call it before a page is opened.
    """
    script = _SCRIPT.replace("OWN_TONE", str(hertz)).replace("TONES", str([*TONES]))
    context.add_init_script(
        script.replace("MUSIC", str([*_MUSIC])).replace("RINGBACK", str([*_RINGBACK]))
    )


def heard(page: Page) -> Heard:
    """What the page has heard in the last half second."""
    now = page.evaluate("window.ears.heard()")
    return Heard(frozenset(now["tones"]), now["music"], now["ringback"])


def expect_heard(
    page: Page, tones: Collection[int], *, music: bool = False, ringback: bool = False
) -> None:
    """Wait until the page hears exactly this, and still does a moment later."""
    wanted = Heard(frozenset(tones), music, ringback)
    deadline = time.monotonic() + 60
    since: float | None = None
    while since is None or time.monotonic() - since < 0.3:
        now = heard(page)
        if now != wanted:
            since = None
            assert time.monotonic() < deadline, f"{now}, not {wanted}"
        elif since is None:
            since = time.monotonic()
        page.wait_for_timeout(50)


def moment(page: Page) -> float:
    """The page's time now, in milliseconds, for `gap_in`."""
    now: float = page.evaluate("performance.now()")
    return now


def gap_in(page: Page, hertz: int, since: float) -> float:
    """The longest time, in milliseconds, for which the page did not hear a tone after ``since``.

    It is measured every 20 ms, over windows of 64 ms.
    """
    gap: float = page.evaluate("([hertz, since]) => window.ears.gap(hertz, since)", [hertz, since])
    return gap
