"""The bucket of recordings: what each role may do in it, by the policies alone. Storage asks them
with a statement as the role of the token (github.com/supabase/storage, src/storage/database)."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass

import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from tests.supabase.kept_recordings import add_recording, ask, finished_call
from tests.supabase.storage_as import INSERT, storage_as
from tests.supabase.tenants import Connection, Tenant, add_tenant, as_role, attempt, fetch


@dataclass(frozen=True)
class Kept:
    """A recording in the bucket, its row, and a file in another private bucket."""

    db: Connection
    tenant: Tenant
    recording_id: uuid.UUID
    path: str

    def becomes(self, **columns: object) -> None:
        for name, value in columns.items():
            query = sql.SQL("update public.recordings set {} = %s where id = %s")
            self.db.execute(query.format(sql.Identifier(name)), (value, self.recording_id))

    def allowed(self) -> set[str]:
        """What the recorder can do with the object."""
        found = set()
        for way, statement, of in (
            ("read", "select from storage.objects where name = %s", (self.path,)),
            ("delete", "delete from storage.objects where name = %s", (self.path,)),
            ("add", INSERT, ("recordings", self.path)),
        ):
            with attempt(self.db):
                if way == "add":
                    self.db.execute("set local storage.allow_delete_query = 'true'")
                    self.db.execute("delete from storage.objects where name = %s", (self.path,))
                with suppress(InsufficientPrivilege), storage_as(self.db, "call_recorder"):
                    if self.db.execute(statement.encode(), of).rowcount == 1:
                        found.add(way)
        return found


@pytest.fixture
def kept(db: Connection) -> Kept:
    tenant = add_tenant(db, 1)
    recording = add_recording(db, finished_call(db, tenant))
    (row,) = fetch(db, "select object_path from public.recordings where id = %s", recording)
    db.execute("insert into storage.buckets (id, name) values ('other', 'other')")
    for bucket in ("recordings", "other"):
        db.execute(INSERT, (bucket, row["object_path"]))
    return Kept(db, tenant, recording, row["object_path"])


def test_the_bucket_is_private_and_takes_only_mp3_of_100_mib(db: Connection) -> None:
    (bucket,) = fetch(db, "select * from storage.buckets where id = 'recordings'")
    assert bucket["public"] is False
    assert bucket["file_size_limit"] == 100 * 1024 * 1024
    assert bucket["allowed_mime_types"] == ["audio/mpeg"]


@pytest.mark.parametrize(
    ("columns", "ways"),
    [
        ({"state": "completed"}, ""),
        ({"state": "fetched"}, "read add delete"),
        ({"state": "stored"}, ""),
        ({"state": "kept"}, ""),
        ({"state": "kept", "expires_at": "yesterday"}, ""),
        ({"state": "fetched", "delete_reason": "refused"}, "read delete"),
        ({"state": "expired", "delete_reason": "retention"}, "read delete"),
        ({"state": "kept", "delete_reason": "request"}, "read delete"),
    ],
    ids=str,
)
def test_the_recorder_does_with_an_object_only_what_the_row_calls_for(
    kept: Kept, columns: dict[str, object], ways: str
) -> None:
    if "delete_reason" in columns:
        kept.db.execute(
            "update public.recordings set wanted = 'deleted', delete_reason = 'request'"
        )
    kept.becomes(**columns)
    assert kept.allowed() == set(ways.split())
    # Of the file of that name in another bucket it sees nothing.
    with storage_as(kept.db, "call_recorder"):
        seen = kept.db.execute("select bucket_id from storage.objects").fetchall()
    assert seen == [("recordings",)] * ("read" in ways)


def test_the_recorder_reads_what_somebody_listens_to_for_five_minutes(kept: Kept) -> None:
    assert kept.allowed() == set()
    call = fetch(kept.db, "select conversation_id as id from public.recordings")[0]["id"]
    answer = ask(kept.db, kept.tenant.user_id, "ask_to_play", call, None, False)
    assert answer["recordings"][0]["object_path"] == kept.path
    assert kept.allowed() == {"read"}
    kept.db.execute("update public.recording_plays set at = at - interval '5 minutes'")
    assert kept.allowed() == set()


def test_the_recorder_changes_nothing_and_has_no_right_elsewhere(kept: Kept) -> None:
    kept.becomes(state="fetched")
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
        with (
            attempt(kept.db),
            storage_as(kept.db, "call_recorder"),
            pytest.raises(InsufficientPrivilege),
        ):
            kept.db.execute(statement.encode())


def test_the_recorder_adds_only_the_object_that_the_row_names(kept: Kept) -> None:
    kept.becomes(state="fetched")
    business, call, recording = kept.path.split("/")
    for bucket, name in (
        ("other", f"x/{kept.path}"),
        ("recordings", f"{business}/{call}/RE{uuid.uuid4().hex}.mp3"),
        ("recordings", f"{business}/{uuid.uuid4()}/{recording}"),
        ("recordings", f"{uuid.uuid4()}/{call}/{recording}"),
        ("recordings", recording),
        ("recordings", f"/{kept.path}"),
        ("recordings", f"{business}/../{business}/{call}/{recording}"),
        ("recordings", f"{kept.path}\n"),
        ("recordings", kept.path.upper()),
        ("recordings", kept.path.replace(".mp3", ".wav")),
        ("recordings", ""),
        ("recordings", None),
    ):
        with (
            attempt(kept.db),
            storage_as(kept.db, "call_recorder"),
            pytest.raises(InsufficientPrivilege),
        ):
            kept.db.execute(INSERT, (bucket, name))


@pytest.mark.parametrize(
    "role", ["anon", "authenticated", "call_webhook", "call_reconciler", "call_reporter"]
)
def test_nobody_else_sees_adds_changes_or_deletes_a_recording(kept: Kept, role: str) -> None:
    """A person has just been told that they may listen, and owns the business."""
    db, tenant = kept.db, kept.tenant
    db.execute(
        "update public.business_members set role = 'owner' where user_id = %s", (tenant.user_id,)
    )
    call = fetch(db, "select conversation_id as id from public.recordings")[0]["id"]
    assert "recordings" in ask(db, tenant.user_id, "ask_to_play", call, None, True)
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
    own = f"{kept.path[:-8]}0000.mp3"
    with attempt(db), storage_as(db, role, user_id), pytest.raises(InsufficientPrivilege):
        db.execute(INSERT, ("recordings", own))
    rows = fetch(db, "select name, version from storage.objects where bucket_id = 'recordings'")
    assert rows == [{"name": kept.path, "version": "1"}]


def test_no_sql_of_ours_deletes_what_the_bucket_holds(kept: Kept) -> None:
    """The row would be gone, and the bytes would stay."""
    for role in ("postgres", "service_role"):
        with attempt(kept.db), as_role(kept.db, role), pytest.raises(InsufficientPrivilege):
            kept.db.execute("delete from storage.objects")
