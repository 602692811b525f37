"""The SQL functions that endpoints call: typed parameters, typed answers, and whose token is used.

There is one class for each database role; those of the scheduler's endpoints, and of reports, are
in ``reconciler_rpc.py``, ``recorder_rpc.py`` and ``reporter_rpc.py``. No other module spells the
names of SQL parameters (``p_…``). ``tests/shared/test_rpc.py`` compares this file with the
functions in the database.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Required, TypedDict, cast

from shared import refusals
from shared.call_state import Asked, CallState, Continuation, Note
from shared.database import Database
from shared.expiry import Expiry
from shared.recording_state import AskedRecording, NotedRecording, PlayableRecordings, Terms


class Number(TypedDict):
    """A phone number.

    ``type`` is a word of Google's phone number data (``mobile``, ``premium_rate``, …),
    ``twilio_test``, or ``unknown``: the number is possible, but the data does not know its range.
    ``country`` is ISO 3166-1 alpha-2, or ``001`` for satellite and other networks without a
    country. ``region`` is the state of a number of the United States (ISO 3166-2 without ``US-``),
    None if the number does not tell it. ``time_zones`` are IANA names; there are several if the
    number alone does not tell which. Twilio's test numbers have no country and no time zone.
    """

    e164: str
    type: str
    country: str | None
    region: str | None
    time_zones: list[str]


class Dialled(TypedDict):
    """A dialled text and its meaning.

    ``number`` is set if the text has a country code. If it has none, ``by_country`` (ISO 3166-1
    alpha-2) has the number for each country in which the text is valid, and the database chooses.
    Both are empty if the text is not a number; ``problem`` is then ``several_numbers``, or None.
    ``several_in`` has the countries in which a text without a country code is several numbers.
    ``extension`` has up to 7 digits. ``left_out`` is what stood beside the number.
    """

    dialled: str
    number: Number | None
    by_country: dict[str, Number]
    extension: str | None
    problem: str | None
    several_in: list[str]
    left_out: str | None


class Wishes(TypedDict):
    """What a rep asks for when they call. ``to`` is the number. A value is None if the rep did not
    choose it."""

    to: Dialled
    caller_id: str | None
    lead_id: str | None
    campaign_id: str | None


class CallEvent(TypedDict):
    """One event of a leg or of a room. ``agent_call_sid`` names the call, ``occurred_at`` is ISO
    8601. ``call_leg_id`` is the leg if somebody asked for it, or the label of a participant;
    ``conference_sid`` is set for events of a room."""

    call_sid: str
    agent_call_sid: str
    source: str
    status: str
    sequence_number: int | None
    occurred_at: str | None
    duration_seconds: int | None
    payload: Mapping[str, str | list[str]]
    call_leg_id: uuid.UUID | None
    conference_sid: str | None


class Grant(TypedDict):
    """For which business a rep may call. ``caller_id`` (E.164) is the business's default."""

    business_id: str
    caller_id: str | None


class Decision(TypedDict):
    """Whether a call is allowed: ``block_reason`` is None if it is. Numbers are E.164."""

    block_reason: str | None
    to_number: str | None
    from_number: str | None
    time_limit_seconds: int | None


class Warning(TypedDict, total=False):
    """What a rep should know before an allowed call. Which fields there are depends on ``code``:
    supabase/migrations/…_preview_call.sql lists them. ``number`` is E.164, ``at`` ISO 8601."""

    code: Required[str]
    text: str
    number: str | None
    user_id: str
    user_name: str | None
    at: str


class Preview(Decision):
    """A decision before the call. ``lead_id`` is the lead that the call would be tied to.
    ``retry_at`` (ISO 8601) is when it is calling hours again, None if that is not the reason.
    ``recording`` is None if the call would not be recorded."""

    extension: str | None
    lead_id: str | None
    retry_at: str | None
    warnings: list[Warning]
    recording: Terms | None


class BegunCall(Decision):
    """A decision, and the conversation that it was stored in. ``notice``: the lead hears a notice
    before they are connected (recorder_rpc.AsRecorder.begin_notice). ``machine_detection``: Twilio
    tells if a machine has answered."""

    conversation_id: str
    notice: bool
    machine_detection: bool


class StoredEvent(TypedDict):
    """``new`` is False for a duplicate, and None for a callback of a room that is not the call's:
    it is not stored. ``conversation_id`` is None until the call is known."""

    new: bool | None
    conversation_id: str | None


