"""Vacuums tables until every page of them is marked as seen by everybody."""

from __future__ import annotations

from tests.supabase.tenants import Connection, fetch
from tests.waiting import wait_until


def vacuum(admin: Connection, *tables: str) -> None:
    """An index alone answers for marked pages. While an older transaction goes on, for example
    autovacuum's own analyze, a vacuum leaves pages unmarked: then it is done again."""

    def is_done() -> bool:
        admin.execute(f"vacuum (analyze) {', '.join(tables)}".encode())
        rows = fetch(
            admin,
            "select from pg_class where oid = any(%s::regclass[]) and relallvisible < relpages",
            list(tables),
        )
        return not rows

    wait_until(is_done)
