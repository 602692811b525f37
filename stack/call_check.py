"""Compares the rows that a call left with what the phone network says about it."""

from __future__ import annotations

from stack.demo_rep import Json, Rep


def check(rep: Rep, call: Json) -> tuple[Json | None, list[str]]:
    """The conversation of `call` (as the simulator shows it), and how it differs from the call."""
    call_sid = call["callSid"]
    rows = rep.select("conversations", call_sid=call_sid)
    if len(rows) != 1:
        return None, [f"there are {len(rows)} conversations of {call_sid}, not 1"]
    row = rows[0]
    complaints: list[str] = []

    def compare(what: str, found: object, expected: object) -> None:
        if found != expected:
            complaints.append(f"{what} is {found!r}, but the call had {expected!r}")

    legs = {leg["callSid"]: leg for leg in call["legs"]}
    status, talk_seconds = _expected_ending(call)
    compare("status", row["status"], status)
    compare("duration_seconds", row["duration_seconds"] or 0, talk_seconds)
    compare("block_reason given", row["block_reason"] is not None, status == "blocked")
    if status != "blocked":
        for column, param in (("lead_id", "LeadId"), ("campaign_id", "CampaignId")):
            if param in call["params"]:
                compare(column, row[column], call["params"][param])

    stored = {leg["call_sid"]: leg for leg in rep.select("call_legs", conversation_id=row["id"])}
    compare("the set of legs", sorted(stored), sorted(legs))
    for sid in stored.keys() & legs.keys():
        leg = legs[sid]
        # The network does not know who of the others is a person of the business.
        if leg["role"] in ("agent", "lead"):
            compare(f"role of leg {sid}", stored[sid]["role"], leg["role"])
        compare(f"status of leg {sid}", stored[sid]["status"], leg["status"])
        compare(
            f"duration_seconds of leg {sid}",
            stored[sid]["duration_seconds"] or 0,
            leg["duration"] or 0,
        )

    # Of a call with more legs, some events are what we did, and not the network's callbacks.
    if len(legs) <= 2:
        events = rep.select("call_events", agent_call_sid=call_sid)
        compare("the number of events", len(events), len(_distinct_callbacks(call)))
    for delivery in call["deliveries"]:
        if not delivery["delivered"]:
            attempts = delivery["attempts"]
            what = f"not accepted: {attempts[-1]['detail']}" if attempts else "lost on its way"
            complaints.append(f"the {delivery['kind']} webhook was {what}")
    return row, complaints


def _expected_ending(call: Json) -> tuple[str, int]:
    """Status and talk time (seconds) that the conversation must have."""
    lead = next((leg for leg in reversed(call["legs"]) if leg["role"] == "lead"), None)
    if lead is not None:
        return str(lead["status"]), int(lead["duration"] or 0)
    dialled = any(
        "<Dial" in document["body"] for document in call["documents"] if document["kind"] == "voice"
    )
    if not dialled:
        return ("blocked" if call["documents"] else "canceled"), 0
    # The network refused to dial: there is no leg, and the request to Dial's action has the status.
    action = next(
        (delivery for delivery in call["deliveries"] if delivery["kind"] == "action"), None
    )
    return (str(action["params"]["DialCallStatus"]) if action else "canceled"), 0


def _distinct_callbacks(call: Json) -> set[tuple[str, ...]]:
    return {
        (
            delivery["kind"],
            delivery["params"]["CallSid"],
            _status_of(delivery["params"]),
            delivery["params"].get("SequenceNumber", ""),
        )
        for delivery in call["deliveries"]
        if delivery["delivered"] and _is_event(delivery)
    }


def _status_of(params: Json) -> str:
    """What became of the leg. The detection of machines tells only who has answered."""
    names = ("DialCallStatus", "CallStatus", "AnsweredBy")
    return next(str(params[name]) for name in names if name in params)


def _is_event(delivery: Json) -> bool:
    """Whether the ledger of calls has it: not a question for TwiML, a key that the lead pressed, or
    what became of a recording."""
    if delivery["kind"] == "action":
        return "DialCallStatus" in delivery["params"]
    return delivery["kind"] not in ("voice", "whisper", "recording-status")
