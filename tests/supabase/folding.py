"""Folds, as the endpoint of reports asks for them."""

from __future__ import annotations

from typing import Any

from tests.supabase.tenants import Connection, as_role, fetch


def fold(db: Connection, limit: int = 1000) -> dict[str, Any]:
    """What one fold answers: {"folded", "left", "as_of"}."""
    with as_role(db, "call_reporter"):
        (row,) = fetch(db, "select public.fold_reports(%s) as answer", limit)
    answer: dict[str, Any] = row["answer"]
    return answer


def fold_all(db: Connection, limit: int = 1000) -> int:
    """Folds until nothing is left; how often."""
    folds = 1
    while fold(db, limit)["left"]:
        folds += 1
    return folds
