"""What becomes of a leg whose Dial has ended: from the state of the call, and never worse for a
request that comes twice, late, or out of nowhere."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.supabase.asked import Answer, AskedCall, add_colleague, set_presence
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    as_user,
    dialled,
    fetch,
    new_call_sid,
)

UNANSWERED = ("no-answer", "busy", "failed", "canceled")


@pytest.fixture
def tenant(db: Connection) -> Tenant:
    return add_tenant(db, 1)


@pytest.fixture
def call(db: Connection, tenant: Tenant) -> AskedCall:
    return AskedCall(db, tenant).answer()


@pytest.fixture
def colleague(db: Connection, tenant: Tenant) -> uuid.UUID:
    return add_colleague(db, tenant)


def identity(call: AskedCall, user_id: uuid.UUID) -> str:
    return f"user_{user_id.hex}_{call.tenant.business_id.hex}"


def room_ends(call: AskedCall, **more: Any) -> Answer:
    return call.go_on("room", call.lead_sid, **more)


def written(call: AskedCall) -> tuple[int, int]:
    (row,) = fetch(
        call.db,
        "select (select count(*) from public.call_legs where conversation_id = %s) as legs,"
        " (select count(*) from public.call_actions where conversation_id = %s) as actions",
        call.id,
        call.id,
    )
    return row["legs"], row["actions"]


# The agent's Dial of the lead.


@pytest.mark.parametrize("status", ["completed", *UNANSWERED])
def test_after_a_plain_call_the_agent_hangs_up(db: Connection, tenant: Tenant, status: str) -> None:
    call = AskedCall(db, tenant)
    answer = call.go_on("dial", call.sid, status, dialled=call.lead_sid)
    assert answer == {
        "new": True, "conversation_id": str(call.id), "next": "hang_up", "room": None,
        "is_host": False, "label": None, "seconds_left": None, "from_number": None, "ring": None,
    }  # fmt: skip
    assert call.row["is_plain"] is True


def test_a_call_that_did_not_begin_hangs_up(db: Connection, tenant: Tenant) -> None:
    call = AskedCall(db, tenant)
    call.sid = new_call_sid()
    for after in ("dial", "room", "transfer", "return"):
        assert call.go_on(after, call.sid, leg=uuid.uuid4())["next"] == "hang_up"


def test_the_agent_follows_the_lead_into_the_room_as_its_host(call: AskedCall) -> None:
    call.ask("hold")
    answer = call.go_on("dial", call.sid, dialled=call.lead_sid)
    assert answer["next"] == "join_room"
    assert answer["room"] == f"conversation_{call.id.hex}"
    assert (answer["is_host"], answer["label"]) == (True, call.state()["host_leg_id"])
    assert 0 < answer["seconds_left"] <= call.row["time_limit_seconds"]
    # Twilio asks again if our answer was lost.
    assert call.go_on("dial", call.sid, dialled=call.lead_sid) == answer | {"new": False}


def test_the_agent_does_not_follow_a_lead_who_is_gone(call: AskedCall) -> None:
    call.ask("hold")
    call.end(call.lead_sid)
    assert call.go_on("dial", call.sid, dialled=call.lead_sid)["next"] == "hang_up"


def test_an_old_dial_action_does_not_bring_an_agent_back(
    call: AskedCall, colleague: uuid.UUID
) -> None:
    """The agent has transferred the lead, and the colleague holds them."""
    leg_id = call.transfer_cold(user=colleague)
    call.go_on("dial", call.sid, dialled=call.lead_sid)
    sid = new_call_sid()
    call.picks_up(leg_id, sid)
    call.ask("hold", by=colleague)
    assert call.go_on("dial", call.sid, dialled=call.lead_sid)["next"] == "hang_up"


# The lead's Dial of a person.


@pytest.mark.parametrize("status", UNANSWERED)
@pytest.mark.parametrize("was_told", [False, True])
def test_a_transfer_that_nobody_answers_comes_back_and_then_ends_with_a_promise(
    call: AskedCall, colleague: uuid.UUID, status: str, was_told: bool
) -> None:
    leg_id = call.transfer_cold(user=colleague)
    call.go_on("dial", call.sid, dialled=call.lead_sid)
    call.end(call.sid)
    sid = new_call_sid()
    call.time_passes()
    if was_told:
        call.event(sid, status, 2, call_leg_id=leg_id)
    first = call.go_on("transfer", call.lead_sid, status, leg=leg_id, dialled=sid)
    ring = first["ring"]
    assert first["next"] == "ring"
    assert ring["identity"] == identity(call, call.tenant.user_id)
    assert ring["after"] == "return"
    assert (call.stage, call.row["bridge"]) == ("returning", "dial")
    again = call.go_on("transfer", call.lead_sid, status, leg=leg_id, dialled=sid)
    assert again == first | {"new": False, "seconds_left": again["seconds_left"]}

    back = new_call_sid()
    call.time_passes()
    last = call.go_on("return", call.lead_sid, status, leg=ring["leg_id"], dialled=back)
    assert last["next"] == "apologize"
    assert call.row["call_back_at"] is not None
    for after, leg in (("return", ring["leg_id"]), ("transfer", leg_id)):
        assert call.go_on(after, call.lead_sid, status, leg=leg)["next"] == "apologize"


def test_a_number_that_does_not_answer_comes_back_too(call: AskedCall) -> None:
    leg_id = call.transfer_cold(to=dialled("+14155550199"))
    answer = call.go_on("transfer", call.lead_sid, "busy", leg=leg_id, dialled=new_call_sid())
    assert answer["ring"]["identity"] == identity(call, call.tenant.user_id)


def test_who_has_left_the_business_is_not_rung(call: AskedCall, colleague: uuid.UUID) -> None:
    leg_id = call.transfer_cold(user=colleague)
    call.time_passes()
    call.db.execute(
        "delete from public.business_members where user_id = %s", (call.tenant.user_id,)
    )
    answer = call.go_on("transfer", call.lead_sid, "no-answer", leg=leg_id)
    assert answer["next"] == "apologize"


@pytest.mark.parametrize("after", ["transfer", "return"])
def test_when_who_was_rung_hangs_up_the_call_is_over(
    call: AskedCall, colleague: uuid.UUID, after: str
) -> None:
    leg_id, sid = call.transfer_cold(user=colleague), new_call_sid()
    if after == "return":
        call.time_passes()
        answer = call.go_on("transfer", call.lead_sid, "no-answer", leg=leg_id)
        leg_id = answer["ring"]["leg_id"]
    call.picks_up(leg_id, sid)
    answer = call.go_on(after, call.lead_sid, "completed", leg=leg_id, dialled=sid)
    assert answer["next"] == "hang_up"


def test_the_lead_follows_a_colleague_into_the_room(call: AskedCall, colleague: uuid.UUID) -> None:
    leg_id, sid = call.transfer_cold(user=colleague), new_call_sid()
    call.end(call.sid)
    call.picks_up(leg_id, sid)
    call.ask("hold", by=colleague)
    answer = call.go_on("transfer", call.lead_sid, "completed", leg=leg_id, dialled=sid)
    assert (answer["next"], answer["is_host"]) == ("join_room", False)
    assert answer["label"] == call.lead_leg_id


def test_the_action_of_an_interrupted_dial_leads_where_the_lead_is_going(
    call: AskedCall, colleague: uuid.UUID
) -> None:
    leg_id = call.transfer_cold(user=colleague)
    call.end(call.sid)
    asked = call.ask("cancel")
    for status in ("canceled", "completed"):
        answer = call.go_on("transfer", call.lead_sid, status, leg=leg_id)
        assert answer["ring"]["leg_id"] == asked["action"]["leg_id"]
    call.note(asked, ("redirected", call.lead_leg_id, call.lead_sid))
    call.picks_up(asked["action"]["leg_id"], new_call_sid())
    before = written(call)
    assert call.go_on("transfer", call.lead_sid, "canceled", leg=leg_id)["next"] == "hang_up"
    assert written(call) == before


# A person whose phone does not ring yet.


@pytest.mark.parametrize("status", ["no-answer", "failed"])
def test_a_page_that_is_loading_is_rung_again_after_a_pause(call: AskedCall, status: str) -> None:
    """The rep reloads the page while the lead is on hold."""
    set_presence(call.db, call.tenant, call.tenant.user_id, "away")
    call.hold()
    call.end(call.sid)
    first = room_ends(call)["ring"]
    assert first["pause"] is None
    tried = [first["leg_id"]]
    for _ in range(3):
        sid = new_call_sid()
        answer = call.go_on("return", call.lead_sid, status, leg=tried[-1], dialled=sid)
        call.event(sid, status, 2, call_leg_id=tried[-1])
        assert (answer["next"], answer["ring"]["pause"]) == ("ring", 2)
        assert answer["ring"]["identity"] == first["identity"]
        assert answer["ring"]["leg_id"] not in tried
        assert call.stage == "returning"
        # Twilio asks again, also for a try before.
        for leg in (tried[0], tried[-1]):
            again = call.go_on("return", call.lead_sid, status, leg=leg, dialled=sid)
            assert again["ring"] == answer["ring"]
        tried.append(answer["ring"]["leg_id"])
    call.picks_up(tried[-1], new_call_sid())
    assert call.state()["host_leg_id"] == tried[-1]
    for leg in tried[:-1]:
        assert call.go_on("return", call.lead_sid, status, leg=leg)["next"] == "hang_up"
    assert "error" not in call.ask("hold")


def test_a_colleague_who_does_not_hear_it_is_rung_once_and_then_who_transferred(
    call: AskedCall, colleague: uuid.UUID
) -> None:
    leg_id = call.transfer_cold(user=colleague)
    call.end(call.sid)
    ring = call.go_on("transfer", call.lead_sid, "no-answer", leg=leg_id)["ring"]
    assert (ring["identity"], ring["after"]) == (identity(call, call.tenant.user_id), "return")
    assert ring["pause"] is None


@pytest.mark.parametrize("why", ["declined", "declined on the page", "no page", "late"])
def test_who_certainly_heard_it_or_cannot_hear_it_is_not_rung_again(
    call: AskedCall, why: str
) -> None:
    if why != "no page":
        set_presence(call.db, call.tenant, call.tenant.user_id, "available")
    call.hold()
    call.end(call.sid)
    leg_id = room_ends(call)["ring"]["leg_id"]
    if why == "declined on the page":
        with as_user(call.db, call.tenant.user_id):
            call.db.execute("select public.decline_call(%s)", (call.id,))
    elif why == "late":
        # The local stack's calls are faster than life.
        call.db.execute("set local henk.ring_again_seconds = '0.4'")
        call.time_passes(1)
    status = "busy" if why == "declined" else "no-answer"
    assert call.go_on("return", call.lead_sid, status, leg=leg_id)["next"] == "apologize"


# The room has ended under the lead.


def test_a_lead_on_hold_is_brought_to_who_held_them(call: AskedCall) -> None:
    call.hold()
    answer = room_ends(call)
    assert answer["ring"]["identity"] == identity(call, call.tenant.user_id)
    assert answer["ring"]["after"] == "return"
    assert room_ends(call) == answer | {"new": False, "seconds_left": answer["seconds_left"]}
    # They hear the phone ring, not the music.
    assert call.leg(call.lead_leg_id)["on_hold_since"] is None
    assert call.stage == "returning"


def test_a_lead_who_is_being_put_on_hold_counts_as_held(call: AskedCall) -> None:
    call.convert(call.ask("hold"))
    assert room_ends(call)["next"] == "ring"


def test_while_a_colleague_is_rung_the_lead_comes_back_to_who_asked(
    call: AskedCall, colleague: uuid.UUID
) -> None:
    call.transfer_warm(user=colleague)
    assert room_ends(call)["ring"]["identity"] == identity(call, call.tenant.user_id)


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("was_told", [False, True])
def test_a_lead_with_a_colleague_is_brought_to_them_and_then_to_the_rep(
    call: AskedCall, colleague: uuid.UUID, together: bool, was_told: bool
) -> None:
    leg_id, sid = call.transfer_warm(user=colleague)
    call.picks_up(leg_id, sid)
    if together:
        call.note(call.ask("merge"), ("unheld", call.lead_leg_id, call.lead_sid))
    if was_told:
        # The room's end has ended the colleague's leg, too.
        call.end(call.sid)
        call.end(sid, leg_id=leg_id)
    first = room_ends(call)
    assert first["ring"]["identity"] == identity(call, colleague)
    rung = first["ring"]["leg_id"]
    call.time_passes()
    second = call.go_on("return", call.lead_sid, "no-answer", leg=rung)
    assert second["ring"]["identity"] == identity(call, call.tenant.user_id)
    rung = second["ring"]["leg_id"]
    call.time_passes()
    assert call.go_on("return", call.lead_sid, "no-answer", leg=rung)["next"] == "apologize"
    assert room_ends(call)["next"] == "apologize"


def test_a_colleague_who_had_hung_up_is_not_rung(call: AskedCall, colleague: uuid.UUID) -> None:
    leg_id, sid = call.transfer_warm(user=colleague)
    call.picks_up(leg_id, sid)
    call.event(
        sid, "participant-leave", 5, source="conference", call_leg_id=leg_id, conference_sid="CF1",
        payload={
            "FriendlyName": f"conversation_{call.id.hex}",
            "ReasonParticipantLeft": "participant_hung_up",
        },
    )  # fmt: skip
    call.end(sid, leg_id=leg_id)
    assert room_ends(call)["ring"]["identity"] == identity(call, call.tenant.user_id)


def test_when_the_agent_leaves_a_lead_who_is_not_on_hold_the_call_is_over(call: AskedCall) -> None:
    call.hold()
    call.note(call.ask("resume"), ("unheld", call.lead_leg_id, call.lead_sid))
    assert room_ends(call)["next"] == "hang_up"


def test_a_lead_who_was_removed_or_hung_up_is_not_rung_for(call: AskedCall) -> None:
    call.hold()
    ended = {"payload": {"CallStatus": "completed"}}
    assert room_ends(call, **ended)["next"] == "hang_up"
    call.ask("remove", leg=call.lead_leg_id)
    assert room_ends(call)["next"] == "hang_up"


def test_the_room_of_a_new_hold_is_a_new_cause(call: AskedCall) -> None:
    call.hold()
    ring = room_ends(call)["ring"]
    sid = new_call_sid()
    call.picks_up(ring["leg_id"], sid)
    call.end(call.sid)
    # An old request comes again while they talk.
    assert room_ends(call)["next"] == "hang_up"
    asked = call.ask("hold")
    answer = call.go_on("return", call.lead_sid, leg=ring["leg_id"], dialled=sid)
    assert answer["next"] == "join_room"
    call.note(asked, ("held", call.lead_leg_id, call.lead_sid))
    again = room_ends(call)["ring"]
    assert again["leg_id"] != ring["leg_id"]
    assert call.leg(call.lead_leg_id)["on_hold_since"] is None


def test_an_old_end_of_a_room_moves_nobody_out_of_the_next_one(call: AskedCall) -> None:
    """The address names what was newest when the lead joined: they were rung for since."""
    first = call.hold()["action"]["number"]
    ring = room_ends(call)["ring"]
    sid = new_call_sid()
    call.picks_up(ring["leg_id"], sid)
    call.end(call.sid)
    asked = call.ask("hold")
    answer = call.go_on("return", call.lead_sid, leg=ring["leg_id"], dialled=sid)
    assert answer["newest_action"] == asked["action"]["number"] == call.state()["newest_action"]
    call.note(asked, ("held", call.lead_leg_id, call.lead_sid))

    old = call.go_on("room", call.lead_sid, payload={"since": str(first)})
    assert old["next"] == "hang_up"
    assert (call.stage, call.row["bridge"]) == ("on_hold", "room")
    now = call.go_on("room", call.lead_sid, payload={"since": str(answer["newest_action"])})
    assert now["next"] == "ring"


def test_who_held_is_rung_also_after_a_hand_over(call: AskedCall, colleague: uuid.UUID) -> None:
    leg_id, sid = call.transfer_warm(user=colleague)
    call.picks_up(leg_id, sid)
    call.note(call.ask("complete"), ("unheld", call.lead_leg_id, call.lead_sid))
    call.end(call.sid)
    assert room_ends(call)["next"] == "hang_up"
    call.note(call.ask("hold", by=colleague), ("held", call.lead_leg_id, call.lead_sid))
    call.end(sid, leg_id=leg_id)
    assert room_ends(call)["ring"]["identity"] == identity(call, colleague)


def test_a_lead_whose_transfer_was_left_by_everybody_rings_the_target(
    call: AskedCall, colleague: uuid.UUID
) -> None:
    """control_fn was killed before it moved the lead, and the agent has hung up."""
    call.hold()
    asked = call.ask("transfer", user=colleague, mode="cold")
    answer = room_ends(call)
    assert answer["ring"]["leg_id"] == asked["action"]["leg_id"]
    assert answer["ring"]["after"] == "transfer"
    assert answer["ring"]["by"] == str(call.tenant.user_id)


def test_a_number_is_never_rung_by_a_dial_action(call: AskedCall) -> None:
    """Only control_fn dials numbers: it asks the gate first."""
    call.hold()
    call.ask("transfer", to=dialled("+14155550199"), mode="cold")
    assert room_ends(call)["next"] == "hang_up"
    call.db.execute("update public.call_actions set lease_until = now() where result is null")
    assert room_ends(call)["ring"]["identity"] == identity(call, call.tenant.user_id)


# Requests out of nowhere.


def test_people_whose_room_has_ended_hang_up(call: AskedCall, colleague: uuid.UUID) -> None:
    call.hold()
    assert call.go_on("room", call.sid)["next"] == "hang_up"
    leg_id, sid = call.transfer_warm(user=colleague)
    call.picks_up(leg_id, sid)
    assert call.go_on("room", sid)["next"] == "hang_up"


def test_a_request_that_names_nobody_of_the_call_changes_nothing(
    db: Connection, tenant: Tenant, call: AskedCall, colleague: uuid.UUID
) -> None:
    leg_id = call.transfer_cold(user=colleague)
    other = AskedCall(db, tenant).answer()
    theirs = other.ask("transfer", user=add_colleague(db, tenant), mode="cold")
    before = written(call), call.row, fetch(db, "select count(*) from public.call_events")
    for after, sid, leg in (
        ("room", new_call_sid(), None),
        ("room", other.lead_sid, None),
        ("transfer", call.lead_sid, theirs["action"]["leg_id"]),
        ("transfer", call.lead_sid, uuid.uuid4()),
        ("return", call.lead_sid, call.lead_leg_id),
        ("return", call.lead_sid, None),
    ):
        assert call.go_on(after, sid, "no-answer", leg=leg)["next"] == "hang_up"
    after_them = written(call), call.row, fetch(db, "select count(*) from public.call_events")
    assert after_them == before
    # Who asks is not the lead.
    assert call.go_on("transfer", call.sid, "no-answer", leg=leg_id)["next"] == "hang_up"
    assert written(call) == before[0]


def test_another_kind_of_dial_is_refused(call: AskedCall) -> None:
    with pytest.raises(Exception, match="p_after is"), call.db.transaction():
        call.go_on("lunch", call.sid)
