"""A recorded call through everything there is: the page in a real browser, the endpoints, the
database, the phone network's sound, Storage, and the player."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from stack import Stack
from tests.end_to_end.clients import DEMO
from tests.simulator.recording import Sound, decoded
from tests.simulator.tones import TONES, expect_heard, give_tone
from tests.web.calls_page import CallsPage, Rep, Session
from tests.web.network import Database, Json, Network, eventually

REPS, LEADS = TONES[:2]
# Tones that are sent have some 8,000 units. Of a tone that is not there, less than this is found.
HEARD, SILENT = 1500, 300
DANA = "d0000000-0000-4000-8000-000000000001"


@pytest.fixture
def recording_business(database: Database) -> Iterator[None]:
    """The demo business records all calls, after the notice and the rep's word."""
    columns = "update public.businesses set recording_mode = %s, consent_mode = %s where name = %s"
    database.execute(columns, "all", "both", "Demo Solar")
    yield
    database.execute(columns, "off", "announce", "Demo Solar")


def is_recorded(page: Page, state: str) -> None:
    expect(page.locator("#call-recording")).to_have_attribute("data-recording", state)


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def moments(network: Network, call_sid: str) -> dict[str, float]:
    """Seconds from the recording's start to what was done with it, by the network's clock."""
    events = network.events(call_sid)
    at = {
        event["text"].split()[1]: event["seconds"]
        for event in events
        if event["kind"] == "recording"
    }
    return {what: seconds - at["started"] for what, seconds in at.items()}


def hears(sound: Sound, start: float, end: float) -> list[set[int]]:
    """Which tones each channel has between two moments. Half a second at the edges is left out."""
    return [
        {
            hertz
            for hertz in (REPS, LEADS)
            if sound.loudness(channel, hertz, start + 0.5, end - 0.5) > HEARD
        }
        for channel in (0, 1)
    ]


def test_a_call_is_recorded_after_consent_paused_kept_deleted_at_twilio_and_played(
    new_rep: Callable[..., Rep],
    session: Session,
    network: Network,
    database: Database,
    stack: Stack,
    recording_business: None,
) -> None:
    rep = new_rep(storage_state=session(DEMO))
    # Its microphone stays as it is made here, so no other test gets the profile.
    rep.is_usual = False
    give_tone(rep.context, REPS)
    tab = rep.open_signed_in()
    page = tab.page
    number = network.a_number(ringSeconds=0.5, talkSeconds=None, voice="tone", toneHz=LEADS)

    call_sid = talk(tab, network, number)
    conversation = database.row_of(call_sid)
    expect_heard(page, {LEADS})

    # The notice was played to its end, and yet nothing is recorded: the rep has not confirmed.
    is_recorded(page, "waiting")
    assert network.recordings(call_sid) == []
    press(page, "They agreed – record")
    is_recorded(page, "recording")
    page.wait_for_timeout(2500)
    press(page, "Pause recording")
    is_recorded(page, "paused")
    page.wait_for_timeout(2500)
    press(page, "Resume recording")
    is_recorded(page, "recording")
    page.wait_for_timeout(2500)
    tab.hang_up.click()
    tab.is_("ended")

    recording = eventually(lambda: kept(database, conversation["id"]), "a recording is kept", 60)
    at = moments(network, call_sid)
    is_in_one_place(recording, network, database, stack, call_sid)

    actions = database.find(
        "select action, asked_by::text, result from public.recording_actions"
        " where conversation_id = %s order by asked_at",
        conversation["id"],
    )
    assert [each["action"] for each in actions if each["action"] != "confirm"] == [
        "start",
        "pause",
        "resume",
    ]
    assert {(each["asked_by"], each["result"]) for each in actions} == {(DANA, "done")}

    file = play(page, database, conversation["id"])
    assert hashlib.sha256(file).hexdigest() == recording["sha256"]
    sound = decoded(file)
    assert abs(sound.seconds - at["stopped"]) < 1
    # What was said, each side in its channel, with silence of the same length where it was paused.
    for part in ((0, at["paused"]), (at["resumed"], at["stopped"])):
        assert hears(sound, *part) == [{LEADS}, {REPS}], (at, part)
    for channel in (0, 1):
        assert sound.loudest(channel, at["paused"] + 0.5, at["resumed"] - 0.5) < SILENT


def talk(tab: CallsPage, network: Network, number: str) -> str:
    """Calls, and waits until the lead has heard the notice and talks. Returns the CallSid."""
    tab.call(number)
    expect(tab.page.locator("#recording-line")).to_contain_text("hears the notice")
    tab.is_("talking", 60)
    return str(network.call_to(number)["callSid"])


def kept(database: Database, conversation_id: str) -> Json | None:
    rows = database.find(
        "select * from public.recordings where conversation_id = %s", conversation_id
    )
    return rows[0] if [row["state"] for row in rows] == ["kept"] else None


def is_in_one_place(
    recording: Json, network: Network, database: Database, stack: Stack, call_sid: str
) -> None:
    """In the bucket, as it was fetched; and of Twilio's, the description alone."""
    objects = database.find(
        "select name, (metadata ->> 'size')::integer as size from storage.objects"
        " where bucket_id = 'recordings' and name like '%%' || %s || '%%'",
        recording["recording_sid"],
    )
    assert objects == [{"name": recording["object_path"], "size": recording["bytes"]}]
    assert [each["status"] for each in network.recordings(call_sid)] == ["deleted"]
    env = stack.env
    account = f"{env['SIMULATOR_URL']}/2010-04-01/Accounts/{env['TWILIO_ACCOUNT_SID']}"
    auth = (env["TWILIO_API_KEY_SID"], env["TWILIO_API_KEY_SECRET"])
    for file in (".json", ".mp3", ".wav"):
        url = f"{account}/Recordings/{recording['recording_sid']}{file}"
        assert httpx.get(url, auth=auth).status_code == 404


def play(page: Page, database: Database, conversation_id: str) -> bytes:
    """Plays the recording on the page, and returns the file that the player got."""
    page.locator(f'#history-rows tr[data-conversation="{conversation_id}"]').get_by_role(
        "button", name="Recording: "
    ).click()
    with page.expect_response(lambda it: "/api/twilio/recording?" in it.url) as minted:
        page.locator("#player-play").click()
    heard = "document.getElementById('player-audio').currentTime > 0.2"
    eventually(lambda: page.evaluate(heard), "the recording is played", 30)
    [playable] = minted.value.json()["data"]["recordings"]
    plays = database.find(
        "select user_id::text, kind from public.recording_plays where conversation_id = %s",
        conversation_id,
    )
    assert plays[0] == {"user_id": DANA, "kind": "play"}
    part = httpx.get(playable["url"], headers={"Range": "bytes=0-99"})
    file = httpx.get(playable["url"]).content
    assert (part.status_code, part.content) == (206, file[:100])
    return file
