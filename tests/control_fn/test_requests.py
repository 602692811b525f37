"""What control_fn sends to Twilio, against Twilio's own description of its API, and in full."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import pytest

from stack.settings import CHECKOUT
from tests.canned_server import Asked, CannedServer
from tests.control_fn.calls import COLLEAGUE, CONVERSATION_ID, LEAD_LEG, ROOM, TARGET_LEG
from tests.control_fn.scenes import SCENES
from tests.control_fn.twilio import BASE
from tests.endpoints import (
    CALL_SID,
    LEAD_CALL_SID,
    PUBLIC_BASE_URL,
    USER_ID,
    WEBHOOK_JWT,
    Endpoint,
    access_token,
)

OPERATIONS = json.loads((CHECKOUT / "tests/simulator/twilio_api.json").read_text())["operations"]
STATUS = f"{PUBLIC_BASE_URL}/status?call={CALL_SID}"
OVERRIDES = "#rc=3&rp=ct,rt,5xx"
AGAIN = "#rc=2&rp=ct,rt,5xx"


def operation_of(asked: Asked) -> dict[str, object]:
    """What Twilio's description says of the operation that a request is for."""
    for name, operation in OPERATIONS.items():
        method, path = name.split(" ")
        if method == asked.method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), asked.path):
            found: dict[str, object] = operation
            return found
    raise AssertionError(f"Twilio has no {asked.method} {asked.path}")


def changes(canned: CannedServer) -> list[tuple[str, dict[str, str]]]:
    """The requests that change something, without the account: path and form."""
    return [
        (asked.path.removeprefix(BASE), dict(asked.form()))
        for asked in canned.asked_for(f"{BASE}/*")
        if asked.method == "POST"
    ]


def serve(control: Endpoint, canned: CannedServer, name: str) -> None:
    SCENES[name].start().serve(canned)
    answer = control.browser(SCENES[name].body)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("name", SCENES)
def test_twilio_has_every_operation_and_every_parameter(
    control: Endpoint, canned: CannedServer, name: str
) -> None:
    serve(control, canned, name)
    for asked in canned.asked_for(f"{BASE}/*"):
        known = operation_of(asked)["parameters"]
        sent = {name for name, _ in parse_qsl(asked.query)}
        sent |= {name for name, _ in asked.form()} if asked.method == "POST" else set()
        assert isinstance(known, dict | list)
        assert sent <= set(known)


def test_a_warm_transfer_moves_the_lead_holds_them_and_rings_the_colleague(
    control: Endpoint, canned: CannedServer
) -> None:
    serve(control, canned, "warm transfer")
    (moved, hold, ring) = changes(canned)

    assert moved[0] == f"/Calls/{LEAD_CALL_SID}.json"
    assert moved[1]["StatusCallback"] == STATUS + OVERRIDES
    assert moved[1]["StatusCallbackMethod"] == "POST"
    (dial,) = ElementTree.fromstring(moved[1]["Twiml"])
    assert dial.attrib == {
        "timeLimit": "5000",
        "action": f"{PUBLIC_BASE_URL}/twiml?after=room&call={CALL_SID}{AGAIN}",
        "method": "POST",
    }
    (conference,) = dial
    assert conference.text == ROOM
    assert conference.attrib["participantLabel"] == LEAD_LEG
    assert conference.attrib["endConferenceOnExit"] == "false"
    assert "waitUrl" not in conference.attrib

    participants = hold[0].removesuffix(f"/{LEAD_CALL_SID}.json")
    assert hold[1] == {"Hold": "true"}

    assert ring[0] == f"{participants}.json"
    sent = ring[1]
    assert sent.pop("StatusCallbackEvent") == "completed"  # the last of four
    assert sent == {
        "From": "+14155550100",
        "To": f"client:{COLLEAGUE}?conversationId={CONVERSATION_ID}&reason=transfer&by={USER_ID}",
        "Label": TARGET_LEG,
        "Timeout": "20",
        "TimeLimit": "5000",
        "EarlyMedia": "false",
        "Beep": "false",
        "EndConferenceOnExit": "false",
        "JitterBufferSize": "small",
        "StatusCallback": f"{STATUS}&leg={TARGET_LEG}{OVERRIDES}",
        "StatusCallbackMethod": "POST",
    }
    (dialled,) = [asked for asked in canned.asked if asked.path == BASE + ring[0] and asked.body]
    events = [value for name, value in dialled.form() if name == "StatusCallbackEvent"]
    assert events == ["initiated", "ringing", "answered", "completed"]


def test_a_cold_transfer_is_one_redirect_of_the_leads_leg(
    control: Endpoint, canned: CannedServer
) -> None:
    serve(control, canned, "cold transfer")
    ((path, form),) = changes(canned)
    assert path == f"/Calls/{LEAD_CALL_SID}.json"
    (dial,) = ElementTree.fromstring(form["Twiml"])
    assert dial.attrib == {
        "timeout": "20",
        "timeLimit": "5000",
        "callerId": "+14155550100",
        "action": f"{PUBLIC_BASE_URL}/twiml?after=transfer&call={CALL_SID}&leg={TARGET_LEG}{AGAIN}",
        "method": "POST",
    }
    (client,) = dial
    assert client.findtext("Identity") == COLLEAGUE
    assert client.attrib["statusCallback"] == f"{STATUS}&leg={TARGET_LEG}{OVERRIDES}"


def test_the_room_ends_with_the_colleague_before_it_stops_ending_with_the_rep(
    control: Endpoint, canned: CannedServer
) -> None:
    serve(control, canned, "complete")
    done = [(path.rpartition("/")[2][:-5], form) for path, form in changes(canned)]
    assert [form for _, form in done] == [
        {"EndConferenceOnExit": "true"},
        {"Hold": "false"},
        {"EndConferenceOnExit": "false"},
        {"Status": "completed"},
    ]
    assert [sid for sid, _ in done][2:] == [CALL_SID, CALL_SID]


def test_the_database_is_asked_as_the_user_and_told_as_the_webhook(
    control: Endpoint, canned: CannedServer
) -> None:
    SCENES["hold"].start().serve(canned)
    token = access_token()
    control.browser(SCENES["hold"].body, token=token)
    tokens = {
        asked.path.rpartition("/")[2]: asked.header("Authorization")
        for asked in canned.asked_for("/rest/v1/*")
    }
    assert tokens == {
        "ask_of_call": f"Bearer {token}",
        "note_call_action": f"Bearer {WEBHOOK_JWT}",
        "conversations": f"Bearer {token}",
    }
