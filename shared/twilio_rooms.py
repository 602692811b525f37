"""The room of a call (a Conference) and who is in it, by Twilio's REST API.

https://www.twilio.com/docs/voice/api/conference-resource
https://www.twilio.com/docs/voice/api/conference-participant-resource

``client`` comes from ``twilio_client.build_client``. Each function raises what
``twilio_answers.reading`` raises.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared import twilio_answers
from shared.twiml_answers import JITTER_BUFFER, LEG_EVENTS, RING_SECONDS

if TYPE_CHECKING:
    from twilio.rest import Client

# A call has one room at a time; those before it have ended.
_MAX_ROOMS = 20
_MAX_PARTICIPANTS = 50


@dataclass(frozen=True)
class Participant:
    """A leg in a room. ``label`` is the id of the leg. One that still rings has not joined. The
    room ends when one leaves who ``ends_room``."""

    call_sid: str
    label: str | None
    has_joined: bool
    on_hold: bool
    ends_room: bool


@dataclass(frozen=True)
class Room:
    """A room that goes on, by its SID."""

    sid: str
    participants: Sequence[Participant]

    def find(self, *, call_sid: str | None = None, label: str | None = None) -> Participant | None:
        """The participant with this CallSid or label."""
        return next(
            (
                each
                for each in self.participants
                if each.call_sid == call_sid or (label is not None and each.label == label)
            ),
            None,
        )


def fetch_room(client: Client, name: str) -> Room | None:
    """The room of this name; None if there is none, or if it has ended.

    Twilio is not asked for those that are in progress: a room with one person may still be `init`.
    """
    with twilio_answers.reading():
        found = client.conferences.list(friendly_name=name, limit=_MAX_ROOMS, page_size=_MAX_ROOMS)
        going_on = [each for each in found if each.status != "completed"]
        if not going_on:
            return None
        return Room(going_on[0].sid, _fetch_participants(client, going_on[0].sid))


def _fetch_participants(client: Client, sid: str) -> list[Participant]:
    listed = client.conferences(sid).participants.list(
        limit=_MAX_PARTICIPANTS, page_size=_MAX_PARTICIPANTS
    )
    return [
        Participant(
            call_sid=each.call_sid,
            label=each.label,
            # Not yet: queued, connecting, ringing. Not any more: complete, failed.
            has_joined=each.status in ("connected", None),
            on_hold=bool(each.hold),
            ends_room=bool(each.end_conference_on_exit),
        )
        for each in listed
    ]


def hold(client: Client, room_sid: str, call_sid: str) -> None:
    """The participant hears Twilio's music, and nobody hears them."""
    with twilio_answers.reading():
        client.conferences(room_sid).participants(call_sid).update(hold=True)


def resume(client: Client, room_sid: str, call_sid: str) -> None:
    """Ends the hold. Twilio answers 400 for one who is not on hold."""
    with twilio_answers.reading():
        client.conferences(room_sid).participants(call_sid).update(hold=False)


def set_host(client: Client, room_sid: str, call_sid: str, *, is_host: bool) -> None:
    """Whether the room ends when this participant leaves it."""
    with twilio_answers.reading():
        client.conferences(room_sid).participants(call_sid).update(end_conference_on_exit=is_host)


def dial(
    client: Client,
    room_sid: str,
    *,
    to: str,
    from_number: str | None,
    label: str,
    seconds_left: int | None,
    status_callback: str,
) -> str:
    """Rings somebody, who joins the room by answering. Returns their CallSid.

    Twilio has no key that makes a second request harmless, except the label: it refuses one that is
    already in the room.
    """
    limit = {} if seconds_left is None else {"time_limit": max(1, seconds_left)}
    with twilio_answers.reading():
        created = client.conferences(room_sid).participants.create(
            from_=from_number,
            to=to,
            label=label,
            timeout=RING_SECONDS,
            early_media=False,
            beep="false",
            end_conference_on_exit=False,
            jitter_buffer_size=JITTER_BUFFER,
            status_callback=status_callback,
            status_callback_method="POST",
            status_callback_event=LEG_EVENTS.split(),
            **limit,
        )
        call_sid: str = created.call_sid.strip()
    return call_sid