class AsRep:
    """Functions for role ``authenticated``, called with the rep's own access token.

    Each raises errors.Unauthenticated, BusinessRequired or NotAMember if the database refuses the
    rep, and what ``Database.call`` raises.
    """

    def __init__(self, database: Database, access_token: str) -> None:
        self._database = database
        self._access_token = access_token

    def grant_access_token(self, *, business_id: uuid.UUID | None, ttl_seconds: int) -> Grant:
        """Whether the rep may call for this business (None: the only one that they belong to).
        Stores that they get a token. Raises errors.RateLimited, too."""
        parameters = {"p_business_id": _format_uuid(business_id), "p_ttl_seconds": ttl_seconds}
        return cast(Grant, self._call("grant_access_token", parameters))

    def preview_call(
        self,
        *,
        business_id: uuid.UUID | None,
        to: Dialled,
        caller_id: str | None,
        lead_id: str | None,
        campaign_id: str | None,
    ) -> Preview:
        """Whether this call would be allowed. Nothing is written."""
        parameters = {
            "p_business_id": _format_uuid(business_id),
            "p_to": to,
            "p_caller_id": caller_id,
            "p_lead_id": lead_id,
            "p_campaign_id": campaign_id,
        }
        return cast(Preview, self._call("preview_call", parameters))

    def ask_of_call(
        self,
        *,
        conversation_id: uuid.UUID,
        action: str,
        to_user_id: uuid.UUID | None,
        to: Dialled | None,
        mode: str | None,
        leg_id: uuid.UUID | None,
        message_id: uuid.UUID | None,
        lease_seconds: int,
    ) -> Asked:
        """Writes down what is asked of a call, if the rep may ask it. Nobody else is told to change
        the call within ``lease_seconds``. Raises errors.NotFound, NotYourCall, NotInProgress, Busy,
        Away, NoMessage, Blocked and InvalidRequest, too."""
        parameters = {
            "p_conversation_id": str(conversation_id),
            "p_action": action,
            "p_to_user_id": _format_uuid(to_user_id),
            "p_to": to,
            "p_mode": mode,
            "p_leg_id": _format_uuid(leg_id),
            "p_message_id": _format_uuid(message_id),
            "p_lease_seconds": lease_seconds,
        }
        return cast(Asked, self._call("ask_of_call", parameters))

    def ask_of_recording(
        self, *, conversation_id: uuid.UUID, state: str, consent: str | None
    ) -> AskedRecording:
        """Writes down what is asked of the recording of a call, if the rep may ask it. ``state`` is
        start, pause, resume or stop; ``consent`` is ``agreed`` (with start), ``refused`` (with
        stop) or None. Raises errors.NotFound, NotYourCall, NotInProgress, ConsentRequired,
        RecordingOff, RecordingRefused, Busy and InvalidRequest, too."""
        parameters = {
            "p_conversation_id": str(conversation_id),
            "p_state": state,
            "p_consent": consent,
        }
        return cast(AskedRecording, self._call("ask_of_recording", parameters))

    def ask_to_play(
        self, *, conversation_id: uuid.UUID, recording_id: uuid.UUID | None, download: bool
    ) -> PlayableRecordings:
        """Which recordings of a call (None: all) the rep may hear now. Stores that they do. Raises
        errors.NotFound, NotAllowed and RecordingGone, too."""
        parameters = {
            "p_conversation_id": str(conversation_id),
            "p_recording_id": _format_uuid(recording_id),
            "p_download": download,
        }
        return cast(PlayableRecordings, self._call("ask_to_play", parameters))

    def _call(self, function: str, parameters: Mapping[str, object]) -> Mapping[str, object]:
        answer = self._database.call(self._access_token, function, parameters)
        if "error" in answer:
            refusals.refuse(function, answer)
        return answer


