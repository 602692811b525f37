"""Storage at the database: it asks policies with a statement as the role of the token
(github.com/supabase/storage, src/storage/database)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from tests.supabase.tenants import Connection, as_role

INSERT = "insert into storage.objects (bucket_id, name, version) values (%s, %s, '1')"


@contextmanager
def storage_as(db: Connection, role: str, user_id: uuid.UUID | None = None) -> Iterator[None]:
    """As Storage is in a transaction: with the token's role, and allowed to delete."""
    db.execute("set local storage.allow_delete_query = 'true'")
    claims = {"role": role, **({"sub": str(user_id)} if user_id else {})}
    with as_role(db, role, claims):
        yield
