"""How calls end: every callback of each ending, and what the call must be in the end.

Written out, so that orders are compared with what is true and not with one another."""

from __future__ import annotations

from typing import NamedTuple


class Event(NamedTuple):
    """One callback. ``second``: of the minute it happened in; ``duration``: seconds."""

    leg: str
    status: str
    sequence_number: int | None
    second: int | None
    duration: int | None = None
    source: str = "status_callback"


class Ending(NamedTuple):
    """``status`` and ``talk_time`` (seconds) of the conversation, ``ended`` as a second."""

    events: tuple[Event, ...]
    status: str
    talk_time: int
    ended: int


def _not_answered(status: str) -> Ending:
    return Ending(
        (
            Event("lead", "initiated", 0, 1),
            Event("lead", "ringing", 1, 2),
            Event("lead", status, 2, 9, 0),
            Event("lead", status, None, None, 0, "dial_action"),
            Event("agent", "completed", 0, 10, 9),
        ),
        status,
        0,
        9,
    )


ENDINGS = {
    "talked": Ending(
        (
            Event("lead", "initiated", 0, 1),
            Event("lead", "ringing", 1, 2),
            Event("lead", "in-progress", 2, 5),
            Event("lead", "completed", 3, 12, 7),
            Event("lead", "completed", None, None, 7, "dial_action"),
            Event("agent", "completed", 0, 13, 12),
        ),
        "completed",
        7,
        12,
    ),
    **{status: _not_answered(status) for status in ("busy", "no-answer", "failed", "canceled")},
    # Only `completed` was asked for, so it bears the first number, and nothing came before it.
    "completed with sequence number 0": Ending(
        (
            Event("lead", "completed", 0, 12, 7),
            Event("lead", "completed", None, None, 7, "dial_action"),
            Event("agent", "completed", 0, 13, 12),
        ),
        "completed",
        7,
        12,
    ),
    "no ringing": Ending(
        (
            Event("lead", "initiated", 0, 1),
            Event("lead", "in-progress", 1, 5),
            Event("lead", "completed", 2, 12, 7),
            Event("agent", "completed", 0, 13, 12),
        ),
        "completed",
        7,
        12,
    ),
    "left before anybody was dialled": Ending(
        (Event("agent", "completed", 0, 3, 2),), "canceled", 0, 3
    ),
    "both legs tell everything": Ending(
        (
            Event("agent", "in-progress", 0, 5),
            Event("agent", "completed", 1, 13, 8),
            Event("lead", "initiated", 0, 1),
            Event("lead", "ringing", 1, 2),
            Event("lead", "in-progress", 2, 5),
            Event("lead", "completed", 3, 12, 7),
        ),
        "completed",
        7,
        12,
    ),
}
