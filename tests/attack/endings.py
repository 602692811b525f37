"""How calls end: every event of each ending, and what the call must be in the end.

The result is written out: orders are compared with what is true, not with one another."""

from __future__ import annotations

from typing import NamedTuple


class Event(NamedTuple):
    """One event of the ledger. ``second``: of the minute it happened in; ``duration``: seconds."""

    leg: str
    status: str
    sequence_number: int | None
    second: int | None
    duration: int | None = None
    source: str = "status_callback"


class Ending(NamedTuple):
    """The conversation's status, its talk time and, as seconds of the minute, when the lead's phone
    rang, was answered and the call ended. ``ended``: None if only our clock tells it.
    ``dialled``: what the rep dials, if not the lead's number. ``unbegun``: the status while the
    beginning is not on record, if it is another."""

    events: tuple[Event, ...]
    status: str
    ended: int | None
    ringing: int | None = None
    answered: int | None = None
    talk_time: int = 0
    dialled: str | None = None
    unbegun: str | None = None


TALKED = (
    Event("lead", "initiated", 0, 1),
    Event("lead", "ringing", 1, 2),
    Event("lead", "in-progress", 2, 5),
    Event("lead", "completed", 3, 12, 7),
)
LEFT = Event("agent", "completed", 0, 13, 12)


def _dial_action(leg: str, status: str, duration: int = 0) -> Event:
    return Event(leg, status, None, None, duration, "dial_action")


def _asked(leg: str, status: str, second: int | None = None, duration: int | None = None) -> Event:
    """What Twilio's API answered."""
    return Event(leg, status, None, second, duration, "reconcile")


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
    # Nothing of what only the first leg told may stay in the row.
    "two legs, and the second is answered": _talked(
        TALKED[0],
        Event("lead", "no-answer", 1, 4, 0),
        Event("second lead", "in-progress", 1, 5),
        Event("second lead", "completed", 2, 12, 7),
        LEFT,
        ringing=None,
    ),
    # The Dial's action names no leg, because there was none.
    "nobody could be dialled": Ending(
        (_dial_action("agent", "failed"), LEFT), "failed", ended=None
    ),
    "left before anybody was dialled": Ending((LEFT,), "canceled", ended=13, unbegun="failed"),
    "refused": Ending((LEFT,), "blocked", ended=None, dialled="nonsense", unbegun="failed"),
}

# Endings that we learn partly from Twilio's API. No webhook brings that part.
ENDINGS_ASKED_FOR = {
    "both ends from the API": _talked(
        *TALKED[:2], _asked("lead", "completed", 12, 7), _asked("agent", "completed", 13, 12)
    ),
    "the API, and the callbacks after all": _talked(
        *TALKED[1:], _asked("lead", "completed", 12, 8), LEFT, _asked("agent", "completed", 13, 11)
    ),
    "the API knows better than Dial": Ending(
        (
            _dial_action("lead", "no-answer"),
            _asked("lead", "canceled", 9, 0),
            _asked("agent", "no-answer", 13, 0),
        ),
        "canceled",
        ended=9,
    ),
    # When it was answered follows from the end and the length.
    "the API was asked while they talked": _talked(
        *TALKED[:2],
        _asked("lead", "in-progress"),
        TALKED[3],
        _asked("agent", "in-progress"),
        LEFT,
    ),
}
