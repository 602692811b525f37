"""A machine answers, the rep leaves a recorded message, and the next lead can be called while it is
played."""

from __future__ import annotations

import io
import uuid
import wave
from collections.abc import Iterator

import httpx
import psycopg
import pytest

from stack import Stack
from tests.end_to_end.clients import Json, Rep, rest
from tests.end_to_end.many_legs import Call, Person, call, wait_until

MACHINE = "+15005550013"
SECONDS = 40


def wav(seconds: float) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(8000)
        written.writeframes(bytes(round(seconds * 16000)))
    return file.getvalue()


def add_message(rep: Rep, business_id: str, sound: bytes) -> str:
    """As the library does it: the row first, then the file."""
    message_id = str(uuid.uuid4())
    row = {
        "id": message_id,
        "business_id": business_id,
        "name": "Call me back",
        "duration_seconds": SECONDS,
        "bytes": len(sound),
    }
    added = rest(rep.env, rep.access_token, "POST", "voicemail_messages", json=row)
    assert added.status_code == 201, added.text
    [stored] = rep.rows("voicemail_messages", id=f"eq.{message_id}")
    answer = httpx.post(
        f"{rep.env['SUPABASE_URL']}/storage/v1/object/messages/{stored['object_path']}",
        headers={
            "apikey": rep.env["SUPABASE_PUBLISHABLE_KEY"],
            "Authorization": f"Bearer {rep.access_token}",
        },
        data={"cacheControl": "3600"},
        files={"": ("message.wav", sound, "audio/wav")},
    )
    assert answer.status_code == 200, answer.text
    return message_id


@pytest.fixture(scope="module")
def message(dana: Person) -> str:
    return add_message(dana.rep, dana.business_id, wav(SECONDS))


@pytest.fixture
def detecting(stack: Stack, dana: Person) -> Iterator[str]:
    """A campaign whose calls are examined for machines."""
    [campaign, *_] = dana.rep.rows("campaigns", business_id=f"eq.{dana.business_id}")
    change = "update public.campaigns set machine_detection = %s where id = %s"
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as database:
        database.execute(change, (True, campaign["id"]))
        yield campaign["id"]
        database.execute(change, (False, campaign["id"]))


def leg_at_network(made: Call, leg: Json) -> Json:
    [found] = [each for each in made.network()["legs"] if each["callSid"] == leg["call_sid"]]
    shown: Json = found
    return shown


def test_the_rep_is_free_while_the_message_is_played(dana: Person, message: str) -> None:
    with call(dana, to=MACHINE) as made:
        told = made.control("drop_voicemail", messageId=message)
        assert (told["status"], told["outcome"]) == ("completed", "voicemail")
        assert told["ended_at"] is not None
        # Twilio asks what becomes of the rep, and hangs up.
        wait_until(lambda: made.legs("agent")[0]["ended_at"] is not None)
        again = made.control("drop_voicemail", messageId=message)
        assert again["id"] == told["id"]
        assert made.refuses("hold") == (409, "not_in_progress")
        wait_until(lambda: made.network()["ended"])
        row, [lead], [agent] = made.row(), made.legs("lead"), made.legs("agent")
        at_network = leg_at_network(made, lead)
        # The lead's leg lasted as long as the message, and the talk did not.
        assert at_network["duration"] - agent["duration_seconds"] >= SECONDS - 1
        assert abs(row["duration_seconds"] - agent["duration_seconds"]) <= 1
        assert lead["dropped_at"] == lead["ended_at"] == row["ended_at"]
        assert made.network()["errors"] == []
        assert [(a["action"], a["result"]) for a in made.of("call_actions")] == [
            ("drop_voicemail", "done")
        ]


def test_a_message_that_nobody_has_noted_is_found_by_the_reconciler(
    stack: Stack, dana: Person, message: str
) -> None:
    """control_fn was killed after Twilio had taken its request, and all callbacks are lost."""
    simulator = stack.env["SIMULATOR_URL"]
    lost = f"{simulator}/simulator/lost-callbacks"
    with call(dana, to=MACHINE) as made:
        wish = dict.fromkeys(["p_to_user_id", "p_to", "p_mode", "p_leg_id"]) | {
            "p_conversation_id": made.conversation_id,
            "p_action": "drop_voicemail",
            "p_message_id": message,
            "p_lease_seconds": 1,
        }
        assert "error" not in dana.asks("ask_of_call", **wish).json()
        [lead] = made.legs("lead")
        httpx.post(lost, json={"fraction": 1})
        try:
            redirected = httpx.post(
                f"{simulator}/2010-04-01/Accounts/{stack.env['TWILIO_ACCOUNT_SID']}"
                f"/Calls/{lead['call_sid']}.json",
                auth=(stack.env["TWILIO_API_KEY_SID"], stack.env["TWILIO_API_KEY_SECRET"]),
                data={"Twiml": f"<Response><Pause length='{SECONDS}'/><Hangup/></Response>"},
            )
            assert redirected.status_code == 200, redirected.text
            wait_until(lambda: made.network()["ended"])
        finally:
            httpx.post(lost, json={"fraction": 0})
        assert made.row()["ended_at"] is None
        with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as database:
            database.execute("update private.unsettled_calls set next_check_at = now()")
        assert httpx.post(f"{stack.env['SCHEDULER_URL']}/run/reconcile", timeout=60).is_success
        row, [lead], [agent] = made.row(), made.legs("lead"), made.legs("agent")
        assert (row["status"], row["outcome"]) == ("completed", "voicemail")
        assert lead["dropped_at"] == row["ended_at"] == agent["ended_at"]
        assert leg_at_network(made, lead)["duration"] - row["duration_seconds"] > SECONDS / 2
        assert [action["result"] for action in made.of("call_actions")] == ["done"]


def test_a_message_is_left_from_a_room_too(going_on: Call, message: str) -> None:
    going_on.control("hold")
    going_on.control("drop_voicemail", messageId=message)
    wait_until(lambda: going_on.legs("agent")[0]["ended_at"] is not None)
    wait_until(lambda: going_on.network()["ended"])
    row = going_on.row()
    assert (row["status"], row["outcome"], row["stage"]) == ("completed", "voicemail", None)
    assert [room["reasonEnded"] is not None for room in going_on.network()["rooms"]] == [True]
    [lead] = going_on.legs("lead")
    assert leg_at_network(going_on, lead)["duration"] - row["duration_seconds"] >= SECONDS - 2
    assert {a["action"] for a in going_on.of("call_actions")} == {"hold", "drop_voicemail"}


def test_who_has_answered_is_told_where_the_campaign_asks_for_it(
    dana: Person, detecting: str
) -> None:
    params = {"To": MACHINE, "CampaignId": detecting}
    placed = dana.rep.place_call(params, talkSeconds=10)
    [row] = dana.rep.rows("conversations", call_sid=f"eq.{placed['callSid']}")
    assert (row["answered_by"], row["is_plain"]) == ("machine_end_beep", True)
    assert [each["kind"] for each in placed["deliveries"]].count("amd-status") == 1
    assert placed["errors"] == []
