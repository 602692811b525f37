"""The requests that Twilio and the scheduler send to recording_fn."""

from __future__ import annotations

from werkzeug.test import TestResponse

from stack.scheduler import Scheduler
from tests.endpoints import ACCOUNT_SID, CALL_SID, LEAD_CALL_SID, Endpoint
from tests.recording_fn.world import RECORDING_ID, RECORDING_SID

ADDRESS = f"?call={CALL_SID}&recording={RECORDING_ID}"
COMPLETED = {
    "AccountSid": ACCOUNT_SID,
    "CallSid": CALL_SID,
    "RecordingSid": RECORDING_SID,
    "RecordingUrl": f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Recordings/x",
    "RecordingStatus": "completed",
    "RecordingDuration": "7",
    "RecordingChannels": "2",
    "RecordingStartTime": "Fri, 27 Nov 2026 10:00:01 +0000",
    "RecordingSource": "StartCallRecordingAPI",
    "RecordingTrack": "both",
}


def run(recording: Endpoint, scheduler: Scheduler) -> TestResponse:
    """One run of the scheduler."""
    headers = {"Authorization": f"Bearer {scheduler.token()}"}
    return recording.client.post(recording.path, headers=headers)


def ask_notice(recording: Endpoint, step: str, **fields: str) -> TestResponse:
    """What Twilio asks while the lead hears the notice."""
    form = {"AccountSid": ACCOUNT_SID, "CallSid": LEAD_CALL_SID, "ParentCallSid": CALL_SID}
    return recording.twilio(form | fields, query=f"?notice={step}&call={CALL_SID}")
