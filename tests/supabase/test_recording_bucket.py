"""The bucket of recordings: what each role may do in it, by the policies alone. Storage asks them
with a statement as the role of the token (github.com/supabase/storage, src/storage/database)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from psycopg.errors import InsufficientPrivilege

from tests.supabase.tenants import Connection, add_tenant, as_role, attempt, fetch

PATH = f"{uuid.uuid4()}/{uuid.uuid4()}/RE{uuid.uuid4().hex}.mp3"
INSERT = "insert into storage.objects (bucket_id, name, version) values (%s, %s, '1')"


@contextmanager
def storage_as(db: Connection, role: str, user_id: uuid.UUID | None = None) -> Iterator[None]:
    """As Storage is in a transaction: with the token's role, and allowed to delete."""
    db.execute("set local storage.allow_delete_query = 'true'")
    claims = {"role": role, **({"sub": str(user_id)} if user_id else {})}
    with as_role(db, role, claims):
        yield


@pytest.fixture
def objects(db: Connection) -> None:
    """A recording, and a file in another private bucket."""
    db.execute("insert into storage.buckets (id, name) values ('other', 'other')")
    for bucket, name in (("recordings", PATH), ("other", "a.txt")):
        db.execute(INSERT, (bucket, name))


def test_the_bucket_is_private_and_takes_only_mp3_of_100_mib(db: Connection) -> None:
    (bucket,) = fetch(db, "select * from storage.buckets where id = 'recordings'")
    assert bucket["public"] is False
    assert bucket["file_size_limit"] == 100 * 1024 * 1024
    assert bucket["allowed_mime_types"] == ["audio/mpeg"]


@pytest.mark.usefixtures("objects")
def test_the_recorder_reads_and_deletes_in_its_bucket_alone_and_changes_nothing(
    db: Connection,
) -> None:
    with attempt(db), storage_as(db, "call_recorder"):
        seen = db.execute("select bucket_id from storage.objects").fetchall()
        assert seen == [("recordings",)]
        gone = db.execute("delete from storage.objects returning name").fetchall()
        assert gone == [(PATH,)]
    for statement in (
        "update storage.objects set name = name",
        "insert into storage.objects (bucket_id, name) select bucket_id, name from storage.objects"
        " on conflict (bucket_id, name) do update set version = '2'",
        "truncate storage.objects",
        "select from storage.buckets",
        "update storage.buckets set public = true",
        "insert into storage.buckets (id, name) values ('mine', 'mine')",
        "delete from storage.buckets",
        "select from public.recordings",
        "select from auth.users",
    ):
        with attempt(db), storage_as(db, "call_recorder"), pytest.raises(InsufficientPrivilege):
            db.execute(statement.encode())


@pytest.mark.usefixtures("objects")
def test_the_recorder_adds_only_what_is_named_like_a_recording(db: Connection) -> None:
    business, call, recording = PATH.split("/")
    other = f"{business}/{call}/RE{uuid.uuid4().hex}.mp3"
    with attempt(db), storage_as(db, "call_recorder"):
        db.execute(INSERT, ("recordings", other))
    for bucket, name in (
        ("other", other),
        ("recordings", recording),
        ("recordings", f"{business}/{recording}"),
        ("recordings", f"{business}/{call}/x/{recording}"),
        ("recordings", f"/{business}/{call}/{recording}"),
        ("recordings", f"{business}/../{recording}"),
        ("recordings", f"{business}/{call}/{recording}\n"),
        ("recordings", f"{business}/{call}/{recording}".upper()),
        ("recordings", f"{business}/{call}/RE{'0' * 31}.mp3"),
        ("recordings", other.replace(".mp3", ".wav")),
        ("recordings", ""),
        ("recordings", None),
    ):
        with attempt(db), storage_as(db, "call_recorder"), pytest.raises(InsufficientPrivilege):
            db.execute(INSERT, (bucket, name))


@pytest.mark.usefixtures("objects")
@pytest.mark.parametrize("role", ["anon", "authenticated", "call_webhook", "call_reconciler"])
def test_nobody_else_sees_adds_changes_or_deletes_a_recording(db: Connection, role: str) -> None:
    tenant = add_tenant(db, 1)
    db.execute(
        "update public.business_members set role = 'owner' where user_id = %s", (tenant.user_id,)
    )
    own = f"{tenant.business_id}/{uuid.uuid4()}/RE{uuid.uuid4().hex}.mp3"
    user_id = tenant.user_id if role == "authenticated" else None
    for statement in (
        "select name from storage.objects",
        "update storage.objects set name = 'x' returning name",
        "delete from storage.objects returning name",
        "select id from storage.buckets",
        "update storage.buckets set public = true returning id",
    ):
        with attempt(db), suppress(InsufficientPrivilege), storage_as(db, role, user_id):
            assert db.execute(statement.encode()).fetchall() == [], statement
    with attempt(db), storage_as(db, role, user_id), pytest.raises(InsufficientPrivilege):
        db.execute(INSERT, ("recordings", own))
    rows = fetch(db, "select name, version from storage.objects where bucket_id = 'recordings'")
    assert rows == [{"name": PATH, "version": "1"}]


def test_no_sql_of_ours_deletes_what_the_bucket_holds(db: Connection) -> None:
    """The row would be gone, and the bytes would stay."""
    db.execute(INSERT, ("recordings", PATH))
    for role in ("postgres", "service_role"):
        with attempt(db), as_role(db, role), pytest.raises(InsufficientPrivilege):
            db.execute("delete from storage.objects")
