"""What the database tells endpoints about a call with several legs, and what they tell it.

The SQL functions that send and take these are in ``shared/rpc.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NotRequired, Protocol, TypedDict


class StateLeg(TypedDict):
    """One leg of a call. A leg that was asked for has no ``call_sid`` until Twilio tells it.

    ``identity`` is the Twilio identity of a person of the business, ``to_number`` (E.164) the
    number of everybody else. ``is_over``: the leg has ended, or will never be dialled.
    """

    id: str
    call_sid: str | None
    role: Literal["agent", "lead", "teammate", "third_party"]
    user_id: str | None
    identity: str | None
    to_number: str | None
    status: str
    asked_at: str | None
    on_hold: bool
    is_over: bool


class CallState(TypedDict):
    """A call as it is now.

    ``agent_call_sid`` names the call in every address that Twilio gets. ``bridge`` says how the
    lead is connected: ``dial`` (a `<Dial>` of the agent's or of the lead's leg) or ``room`` (the
    Conference ``room``). ``host_leg_id`` is the leg that ends the room by leaving.
    """

    conversation_id: str
    business_id: str
    agent_call_sid: str
    from_number: str | None
    seconds_left: int | None
    room: str
    bridge: Literal["dial", "room"]
    stage: str | None
    # The number of the newest thing that was asked of the call.
    newest_action: NotRequired[int | None]
    host_leg_id: str | None
    lead_leg_id: str | None
    legs: list[StateLeg]


class Action(TypedDict):
    """What was asked of a call. ``leg_id`` is the leg that it is about: the one to ring, to remove,
    or to go on with the lead. ``leaving_leg_id`` is the leg of the person who leaves by it.
    ``message_path`` is where Storage has the message that the lead is left with.
    ``is_resumed``: it was asked before, and some of it may be done."""

    id: str
    number: int
    action: str
    mode: Literal["cold", "warm"] | None
    leg_id: str | None
    leaving_leg_id: str | None
    message_path: NotRequired[str | None]
    is_resumed: bool


class Asked(TypedDict):
    """The answer to a wish that is allowed.

    ``wait``: another request is changing the call; ask again in a moment. ``is_done``: the same was
    asked before, and it is done; ``action`` is then the newest of the call, or None if nothing was
    ever asked of it.
    """

    wait: bool
    is_done: bool
    action: Action | None
    call: CallState


class Note(TypedDict):
    """Something that an endpoint did and Twilio confirmed, for the ledger."""

    what: Literal[
        "leg_dialled",
        "leg_failed",
        "held",
        "unheld",
        "redirected",
        "removed",
        "dropped",
        "in_room",
        "not_in_room",
    ]
    leg_id: str | None
    call_sid: str | None


class Ledger(Protocol):
    """Where it is written what was done. ``result`` as in ``rpc.AsWebhook.note_call_action``."""

    def __call__(
        self, notes: Sequence[Note], result: str | None = None, error: str | None = None
    ) -> object: ...


class Ring(TypedDict):
    """A person to ring on all their devices. ``after`` is what the Dial's action says when it ends:
    ``transfer`` or ``return``. ``by`` is the user who transfers, if somebody does. ``pause``:
    seconds to wait before, because they did not ring a moment ago; None at first."""

    leg_id: str
    identity: str
    after: Literal["transfer", "return"]
    by: NotRequired[str | None]
    pause: NotRequired[int | None]


class Continuation(TypedDict):
    """What becomes of the leg whose Dial has ended. ``new`` is False if this was reported before.

    ``room``, ``is_host`` and ``label`` are for ``join_room``; ``ring`` is for ``ring``.
    """

    new: bool
    conversation_id: str | None
    next: Literal["hang_up", "join_room", "ring", "apologize"]
    room: str | None
    is_host: bool
    label: str | None
    seconds_left: int | None
    # As in CallState, for a leg that joins the room.
    newest_action: NotRequired[int | None]
    from_number: str | None
    ring: Ring | None
