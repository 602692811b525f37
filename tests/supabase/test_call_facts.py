"""The facts of calls and their sums are equal to the model in Python over the callbacks, and to the
raw rows, whatever comes late, is corrected, deleted or set otherwise."""

from __future__ import annotations

import random

import pytest

from tests.soak import figure, scaled
from tests.supabase.call_histories import History, everything
from tests.supabase.facts_model import facts_of, helped_of
from tests.supabase.folding import fold, fold_all
from tests.supabase.raw_facts import RAW_FACTS, wrong_sums
from tests.supabase.tenants import Connection, add_tenant, fetch


def compare(history: History) -> None:
    """All facts are those of the model and those of the raw rows."""
    db, business_id = history.db, history.tenant.business_id
    found = {row["conversation_id"]: row for row in everything(db, business_id)}
    model = facts_of(history)
    for conversation_id in found.keys() | model.keys():
        assert found.get(conversation_id) == model.get(conversation_id), history.call(
            conversation_id
        )
    helped = {
        (row["conversation_id"], row["user_id"]): row["helped_seconds"] + 1
        for row in fetch(
            db, "select * from public.call_helpers where business_id = %s", business_id
        )
    }
    assert helped == helped_of(history)
    raw = db.execute(RAW_FACTS, {"business_id": business_id}).fetchall()
    rows = db.execute(
        "select * from public.call_facts where business_id = %s", (business_id,)
    ).fetchall()
    assert sorted(raw, key=str) == sorted(rows, key=str)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(scaled(1, 40)))
def test_sums_facts_raw_rows_and_the_model_over_the_callbacks_are_equal(
    db: Connection, seed: int
) -> None:
    history = History(db, add_tenant(db, 1), seed, calls=70)
    pick, folds = random.Random(seed), 0
    while not all(call.is_complete or call.is_deleted for call in history.calls):
        history.step()
        # Some marks wait for the fold after.
        limit = pick.choice((1, 3, 10, 200))
        left = fold(db, limit)["left"]
        folds += 1
        assert wrong_sums(db) == []
        if left == 0 and pick.random() < 0.5:
            compare(history)
    for _ in range(25):
        history.step()
        folds += fold_all(db, 50)
    compare(history)
    assert wrong_sums(db) == []

    before = fetch(db, "select * from public.call_facts order by conversation_id")
    db.execute("select private.rebuild_reports(%s)", (history.tenant.business_id,))
    assert fetch(db, "select * from public.call_facts order by conversation_id") == before
    assert wrong_sums(db) == []
    figure(f"facts: {len(before)} of {len(history.calls)} calls after {folds} folds, as the model")
