"""`make call RECORD=1`: a call that is recorded, paused for a moment, kept and listened to."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

from stack.demo_rep import Failed, Json, Rep, read_json, request
from stack.lines import say
from stack.timeline import Timeline

# What `stack.call` calls a recorded call, beside `transfer.FORMS`.
FORM = "record"
# The lead talks until they are asked to hang up.
LEAD = {"ringSeconds": 3, "talkSeconds": None}

# What the rep does, and the state of the recording that follows.
_STEPS = (("pause", "paused"), ("resume", "recording"))
# How long each state lasts, and how long we wait for the next one, in seconds of the call.
_TALK_SECONDS = 4
_PATIENCE_SECONDS = 40
# How long it may take until the recording is in the bucket and gone at Twilio, in real seconds.
_KEPT_SECONDS = 90.0
_FINAL = ("kept", "absent", "failed", "deleted")


@contextmanager
def switched_on(http: httpx.Client, env: Mapping[str, str], rep: Rep) -> Iterator[None]:
    """The business records all calls meanwhile, by its manager's hand. Raises Failed."""
    business_id = env.get("DEMO_BUSINESS_ID", "")
    [business] = rep.select("businesses", id=business_id) or [{}]
    mode = business.get("recording_mode")
    if mode == "all":
        yield
        return
    if "DEMO_MANAGER_EMAIL" not in env:
        raise Failed(
            f"The recording mode of the business is {mode}. Set it to all, as a manager, or add"
            " DEMO_MANAGER_EMAIL to .env, and this command does it."
        )
    manager = Rep.sign_in(http, env, env["DEMO_MANAGER_EMAIL"])
    manager.change("businesses", business_id, recording_mode="all")
    say(None, "settings", f"recording mode: all, not {mode}")
    try:
        yield
    finally:
        manager.change("businesses", business_id, recording_mode=mode)
        say(None, "settings", f"recording mode: {mode} again")


def run(rep: Rep, functions_url: str, timeline: Timeline) -> None:
    """Lets the call be recorded, pauses it, resumes it and hangs up. Raises Failed if a step is
    refused, or if its state does not come; the lead hangs up then."""
    try:
        _agree(rep, functions_url, timeline)
        conversation = _wait_for("recording", rep, timeline)
        for state, then in _STEPS:
            _let_talk(timeline)
            timeline.say("rep", f"recording: {state}")
            body = {"conversationId": conversation["id"], "action": "record", "state": state}
            _ask(rep, functions_url, "POST", "control", timeline.http, json=body)
            _wait_for(then, rep, timeline)
        _let_talk(timeline)
        timeline.say("lead", "hangs up")
        timeline.hang_up("lead")
    except Failed:
        timeline.hang_up("lead", "agent")
        raise


def check(
    http: httpx.Client, env: Mapping[str, str], rep: Rep, functions_url: str, row: Json
) -> list[str]:
    """Waits until the recordings of a call are kept, and listens to them. Returns how they differ
    from what they should be."""
    complaints = []
    for recording in _kept(rep, row):
        say(None, "recording", _described(recording))
        if recording["state"] != "kept":
            complaints.append(f"a recording is {recording['state']}: {recording['error']}")
    answer = _ask(
        rep, functions_url, "GET", "recording", http, params={"conversationId": row["id"]}
    )
    for playable in answer["recordings"]:
        complaints += _listen(http, playable)
    left = _left_at_twilio(http, env, row["call_sid"])
    say(None, "twilio", f"has {left or 'no'} recording{'s' if left > 1 else ''} of this call")
    if left:
        complaints.append(f"{left} recordings are still at Twilio")
    return complaints


def _kept(rep: Rep, row: Json) -> list[Json]:
    deadline = time.monotonic() + _KEPT_SECONDS
    while True:
        recordings = rep.select("recordings", conversation_id=row["id"])
        if recordings and all(each["state"] in _FINAL for each in recordings):
            return sorted(recordings, key=lambda each: int(each["part"]))
        if time.monotonic() > deadline:
            states = ", ".join(str(each["state"]) for each in recordings) or "none"
            raise Failed(
                f"The recordings of the call are not kept after {_KEPT_SECONDS:.0f} s: {states}."
                " .local/logs/functions.log says what recording_fn does."
            )
        time.sleep(0.2)


