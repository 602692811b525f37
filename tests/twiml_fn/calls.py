"""The webhooks of a call, the database's answers, and the TwiML of an answer."""

from __future__ import annotations

from xml.etree import ElementTree

from werkzeug.test import TestResponse

from tests.endpoints import ACCOUNT_SID, CALL_SID, IDENTITY

NUMBER, CALLER_ID = "+14155552671", "+12125550199"
PARSED = {
    "e164": NUMBER,
    "type": "fixed_line_or_mobile",
    "country": "US",
    "region": "CA",
    "time_zones": ["America/Los_Angeles"],
}
CONVERSATION_ID = "0b1f7a52-7a43-4d0a-8f1c-6f2f54d6f0aa"

# The parameters that Twilio sends when a browser places a call.
CALL = {
    "AccountSid": ACCOUNT_SID,
    "ApiVersion": "2010-04-01",
    "ApplicationSid": "AP0123456789abcdef0123456789abcdef",
    "CallSid": CALL_SID,
    "CallStatus": "ringing",
    "Called": "",
    "Caller": f"client:{IDENTITY}",
    "Direction": "inbound",
    "From": f"client:{IDENTITY}",
    "To": NUMBER,
}
DECIDED: dict[str, object] = {
    "block_reason": None,
    "to_number": NUMBER,
    "from_number": CALLER_ID,
    "time_limit_seconds": 5400,
}
FORESEEN: dict[str, object] = DECIDED | {"extension": None, "lead_id": None, "warnings": []}
BEGUN: dict[str, object] = {"conversation_id": CONVERSATION_ID, "status": "queued"} | DECIDED


def verbs(answer: TestResponse) -> list[ElementTree.Element]:
    """The verbs of a TwiML answer, in order."""
    assert answer.status_code == 200
    assert answer.mimetype == "text/xml"
    return verbs_of(answer.text)


def verbs_of(twiml: str) -> list[ElementTree.Element]:
    document = ElementTree.fromstring(twiml)
    assert document.tag == "Response"
    assert not document.attrib
    return list(document)
