"""What is done at Twilio for each action that was asked of a call.

A function may be killed between any two lines here, and the same action is then done again from its
beginning. So each step first looks whether it is done. Nothing that rings somebody is sent before
Twilio has said that it does not ring them yet.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from shared import call_room, errors, twilio_calls, twilio_rooms, voicemail_drop
from shared.call_room import LeadGone, address_of, find_lead, find_leg, leg_may_be_gone
from shared.call_state import Action, CallState, Ledger, Note, StateLeg
from shared.call_statuses import FINAL_STATUSES
from shared.twilio_rooms import Participant, Room
from shared.twiml_answers import Callee, build_ring, list_parameters
from shared.webhook_addresses import build_status_callback

if TYPE_CHECKING:
    from twilio.rest import Client


class CallControl:
    """One action of one call. ``by`` is the user who asks for it. ``sign`` makes an address of a
    recorded message by its path in Storage (``message_store.sign``)."""

    def __init__(
        self,
        client: Client,
        base_url: str,
        ledger: Ledger,
        *,
        action: Action,
        call: CallState,
        by: str,
        sign: Callable[[str], str],
    ) -> None:
        self._client = client
        self._base_url = base_url
        self._ledger = ledger
        self._action = action
        self._call = call
        self._by = by
        self._sign = sign
        self._notes: list[Note] = []
        # Whether somebody may be ringing without our knowing it.
        self._is_unclear = False

    def carry_out(self) -> None:
        """Does what was asked for, and writes down what became of it.

        Raises errors.NotInProgress if the call has ended or changed meanwhile, TwilioUnavailable if
        Twilio does not do it, what ``message_store.sign`` raises, and what
        ``Database.call_as_endpoint`` raises.
        """
        try:
            self._do()
        except (voicemail_drop.MayHaveHeard, voicemail_drop.MayBePlaying) as error:
            # Callbacks tell whether the lead hears it. Until the lease ends, nobody may try again.
            self._give_up(None, error)
        except (errors.NotInProgress, errors.TwilioRefused, errors.NoMessage) as error:
            self._give_up("failed", error)
        except (
            errors.TwilioUnavailable,
            errors.StorageUnavailable,
            errors.PhoneSystemError,
        ) as error:
            # While somebody may be ringing, nobody may try again before the lease ends.
            self._give_up(None if self._is_unclear else "released", error)
        else:
            self._ledger(self._notes, "done")

    def _give_up(self, result: str | None, error: errors.RequestError) -> None:
        """Writes down that the action did not come to its end, and raises the error."""
        unrung = call_room.find_unrung(self._call, self._action)
        if result == "released" and unrung:
            # Nobody rings. The next request for this is a new action.
            self._note("leg_failed", unrung)
            result = "failed" if self._action["mode"] == "cold" else result
        if result or self._notes:
            # If the database is away, the lease ends, and the callbacks tell what was done.
            with contextlib.suppress(errors.DatabaseUnavailable):
                self._ledger(self._notes, result, error.code)
        raise error

    def _do(self) -> None:
        action = self._action["action"]
        # A warm transfer has a room.
        is_cold = self._action["mode"] == "cold" or (
            action == "cancel" and self._call["bridge"] == "dial"
        )
        match action:
            case "hold":
                self._hold(self._make_room())
            case "resume" | "merge":
                self._resume(self._find_room())
            case "add":
                self._dial(self._make_room(), is_held_by_this=False)
            case "transfer" if is_cold:
                self._hand_over("transfer")
            case "transfer":
                room = self._make_room()
                was_held = self._hold(room)
                self._write_down()
                self._dial(room, is_held_by_this=not was_held)
            case "complete":
                self._complete(self._find_room())
            case "cancel" if is_cold:
                self._hand_over("return")
            case "drop_voicemail":
                self._drop()
            case "cancel" | "remove":
                self._remove(self._find_target())
            case unknown:
                raise errors.PhoneSystemError(f"control_fn does not know the action {unknown}")

    def _make_room(self) -> Room:
        try:
            room = call_room.make_room(self._client, self._base_url, self._call)
        except call_room.NothingMoved as error:
            self._note("not_in_room")
            raise error.refusal from error
        self._note("in_room")
        self._mend_host(room)
        return room

    def _find_room(self) -> Room:
        """The room, which was made before. Raises NotInProgress if it has ended."""
        room = twilio_rooms.fetch_room(self._client, self._call["room"])
        if room is None:
            raise errors.NotInProgress("Nobody is in the call's room any more.")
        if self._action["action"] != "complete":
            self._mend_host(room)
        return room

    def _mend_host(self, room: Room) -> None:
        """Lets the room end with its host, and with no other person or number. It may be otherwise
        if a `complete` was killed and something else was asked next."""
        host = find_leg(self._call, self._call["host_leg_id"])
        there = room.find(call_sid=host["call_sid"], label=host["id"]) if host else None
        if host is None or there is None or not there.has_joined:
            return
        if not there.ends_room:
            with leg_may_be_gone(self._client, host):
                twilio_rooms.set_host(self._client, room.sid, there.call_sid, is_host=True)
        for leg in self._call["legs"]:
            other = room.find(call_sid=leg["call_sid"], label=leg["id"])
            if other is None or other == there or leg["role"] == "lead" or not other.ends_room:
                continue
            with contextlib.suppress(errors.NotInProgress), leg_may_be_gone(self._client, leg):
                twilio_rooms.set_host(self._client, room.sid, other.call_sid, is_host=False)

    def _hold(self, room: Room) -> bool:
        """Puts the lead on hold. Whether they were on hold before."""
        lead, participant = self._find_lead(room)
        if not participant.on_hold:
            with leg_may_be_gone(self._client, lead):
                twilio_rooms.hold(self._client, room.sid, participant.call_sid)
        self._note("held", lead)
        return participant.on_hold

    def _resume(self, room: Room) -> None:
        """Brings the lead back from hold."""
        lead, participant = self._find_lead(room)
        if participant.on_hold:
            try:
                with leg_may_be_gone(self._client, lead):
                    twilio_rooms.resume(self._client, room.sid, participant.call_sid)
            except errors.TwilioRefused as refused:
                # They are not on hold any more.
                if refused.http_status != 400:
                    raise
        self._note("unheld", lead)

    def _bring_back(self, room: Room) -> None:
        """Undoes the hold of this action, if Twilio lets us."""
        lead, participant = self._find_lead(room)
        with contextlib.suppress(errors.TwilioUnavailable):
            twilio_rooms.resume(self._client, room.sid, participant.call_sid)
            self._note("unheld", lead)

    def _find_lead(self, room: Room) -> tuple[StateLeg, Participant]:
        lead = find_lead(self._call)
        participant = room.find(call_sid=lead["call_sid"], label=lead["id"])
        if participant is None or not participant.has_joined:
            raise LeadGone
        return lead, participant

    def _dial(self, room: Room, *, is_held_by_this: bool) -> None:
        """Rings the target, who joins the room by answering.

        If they certainly do not ring, the lead is brought back from the hold that this action put
        them on: the call goes on as it was.
        """
        leg = self._find_target()
        call_sid = leg["call_sid"] or self._find_call(leg, room)
        if call_sid is None and leg["is_over"]:
            raise errors.NotInProgress("This was asked for too long ago. Ask again.")
        if call_sid is None:
            try:
                call_sid = self._place(leg, room)
            except (errors.TwilioBusy, errors.TwilioRefused) as refused:
                if not isinstance(refused, errors.TwilioBusy):
                    self._note("leg_failed", leg)
                if is_held_by_this:
                    self._bring_back(room)
                raise
        self._note("leg_dialled", leg, call_sid)

    def _place(self, leg: StateLeg, room: Room) -> str:
        """Asks Twilio to dial. Returns the CallSid. If it cannot be learned whether Twilio dials,
        this raises TwilioUnavailable, and ``_is_unclear`` is set."""
        callee = self._describe(leg, "transfer" if self._action["action"] == "transfer" else "add")
        to = callee.number or f"client:{callee.identity}?{urlencode(list_parameters(callee))}"
        self._is_unclear = True
        try:
            call_sid = twilio_rooms.dial(
                self._client,
                room.sid,
                to=to,
                from_number=self._call["from_number"],
                label=leg["id"],
                seconds_left=self._call["seconds_left"],
                status_callback=self._build_callback(leg),
            )
        except errors.TwilioBusy:
            self._is_unclear = False
            raise
        except errors.TwilioUnavailable as error:
            now = twilio_rooms.fetch_room(self._client, self._call["room"])
            found = now.find(label=leg["id"]) if now else None
            if found is None:
                # A refusal is clear.
                self._is_unclear = not isinstance(error, errors.TwilioRefused)
                if now is None:
                    raise errors.NotInProgress("The call has ended.") from error
                raise
            call_sid = found.call_sid
        self._is_unclear = False
        return call_sid

    def _find_call(self, leg: StateLeg, room: Room | None) -> str | None:
        """The CallSid of a leg that was asked for before, if Twilio dials it or did so.

        While it rings it is in the room, under its label. Afterwards only the list of calls has it;
        a call of that list that goes on is another one's.
        """
        found = room.find(label=leg["id"]) if room else None
        if found:
            return found.call_sid
        if leg["id"] == self._action["leg_id"] and not self._action["is_resumed"]:
            return None
        calls = twilio_calls.fetch_calls_to(self._client, address_of(leg), leg["asked_at"])
        over = [call["call_sid"] for call in calls if call["status"] in FINAL_STATUSES]
        return next((call_sid for call_sid in over if not self._is_known(call_sid)), None)

    def _is_known(self, call_sid: str) -> bool:
        """Whether this is a leg of the call already: it is not another one, too."""
        return any(leg["call_sid"] == call_sid for leg in self._call["legs"])

    def _hand_over(self, reason: str) -> None:
        """Rings somebody for the lead, without a room: the lead's leg dials them. Whoever talked to
        the lead is free."""
        lead, leg = find_lead(self._call), self._find_target()
        assert lead["call_sid"] is not None
        is_new = not self._action["is_resumed"]
        if leg["call_sid"] is None and (is_new or not self._is_rung_by(lead["call_sid"], leg)):
            twiml = build_ring(
                self._base_url,
                self._call["agent_call_sid"],
                self._describe(leg, reason),
                from_number=self._call["from_number"],
                seconds_left=self._call["seconds_left"],
            )
            self._is_unclear = True
            try:
                with leg_may_be_gone(self._client, lead):
                    twilio_calls.redirect(
                        self._client, lead["call_sid"], str(twiml), self._build_callback(None)
                    )
            except (errors.TwilioBusy, errors.TwilioRefused, errors.NotInProgress):
                self._is_unclear = False
                raise
            except errors.TwilioUnavailable:
                if not self._is_rung_by(lead["call_sid"], leg):
                    raise
            self._is_unclear = False
        self._note("redirected", lead)
        self._free_who_leaves()

    def _is_rung_by(self, lead_sid: str, leg: StateLeg) -> bool:
        """Whether the lead's leg dials this person, or did so since this was asked for."""
        return any(
            child["payload"].get("to") == address_of(leg)
            and twilio_calls.is_newer(child, leg["asked_at"])
            and not self._is_known(child["call_sid"])
            for child in twilio_calls.fetch_children(self._client, lead_sid)
        )

    def _free_who_leaves(self) -> None:
        """Ends the leg of whoever talked to the lead, if they are left in a room. A Dial to the
        lead has ended by itself. If this fails, they hang up themselves."""
        leaving = find_leg(self._call, self._action["leaving_leg_id"])
        if leaving is None or leaving["is_over"]:
            return
        for _ in range(2):
            with contextlib.suppress(errors.TwilioUnavailable):
                room = twilio_rooms.fetch_room(self._client, self._call["room"])
                if room and room.find(call_sid=leaving["call_sid"]):
                    self._end(leaving)
                return

    def _complete(self, room: Room) -> None:
        """Somebody leaves, and the others go on. At every moment the room ends when the one leaves
        who is left with the lead. If that is a number, it ends with the lead, too: a telephone does
        not hang up by itself."""
        target = self._find_target()
        participant = room.find(call_sid=target["call_sid"], label=target["id"])
        if participant is None or not participant.has_joined:
            raise errors.NotInProgress("Nobody who could go on with the lead is on the call.")
        lead, leads = self._find_lead(room)
        with leg_may_be_gone(self._client, target):
            twilio_rooms.set_host(self._client, room.sid, participant.call_sid, is_host=True)
        if target["role"] == "third_party":
            with leg_may_be_gone(self._client, lead):
                twilio_rooms.set_host(self._client, room.sid, leads.call_sid, is_host=True)
        self._resume(room)
        leaving = find_leg(self._call, self._action["leaving_leg_id"])
        there = room.find(call_sid=leaving["call_sid"], label=leaving["id"]) if leaving else None
        if leaving is not None and there is not None:
            with contextlib.suppress(errors.NotInProgress), leg_may_be_gone(self._client, leaving):
                twilio_rooms.set_host(self._client, room.sid, there.call_sid, is_host=False)
            self._end(leaving)

    def _remove(self, leg: StateLeg) -> None:
        """Ends a leg, whether it rings or talks."""
        if leg["call_sid"] is None:
            room = twilio_rooms.fetch_room(self._client, self._call["room"])
            call_sid = self._find_call(leg, room)
            if call_sid is None:
                self._note("leg_failed", leg)
                return
            leg = {**leg, "call_sid": call_sid}
        self._end(leg)

    def _end(self, leg: StateLeg) -> None:
        assert leg["call_sid"] is not None
        twilio_calls.hang_up(self._client, leg["call_sid"])
        self._note("removed", leg, leg["call_sid"])

    def _drop(self) -> None:
        """Leaves the lead alone with a recorded message. Whoever talked to them is free."""
        lead = find_lead(self._call)
        voicemail_drop.leave(
            self._client, self._base_url, self._call, self._action, lead, self._sign
        )
        self._note("dropped", lead)
        self._write_down()
        self._free_who_leaves()

    def _find_target(self) -> StateLeg:
        """The leg that the action is about."""
        leg = find_leg(self._call, self._action["leg_id"])
        if leg is None:
            raise errors.NotInProgress("This person is not on the call any more.")
        return leg

    def _describe(self, leg: StateLeg, reason: str) -> Callee:
        return Callee(
            leg_id=leg["id"],
            identity=leg["identity"],
            number=leg["to_number"] if leg["identity"] is None else None,
            reason=reason,
            conversation_id=self._call["conversation_id"],
            by=self._by,
        )

    def _build_callback(self, leg: StateLeg | None) -> str:
        return build_status_callback(
            self._base_url, self._call["agent_call_sid"], leg["id"] if leg else None
        )

    def _note(self, what: str, leg: StateLeg | None = None, call_sid: str | None = None) -> None:
        note: Note = {
            "what": what,  # type: ignore[typeddict-item]
            "leg_id": leg["id"] if leg else None,
            "call_sid": call_sid or (leg["call_sid"] if leg else None),
        }
        self._notes.append(note)

    def _write_down(self) -> None:
        """Writes what was done so far, and begins the lease again."""
        self._ledger(self._notes)
        self._notes = []
