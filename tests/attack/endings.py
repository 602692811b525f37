"""How calls end: every callback of each ending, and what the call must be in the end. The results
are written out, so that each order is compared with the truth and not with another order."""

from __future__ import annotations

from typing import NamedTuple


class Event(NamedTuple):
    """One callback. ``second``: the second of the minute at which it happened. ``duration``:
    seconds."""

    leg: str
    status: str
    sequence_number: int | None
    second: int | None
    duration: int | None = None
    source: str = "status_callback"


class Ending(NamedTuple):
    """The status and talk time of the conversation, and the seconds of the minute at which the
    lead's phone rang, was answered, and the call ended. ``ended`` is None if the end is when we
    heard of it, by our clock. ``dialled``: what the rep dials, if not the lead's number."""

    events: tuple[Event, ...]
    status: str
    ended: int | None
    ringing: int | None = None
    answered: int | None = None
    talk_time: int = 0
    dialled: str | None = None


TALKED = (
    Event("lead", "initiated", 0, 1),
    Event("lead", "ringing", 1, 2),
    Event("lead", "in-progress", 2, 5),
    Event("lead", "completed", 3, 12, 7),
)
LEFT = Event("agent", "completed", 0, 13, 12)


def _dial_action(leg: str, status: str, duration: int = 0) -> Event:
    return Event(leg, status, None, None, duration, "dial_action")


def _not_answered(status: str) -> Ending:
    events = (*TALKED[:2], Event("lead", status, 2, 9, 0), _dial_action("lead", status), LEFT)
    return Ending(events, status, ended=9, ringing=2)


def _talked(*events: Event, ringing: int | None = 2) -> Ending:
    return Ending(events, "completed", ended=12, ringing=ringing, answered=5, talk_time=7)


ENDINGS = {
    "talked": _talked(*TALKED, _dial_action("lead", "completed", 7), LEFT),
    **{status: _not_answered(status) for status in ("busy", "no-answer", "failed", "canceled")},
    # Twilio was asked for `completed` only, so this callback has the first sequence number.
    "completed with sequence number 0": _talked(
        Event("lead", "completed", 0, 12, 7),
        _dial_action("lead", "completed", 7),
        LEFT,
        ringing=None,
    ),
    "no ringing": _talked(
        Event("lead", "initiated", 0, 1),
        Event("lead", "in-progress", 1, 5),
        Event("lead", "completed", 2, 12, 7),
        LEFT,
        ringing=None,
    ),
    "both legs tell everything": _talked(
        *TALKED, Event("agent", "in-progress", 0, 5), LEFT._replace(sequence_number=1)
    ),
    # The Dial's action names no leg, because there was none.
    "nobody could be dialled": Ending(
        (_dial_action("agent", "failed"), LEFT), "failed", ended=None
    ),
    "left before anybody was dialled": Ending((LEFT,), "canceled", ended=13),
    "refused": Ending((LEFT,), "blocked", ended=None, dialled="nonsense"),
}
