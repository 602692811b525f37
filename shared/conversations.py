"""A conversation with its legs, as its user may see it."""

from __future__ import annotations

import uuid

from shared import errors
from shared.database import Database, Row

COLUMNS = (
    "id,business_id,user_id,lead_id,campaign_id,channel,direction,status,block_reason,"
    "from_number,to_number,extension,other_number,call_sid,dialed_at,ringing_at,answered_at,"
    "ended_at,duration_seconds,hold_seconds,time_limit_seconds,stage,call_back_at,recording_state,"
    "answered_by,"
    "outcome,notes,created_at,updated_at"
)
LEG_COLUMNS = (
    "id,role,user_id,to_number,call_sid,status,asked_at,initiated_at,ringing_at,answered_at,"
    "ended_at,duration_seconds,dropped_at,on_hold_since,declined_at,ended_by,is_host"
)

CONSENT_COLUMNS = (
    "mode,consent_mode,notice_started_at,notice_ended_at,confirmed_by,confirmed_at,refused_at,"
    "refused_how"
)
RECORDING_COLUMNS = "id,part,state,started_at,duration_seconds,error"


def find(database: Database, access_token: str, conversation_id: uuid.UUID) -> Row:
    """The row of ``conversations``, with its ``legs`` (the agent's, the lead's, and those that were
    asked for, in that order), its ``recording_consent`` (an object, or None if nothing of the call
    may be recorded) and its ``recordings``, in the order of their parts.

    Raises NotFound if row-level security does not let the user see it, and what ``Database.call``
    raises.
    """
    columns = (
        f"{COLUMNS},legs:call_legs({LEG_COLUMNS}),"
        f"recording_consent:recording_consents({CONSENT_COLUMNS}),"
        f"recordings({RECORDING_COLUMNS})"
    )
    row = database.find(access_token, "conversations", columns, str(conversation_id))
    if row is None:
        raise errors.NotFound("There is no such conversation in your business.")
    legs = row.get("legs")
    if isinstance(legs, list):
        legs.sort(key=lambda leg: (leg["asked_at"] or "", leg["role"]))
    # PostgREST answers an object if it knows that there is one at most, and else a list.
    consent = row.get("recording_consent")
    if isinstance(consent, list):
        row["recording_consent"] = consent[0] if consent else None
    recordings = row.get("recordings")
    if isinstance(recordings, list):
        recordings.sort(key=lambda recording: recording["part"])
    return row
