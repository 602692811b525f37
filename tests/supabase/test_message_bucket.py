"""The bucket of recorded messages: what each person may do in it, by the policies alone."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any

import pytest
from psycopg.errors import CheckViolation, InsufficientPrivilege

from tests.supabase.asked import add_colleague
from tests.supabase.messages import add_message
from tests.supabase.storage_as import INSERT, storage_as
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    as_role,
    as_user,
    attempt,
    fetch,
)


@pytest.fixture
def tenant(db: Connection) -> Tenant:
    return add_tenant(db, 1)


@pytest.fixture
def people(db: Connection, tenant: Tenant) -> dict[str, uuid.UUID]:
    return {
        "owner of the message": tenant.user_id,
        "colleague": add_colleague(db, tenant),
        "manager": add_colleague(db, tenant, role="manager"),
        "somebody of another business": add_tenant(db, 2).user_id,
    }


def path_of(db: Connection, message: uuid.UUID) -> str:
    (row,) = fetch(db, "select object_path from public.voicemail_messages where id = %s", message)
    return str(row["object_path"])


def allowed(db: Connection, path: str, user_id: uuid.UUID, role: str = "authenticated") -> set[str]:
    """What somebody can do with the object of a path, which exists unless they add it."""
    found = set()
    for way, statement, of in (
        ("read", "select from storage.objects where name = %s", (path,)),
        ("replace", "update storage.objects set version = '2' where name = %s", (path,)),
        ("delete", "delete from storage.objects where name = %s", (path,)),
        ("add", INSERT, ("messages", path)),
    ):
        with attempt(db):
            if way != "add":
                db.execute(INSERT, ("messages", path))
            with suppress(InsufficientPrivilege), storage_as(db, role, user_id):
                if db.execute(statement.encode(), of).rowcount == 1:
                    found.add(way)
    return found


@pytest.mark.parametrize("is_shared", [False, True])
def test_everybody_has_their_own_and_what_is_shared(
    db: Connection, tenant: Tenant, people: dict[str, uuid.UUID], is_shared: bool
) -> None:
    path = path_of(db, add_message(db, tenant, is_shared=is_shared))
    assert {who: allowed(db, path, user_id) for who, user_id in people.items()} == {
        "owner of the message": {"add", "read", "delete"},
        "colleague": {"read"} if is_shared else set(),
        "manager": {"read", "delete"},
        "somebody of another business": set(),
    }
    for role in ("anon", "call_webhook", "call_reconciler", "call_recorder", "call_reporter"):
        assert allowed(db, path, tenant.user_id, role) == set()


def test_a_deleted_message_is_nobodys_to_leave_and_its_owners_to_clear_away(
    db: Connection, tenant: Tenant, people: dict[str, uuid.UUID]
) -> None:
    message = add_message(db, tenant, is_shared=True)
    path = path_of(db, message)
    with as_user(db, tenant.user_id):
        db.execute("update public.voicemail_messages set deleted_at = now()")
        # What is deleted stays deleted.
        assert db.execute("update public.voicemail_messages set deleted_at = null").rowcount == 0
    assert allowed(db, path, people["colleague"]) == set()
    assert allowed(db, path, tenant.user_id) == {"read", "delete"}


def test_who_leaves_the_business_leaves_their_messages(db: Connection, tenant: Tenant) -> None:
    path = path_of(db, add_message(db, tenant))
    db.execute("delete from public.business_members where user_id = %s", (tenant.user_id,))
    assert allowed(db, path, tenant.user_id) == set()


def test_a_file_without_a_row_has_no_place(db: Connection, tenant: Tenant) -> None:
    path = path_of(db, add_message(db, tenant))
    folder = path.rpartition("/")[0]
    for other in (f"{folder}/{uuid.uuid4()}.wav", f"{path}/../x.wav", path.upper(), "x.wav"):
        assert allowed(db, other, tenant.user_id) == set()


def test_nobody_speaks_for_somebody_else(
    db: Connection, tenant: Tenant, people: dict[str, uuid.UUID]
) -> None:
    """Whose message it is follows from who adds it."""
    message = add_message(db, tenant, people["colleague"])
    assert f"/{people['colleague']}/" in path_of(db, message)
    with pytest.raises(InsufficientPrivilege), attempt(db):
        add_message(db, tenant, tenant.user_id, user_id=people["colleague"])
    with pytest.raises(InsufficientPrivilege), attempt(db):
        add_message(db, tenant, people["somebody of another business"])


@pytest.mark.parametrize(
    "columns",
    [
        {"name": "  "},
        {"name": "x" * 101},
        {"name": "x" + " " * 100},
        {"name": "\n"},
        {"duration_seconds": 0},
        {"duration_seconds": 132},
        {"bytes": 44},
        {"bytes": 2_097_153},
    ],
)
def test_a_message_has_a_name_and_fits_into_the_bucket(
    db: Connection, tenant: Tenant, columns: dict[str, Any]
) -> None:
    with pytest.raises(CheckViolation), attempt(db):
        add_message(db, tenant, **columns)


def test_the_bucket_is_private_and_takes_wav_alone(db: Connection) -> None:
    (bucket,) = fetch(db, "select * from storage.buckets where id = 'messages'")
    assert (bucket["public"], bucket["file_size_limit"]) == (False, 2_097_152)
    assert bucket["allowed_mime_types"] == ["audio/wav"]
    with as_role(db, "anon"):
        assert db.execute("select from storage.objects").rowcount == 0
