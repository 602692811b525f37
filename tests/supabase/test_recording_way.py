"""The way of a recording, from the wish to its deletion: a state machine that any crash can stop
and any later run finishes."""

from __future__ import annotations

import pytest

from tests.supabase.recorded import (
    SHA256,
    Answer,
    RecordedCall,
    allow,
    claim,
    keep,
    new_recording_sid,
)
from tests.supabase.tenants import Connection, Tenant, add_tenant


@pytest.fixture
def ours(db: Connection) -> Tenant:
    tenant = add_tenant(db, 1)
    allow(db, tenant, "all")
    return tenant


@pytest.fixture
def call(db: Connection, ours: Tenant) -> RecordedCall:
    """A call whose lead has heard the notice, and whose recording is to be started."""
    call = RecordedCall(db, ours)
    call.answer()
    call.hears_notice()
    return call


def started(call: RecordedCall) -> str:
    sid = new_recording_sid()
    (start,) = call.starts
    call.recording_event("in-progress", sid, recording_id=start["recording_id"], source="api")
    return sid


def only(db: Connection) -> Answer:
    (work,) = claim(db)
    return work


def test_a_recording_goes_from_the_notice_to_the_bucket(db: Connection, call: RecordedCall) -> None:
    assert call.recording_state == "starting"
    sid = started(call)
    assert call.recording_state == "recording"
    call.end(call.lead_sid)
    assert call.recording_state == "stopped"
    call.recording_event("completed", sid)
    keep(db, only(db))
    (kept,) = call.recordings
    assert kept["state"] == "kept"
    assert kept["object_path"] == f"{call.tenant.business_id}/{call.id}/{sid}.mp3"
    assert (kept["bytes"], kept["sha256"], kept["channels"]) == (240_000, SHA256, 2)
    assert kept["twilio_deleted_at"] is not None
    assert (kept["expires_at"] - kept["completed_at"]).days == 90
    assert kept["next_at"] is not None
    assert claim(db) == []
    assert call.row["is_plain"]
