"""The statuses of a call: one list of the final ones, whatever the language."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from shared.call_statuses import FINAL_STATUSES
from stack.settings import CHECKOUT
from tests.supabase.tenants import Connection, fetch

LIVE_STATUSES = ("queued", "initiated", "ringing", "in-progress")


def statuses_of_conversations(db: Connection) -> set[str]:
    """All that a conversation may have, as its check constraint lists them."""
    (constraint,) = fetch(
        db,
        "select pg_get_constraintdef(oid) as definition from pg_constraint"
        " where conname = 'conversations_status_check'",
    )
    return set(re.findall(r"'([a-z-]+)'", constraint["definition"]))


def test_sql_and_python_have_the_same_final_statuses(db: Connection) -> None:
    final = {
        row["status"]
        for row in fetch(
            db,
            "select status from unnest(%s::text[]) as status where private.is_final(status)",
            sorted(statuses_of_conversations(db)),
        )
    }
    assert final == FINAL_STATUSES


def test_javascript_and_python_have_the_same_final_statuses() -> None:
    module = (CHECKOUT / "web" / "henk-voice" / "call-statuses.js").as_uri()
    script = (
        f"import {{ FINAL_STATUSES }} from '{module}';"
        " console.log(JSON.stringify([...FINAL_STATUSES]));"
    )
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", script],
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(json.loads(done.stdout)) == FINAL_STATUSES


def test_a_conversation_has_no_status_but_live_and_final_ones_and_blocked(db: Connection) -> None:
    assert statuses_of_conversations(db) == {*LIVE_STATUSES, *FINAL_STATUSES, "blocked"}


def test_final_statuses_share_the_last_rank(db: Connection) -> None:
    ranks = {
        row["status"]: row["rank"]
        for row in fetch(
            db,
            "select status, private.call_status_rank(status) as rank"
            " from unnest(%s::text[]) as status",
            [*LIVE_STATUSES, *FINAL_STATUSES],
        )
    }
    assert ranks == {
        **{status: rank for rank, status in enumerate(LIVE_STATUSES)},
        **dict.fromkeys(FINAL_STATUSES, len(LIVE_STATUSES)),
    }


@pytest.mark.parametrize("word", ["blocked", "teleported", "Completed", "", None])
def test_any_other_word_is_not_final_and_has_no_rank(db: Connection, word: str | None) -> None:
    (answer,) = fetch(
        db,
        "select coalesce(private.is_final(%s::text), false) as is_final,"
        " private.call_status_rank(%s::text) as rank",
        word,
        word,
    )
    assert answer == {"is_final": False, "rank": None}