class AsWebhook:
    """Functions for role ``call_webhook``, called with SUPABASE_WEBHOOK_JWT.

    Each raises what ``Database.call_as_endpoint`` raises.
    """

    def __init__(self, database: Database, webhook_jwt: str) -> None:
        self._database = database
        self._webhook_jwt = webhook_jwt
        self._expiry = Expiry("SUPABASE_WEBHOOK_JWT", webhook_jwt)

    def begin_call(
        self,
        *,
        call_sid: str,
        user_id: uuid.UUID | None,
        business_id: uuid.UUID | None,
        to: Dialled,
        caller_id: str | None,
        lead_id: str | None,
        campaign_id: str | None,
        lease_token: str | None,
    ) -> BegunCall:
        """Decides about a call and stores it. The second request for a ``call_sid`` gets the answer
        of the first. ``user_id`` and ``business_id`` are None if no rep is calling; ``lease_token``
        is None if the call is not one of a queue."""
        parameters = {
            "p_call_sid": call_sid,
            "p_user_id": _format_uuid(user_id),
            "p_business_id": _format_uuid(business_id),
            "p_to": to,
            "p_caller_id": caller_id,
            "p_lead_id": lead_id,
            "p_campaign_id": campaign_id,
            "p_lease_token": lease_token,
        }
        return cast(BegunCall, self._call("begin_call", parameters))

    def record_call_event(
        self,
        *,
        call_sid: str,
        agent_call_sid: str,
        source: str,
        status: str,
        sequence_number: int | None,
        occurred_at: str | None,
        duration_seconds: int | None,
        payload: Mapping[str, str | list[str]],
        call_leg_id: uuid.UUID | None,
        conference_sid: str | None,
    ) -> StoredEvent:
        """Stores an event, and updates its call. The same event is stored once."""
        parameters = {
            "p_call_sid": call_sid,
            "p_agent_call_sid": agent_call_sid,
            "p_source": source,
            "p_status": status,
            "p_sequence_number": sequence_number,
            "p_occurred_at": occurred_at,
            "p_duration_seconds": duration_seconds,
            "p_payload": payload,
            "p_call_leg_id": _format_uuid(call_leg_id),
            "p_conference_sid": conference_sid,
        }
        return cast(StoredEvent, self._call("record_call_event", parameters))

    def continue_call(
        self,
        *,
        call_sid: str,
        agent_call_sid: str,
        after: str,
        call_leg_id: uuid.UUID | None,
        status: str,
        dial_call_sid: str | None,
        duration_seconds: int | None,
        payload: Mapping[str, str | list[str]],
    ) -> Continuation:
        """Stores that the Dial of a leg has ended, and says what becomes of that leg. The same
        report gets the same answer while the call is the same."""
        parameters = {
            "p_call_sid": call_sid,
            "p_agent_call_sid": agent_call_sid,
            "p_after": after,
            "p_call_leg_id": _format_uuid(call_leg_id),
            "p_status": status,
            "p_dial_call_sid": dial_call_sid,
            "p_duration_seconds": duration_seconds,
            "p_payload": payload,
        }
        return cast(Continuation, self._call("continue_call", parameters))

    def note_call_action(
        self,
        *,
        action_id: uuid.UUID,
        agent_call_sid: str,
        notes: Sequence[Note],
        result: str | None,
        error: str | None,
    ) -> CallState:
        """Stores what was done for an action. ``result`` is None while it goes on (its lease begins
        again), ``done``, ``failed``, or ``released`` if it may be asked again."""
        parameters = {
            "p_action_id": str(action_id),
            "p_agent_call_sid": agent_call_sid,
            "p_notes": notes,
            "p_result": result,
            "p_error": error,
        }
        return cast(CallState, self._call("note_call_action", parameters))

    def note_recording_action(
        self,
        *,
        action_id: uuid.UUID,
        agent_call_sid: str,
        result: str,
        recording_sid: str | None,
        error: str | None,
    ) -> NotedRecording:
        """Stores what was done for a wish about a recording. ``result`` is ``done``, ``failed``, or
        ``released`` if what Twilio did is not known. ``recording_sid`` is what a start made."""
        parameters = {
            "p_action_id": str(action_id),
            "p_agent_call_sid": agent_call_sid,
            "p_result": result,
            "p_recording_sid": recording_sid,
            "p_error": error,
        }
        return cast(NotedRecording, self._call("note_recording_action", parameters))

    def _call(self, function: str, parameters: Mapping[str, object]) -> Mapping[str, object]:
        self._expiry.warn()
        return self._database.call_as_endpoint(
            self._webhook_jwt, function, parameters, setting="SUPABASE_WEBHOOK_JWT"
        )


def _format_uuid(value: uuid.UUID | None) -> str | None:
    return None if value is None else str(value)