def _described(recording: Json) -> str:
    if recording["state"] != "kept":
        return f"part {recording['part']}: {recording['state']}"
    return (
        f"part {recording['part']}: {recording['state']}, {recording['duration_seconds']} s,"
        f" {recording['channels']} channels, until {recording['expires_at']}"
    )


def _listen(http: httpx.Client, playable: Json) -> list[str]:
    """Plays one recording as a player does: its end first, then everything."""
    end = request(http, "GET", playable["url"], headers={"Range": "bytes=-1000"})
    whole = request(http, "GET", playable["url"])
    if (end.status_code, whole.status_code) != (206, 200):
        return [f"its address answers {end.status_code} and {whole.status_code}, not 206 and 200"]
    digest = hashlib.sha256(whole.content).hexdigest()
    say(None, "player", f"{len(whole.content)} bytes, SHA-256 {digest[:12]}…, {playable['id']}")
    if whole.content[-1000:] != end.content:
        return ["a part of the recording differs from the whole"]
    return []


def _left_at_twilio(http: httpx.Client, env: Mapping[str, str], call_sid: str) -> int:
    """How many recordings of a call Twilio has. Others may be recorded meanwhile."""
    url = f"{env['SIMULATOR_URL']}/2010-04-01/Accounts/{env['TWILIO_ACCOUNT_SID']}/Recordings.json"
    auth = (env["TWILIO_API_KEY_SID"], env["TWILIO_API_KEY_SECRET"])
    answer = request(http, "GET", url, auth=auth, params={"CallSid": call_sid})
    listed = read_json(answer, "Twilio")
    return len(listed["recordings"])


def _agree(rep: Rep, functions_url: str, timeline: Timeline) -> None:
    """Says that the lead agreed, once they are connected, if the terms of the call ask for it."""
    deadline = _patience(timeline)
    while not timeline.is_over and time.monotonic() < deadline:
        timeline.read(wait_seconds=0.2)
        rows = rep.select("conversations", call_sid=timeline.call_sid)
        if not rows:
            continue
        terms = rep.select("recording_consents", conversation_id=rows[0]["id"])
        if not terms or terms[0]["consent_mode"] == "announce":
            return
        was_told = terms[0]["consent_mode"] == "confirm" or terms[0]["notice_ended_at"]
        if rows[0]["status"] == "in-progress" and was_told:
            timeline.say("rep", "recording: the lead agrees")
            body = {"conversationId": rows[0]["id"], "action": "record"}
            body |= {"state": "start", "consent": "agreed"}
            _ask(rep, functions_url, "POST", "control", timeline.http, json=body)
            return


def _patience(timeline: Timeline) -> float:
    return time.monotonic() + max(_PATIENCE_SECONDS * timeline.time_scale, 40.0)


def _wait_for(state: str, rep: Rep, timeline: Timeline) -> Json:
    deadline = _patience(timeline)
    found = None
    while not timeline.is_over and time.monotonic() < deadline:
        timeline.read(wait_seconds=0.2)
        rows = rep.select("conversations", call_sid=timeline.call_sid)
        if rows and rows[0]["recording_state"] != found:
            found = rows[0]["recording_state"]
            timeline.say("row", f"recording: {found}")
        if rows and found == state:
            return rows[0]
    raise Failed(
        f"The recording did not get to the state {state}. It is {found}."
        if found
        else "The call is not recorded: a rule of the business for the lead's country forbids it."
    )


def _let_talk(timeline: Timeline) -> None:
    until = time.monotonic() + _TALK_SECONDS * timeline.time_scale
    while time.monotonic() < until and not timeline.is_over:
        timeline.read(wait_seconds=0.2)


def _ask(
    rep: Rep, functions_url: str, method: str, name: str, http: httpx.Client, **options: object
) -> Json:
    """The data of a function's answer. Raises Failed."""
    headers = {"Authorization": f"Bearer {rep.access_token}"}
    answer = request(http, method, f"{functions_url}/api/twilio/{name}", headers=headers, **options)
    data: Json = read_json(answer, f"The {name} function")["data"]
    return data
