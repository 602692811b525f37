"""`make call TRANSFER=…`: the demo rep hands the lead to the simulated colleague, step by step."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from stack.demo_rep import Failed, Json, Rep, read_json, request
from stack.lines import say
from stack.timeline import Timeline

# The lead talks until they are asked to hang up.
LEAD = {"ringSeconds": 3, "talkSeconds": None}

_HANGS_UP = "the lead hangs up"
# A conversation without a stage whose lead has answered.
_TALKING = "talking"
# How long each state lasts, and how long we wait for the next one, in seconds of the call.
_TALK_SECONDS = 3
_PATIENCE_SECONDS = 40
# How long to wait until the colleague can be rung, in real seconds.
_COLLEAGUE_SECONDS = 15.0


@dataclass(frozen=True)
class Step:
    """What is done once the conversation is in a stage."""

    stage: str
    action: str


# Each form of a transfer, by its name in `make call TRANSFER=…`.
FORMS: dict[str, tuple[Step, ...]] = {
    "cold": (Step(_TALKING, "transfer"), Step("transferred", _HANGS_UP)),
    "warm": (
        Step(_TALKING, "transfer"),
        Step("consulting", "complete"),
        Step("transferred", _HANGS_UP),
    ),
    "merge": (
        Step(_TALKING, "transfer"),
        Step("consulting", "merge"),
        Step("together", _HANGS_UP),
    ),
    "cancel": (
        Step(_TALKING, "transfer"),
        Step("consulting", "cancel"),
        Step("on_hold", "resume"),
        Step(_TALKING, _HANGS_UP),
    ),
}


def wait_for_colleague(rep: Rep, env: Mapping[str, str]) -> None:
    """Returns once the colleague can be rung. Raises Failed."""
    if "DEMO_COLLEAGUE_ID" not in env:
        raise Failed("To transfer a call in this project, add DEMO_COLLEAGUE_ID to .env.")
    deadline = time.monotonic() + _COLLEAGUE_SECONDS
    while True:
        colleagues = rep.rpc("list_colleagues", p_business_id=env["DEMO_BUSINESS_ID"])
        colleague = next((c for c in colleagues if c["user_id"] == env["DEMO_COLLEAGUE_ID"]), None)
        if colleague is None:
            raise Failed("The business has no member with the id DEMO_COLLEAGUE_ID.")
        if colleague["state"] == "available":
            say(None, "colleague", f"{colleague['name']} is available")
            return
        if time.monotonic() > deadline:
            raise Failed(
                f"{colleague['name']} is {colleague['state']}, so nobody can be rung. She is busy"
                " until her last call ends; .local/logs/colleague.log says what she does."
            )
        time.sleep(0.2)


def run(
    form: str, rep: Rep, env: Mapping[str, str], functions_url: str, timeline: Timeline
) -> None:
    """Does the steps of `form` and prints the timeline meanwhile. Raises Failed if a step is
    refused, or if the conversation does not get to the stage of a step; the lead hangs up then."""
    try:
        for step in FORMS[form]:
            conversation = _wait_for(step.stage, rep, timeline)
            _let_talk(timeline)
            if step.action == _HANGS_UP:
                timeline.say("lead", "hangs up")
                timeline.hang_up("lead")
                _let_talk(timeline)
                # A page would notice that the lead is gone, and hang up by itself.
                timeline.hang_up("agent", "client")
                return
            body: Json = {"conversationId": conversation["id"], "action": step.action}
            if step.action == "transfer":
                mode = "cold" if form == "cold" else "warm"
                body |= {"to": {"userId": env["DEMO_COLLEAGUE_ID"]}, "mode": mode}
            _control(rep, functions_url, body, timeline)
    except Failed:
        timeline.hang_up("lead", "agent", "client")
        raise


def check(form: str, rep: Rep, env: Mapping[str, str], row: Json) -> list[str]:
    """How the rows of a transferred call differ from what `form` must leave."""
    legs = rep.select("call_legs", conversation_id=row["id"])
    holds = rep.select("call_holds", conversation_id=row["id"])
    roles = {leg["role"]: leg for leg in legs}
    colleague = roles.get("teammate", {})
    for role, leg in sorted(roles.items()):
        held = f", {row['hold_seconds']} s of it on hold" if role == "lead" and holds else ""
        say(None, "leg", f"{role}: {leg['status']} after {leg['duration_seconds']} s{held}")
    complaints = []
    if sorted(leg["role"] for leg in legs) != ["agent", "lead", "teammate"]:
        complaints.append(f"the legs are {sorted(leg['role'] for leg in legs)}")
    if colleague.get("user_id") != env["DEMO_COLLEAGUE_ID"]:
        complaints.append("the colleague's leg does not have her user id")
    if bool(row["hold_seconds"]) != (form != "cold"):
        complaints.append(f"hold_seconds is {row['hold_seconds']}")
    if row["stage"] is not None:
        complaints.append(f"the call is over, and its stage is {row['stage']}")
    return complaints


def _wait_for(stage: str, rep: Rep, timeline: Timeline) -> Json:
    deadline = time.monotonic() + max(_PATIENCE_SECONDS * timeline.time_scale, 10.0)
    found = "not in the database"
    while not timeline.is_over and time.monotonic() < deadline:
        timeline.read(wait_seconds=0.2)
        rows = rep.select("conversations", call_sid=timeline.call_sid)
        if rows:
            found = rows[0]["stage"] or _stage_of_plain_call(rows[0])
        if found == stage:
            return rows[0]
    raise Failed(f"The call did not get to the stage {stage}. It is {found}.")


def _stage_of_plain_call(row: Json) -> str:
    return _TALKING if row["status"] == "in-progress" else str(row["status"])


def _let_talk(timeline: Timeline) -> None:
    until = time.monotonic() + _TALK_SECONDS * timeline.time_scale
    while time.monotonic() < until and not timeline.is_over:
        timeline.read(wait_seconds=0.2)


def _control(rep: Rep, functions_url: str, body: Json, timeline: Timeline) -> None:
    url = f"{functions_url}/api/twilio/control"
    headers = {"Authorization": f"Bearer {rep.access_token}"}
    asked = " ".join(str(body[name]) for name in ("mode", "action") if name in body)
    timeline.say("control", asked)
    started = time.monotonic()
    answer = request(timeline.http, "POST", url, headers=headers, json=body)
    data = read_json(answer, "The control function")["data"]
    milliseconds = (time.monotonic() - started) * 1000
    timeline.say("control", f"{asked}: {data['stage'] or _TALKING}, after {milliseconds:.0f} ms")
