"""Who may hear a recording, and that everybody who does is on record."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

import pytest

from tests.supabase.kept_recordings import add_recording, ask, finished_call
from tests.supabase.tenants import Connection, add_member, add_tenant, add_user, fetch


def plays(db: Connection, call: dict[str, Any]) -> list[tuple[Any, ...]]:
    rows = fetch(
        db,
        "select recording_id, user_id, kind from public.recording_plays"
        " where conversation_id = %s order by id",
        call["id"],
    )
    return [tuple(row.values()) for row in rows]


def add_leg(db: Connection, call: dict[str, Any], user_id: uuid.UUID, answered: bool) -> None:
    db.execute(
        "insert into public.call_legs (business_id, conversation_id, role, status, user_id,"
        " answered_at) values (%s, %s, 'teammate', 'completed', %s, %s)",
        (call["business_id"], call["id"], user_id, "now" if answered else None),
    )


def test_who_hears_a_recording_and_who_downloads_it(db: Connection) -> None:
    """All of: role, what the business lets agents hear, the part in the call, download or not."""
    tenant, other = add_tenant(db, 1), add_tenant(db, 2)
    call = finished_call(db, tenant)
    recording = add_recording(db, call)
    parts = ("placed", "talked", "was rung", "none")
    for role, access, part, download in itertools.product(
        ("owner", "manager", "agent", "elsewhere"), ("own", "all"), parts, (False, True)
    ):
        if part == "placed" and role != "agent":
            continue
        person = tenant.user_id if part == "placed" else add_user(db)
        if role == "elsewhere":
            add_member(db, other.business_id, person, "owner")
        elif part != "placed":
            add_member(db, tenant.business_id, person, role)
        if part in ("talked", "was rung"):
            add_leg(db, call, person, answered=part == "talked")
        db.execute(
            "update public.businesses set recording_access = %s where id = %s",
            (access, tenant.business_id),
        )
        before = plays(db, call)
        answer = ask(db, person, "ask_to_play", call["id"], recording, download)
        manages = role in ("owner", "manager")
        hears = manages or access == "all" or part in ("placed", "talked")
        if role == "elsewhere":
            expected: object = {"error": "not_found"}
        elif not hears or (download and not manages):
            expected = {"error": "not_allowed"}
        else:
            expected = [str(recording)]
        found = [one["id"] for one in answer["recordings"]] if "recordings" in answer else answer
        assert found == expected, (role, access, part, download)
        kind = "download" if download else "play"
        heard = [(recording, person, kind)] if "recordings" in answer else []
        assert plays(db, call) == before + heard


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"state": "kept"}, "heard"),
        ({"state": "stored"}, "heard"),
        ({"state": "kept", "expires_at": "tomorrow"}, "heard"),
        # Nobody has come to delete it yet.
        ({"state": "kept", "expires_at": "yesterday"}, "recording_gone"),
        ({"state": "asked"}, "not there yet"),
        ({"state": "in_progress"}, "not there yet"),
        ({"state": "completed"}, "not there yet"),
        ({"state": "fetched"}, "not there yet"),
        (
            {"state": "in_progress", "wanted": "deleted", "delete_reason": "refused"},
            "recording_gone",
        ),
        ({"state": "kept", "wanted": "deleted", "delete_reason": "request"}, "recording_gone"),
        ({"state": "expired", "wanted": "deleted", "delete_reason": "retention"}, "recording_gone"),
        ({"state": "deleted", "wanted": "deleted", "delete_reason": "retention"}, "recording_gone"),
        ({"state": "absent"}, "recording_gone"),
        ({"state": "failed"}, "recording_gone"),
    ],
)
def test_what_is_heard_is_in_the_bucket_and_may_stay_there(
    db: Connection, columns: dict[str, Any], expected: str
) -> None:
    tenant = add_tenant(db, 1)
    call = finished_call(db, tenant)
    recording = add_recording(db, call, **columns)
    for asked in (recording, None):
        answer = ask(db, tenant.user_id, "ask_to_play", call["id"], asked, False)
        if expected == "recording_gone":
            assert answer == {"error": "recording_gone"}
        else:
            assert len(answer["recordings"]) == (1 if expected == "heard" else 0)
    assert len(plays(db, call)) == (2 if expected == "heard" else 0)
    db.execute("update public.conversations set is_held = true where id = %s", (call["id"],))
    if columns.get("expires_at") == "yesterday":
        answer = ask(db, tenant.user_id, "ask_to_play", call["id"], None, False)
        assert len(answer["recordings"]) == 1


def test_all_parts_come_in_their_order_and_each_is_one_play(db: Connection) -> None:
    tenant = add_tenant(db, 1)
    call, other = finished_call(db, tenant), finished_call(db, tenant)
    second = add_recording(db, call, part=2)
    first = add_recording(db, call, part=1)
    third = add_recording(db, call, part=3, state="failed")
    assert ask(db, tenant.user_id, "ask_to_play", other["id"], None, False) == {
        "error": "not_found"
    }
    for foreign in (add_recording(db, other), uuid.uuid4()):
        answer = ask(db, tenant.user_id, "ask_to_play", call["id"], foreign, False)
        assert answer == {"error": "not_found"}
    answer = ask(db, tenant.user_id, "ask_to_play", call["id"], None, False)
    assert [one["id"] for one in answer["recordings"]] == [str(first), str(second)]
    assert answer["recordings"][0].keys() == {
        "id",
        "part",
        "object_path",
        "duration_seconds",
        "channels",
        "started_at",
    }
    assert {play[0] for play in plays(db, call)} == {first, second}
    gone = ask(db, tenant.user_id, "ask_to_play", call["id"], third, False)
    assert gone == {"error": "recording_gone"}
