"""Storage's API attacked with real tokens: a recording is read, listed, guessed, overwritten and
deleted by the recorder alone, and the recorder can do nothing else."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx
import jwt
import psycopg
import pytest

from stack import Stack
from tests.attack.model import TABLES
from tests.endpoints import claims
from tests.soak import SOAK
from tests.supabase.kept_recordings import add_recording, finished_call
from tests.supabase.tenants import add_member, add_tenant, add_user

AUDIO = b"\xff\xfb\x90\x00" + b"what was said" * 40


@dataclass(frozen=True)
class Vault:
    """Storage with one recording of a business, and a file in another bucket."""

    http: httpx.Client
    stack: Stack
    path: str
    tokens: Mapping[str, str | None]
    call: Mapping[str, Any]
    parts: Iterator[int]

    def ask(
        self, who: str, method: str, path: str, *, token: str | None = None, **request: Any
    ) -> httpx.Response:
        """A request to Storage as this principal, or with this token."""
        token = token or self.tokens[who]
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= request.pop("headers", {})
        return self.http.request(method, f"/storage/v1{path}", headers=headers, **request)

    def upload(self, who: str, path: str, **headers: str) -> httpx.Response:
        return self.ask(
            who,
            "POST",
            f"/object/{path}",
            content=b"x",
            headers={"content-type": "audio/mpeg"} | headers,
        )

    def add_row(self, state: str = "fetched") -> str:
        """Another recording of the same call, of which the database knows. Its path."""
        with psycopg.connect(self.stack.env["DATABASE_URL"]) as db:
            recording = add_recording(db, dict(self.call), state=state, part=next(self.parts))
            (path,) = db.execute(
                "select object_path from public.recordings where id = %s", (recording,)
            ).fetchone() or ("",)
        return f"recordings/{path}"

    def becomes(self, path: str, state: str, *, is_heard: bool = False) -> None:
        """The database goes on with a recording; somebody listens to it from now on, or nobody."""
        with psycopg.connect(self.stack.env["DATABASE_URL"]) as db:
            db.execute(
                "update public.recordings set state = %s where object_path = %s",
                (state, path.partition("/")[2]),
            )
            db.execute("delete from public.recording_plays")
            if is_heard:
                db.execute(
                    "insert into public.recording_plays"
                    " (business_id, conversation_id, recording_id, user_id, kind)"
                    " select business_id, conversation_id, id, gen_random_uuid(), 'play'"
                    " from public.recordings where object_path = %s",
                    (path.partition("/")[2],),
                )

    def sign(self, path: str, seconds: int = 60) -> str:
        answer = self.ask("recorder", "POST", f"/object/sign/{path}", json={"expiresIn": seconds})
        assert answer.status_code == 200, answer.text
        address: str = answer.json()["signedURL"]
        return f"/storage/v1{address}"

    def state(self) -> str:
        """A digest of everything that Storage keeps: its rows and its files."""
        digest = hashlib.sha256()
        with psycopg.connect(self.stack.env["DATABASE_URL"]) as db:
            for table in ("buckets", "objects"):
                rows = db.execute(
                    "select coalesce(string_agg((to_jsonb(t) - 'last_accessed_at')::text, '|'"
                    f" order by id), '') from storage.{table} as t".encode()
                ).fetchone()
                digest.update(str(rows).encode())
        for file in sorted(self.stack.settings.storage_dir.iterdir()):
            digest.update(file.name.encode() + file.read_bytes())
        return digest.hexdigest()


@pytest.fixture(scope="module")
def vault(stack: Stack) -> Iterator[Vault]:
    env = stack.env
    secret, issuer = env["SUPABASE_JWT_SECRET"], f"{env['SUPABASE_URL']}/auth/v1"

    def token(role: str, sub: object = None, key: str = secret, **more: Any) -> str:
        made = claims(iss=issuer, role=role, sub=None if sub is None else str(sub), session_id=None)
        return jwt.encode({**made, **more}, key)

    with psycopg.connect(env["DATABASE_URL"]) as admin:
        ours, theirs = add_tenant(admin, 70), add_tenant(admin, 71)
        owner, stranger = add_user(admin), add_user(admin)
        add_member(admin, ours.business_id, owner, "owner")
        add_member(admin, theirs.business_id, stranger, "owner")
        admin.execute("insert into storage.buckets (id, name) values ('attacked', 'attacked')")
        call = finished_call(admin, ours)
    tokens = {
        "recorder": token("call_recorder"),
        "operator": token("service_role"),
        "nobody": None,
        "anon": token("anon"),
        "agent": token("authenticated", ours.user_id),
        "owner": token("authenticated", owner),
        "owner of another business": token("authenticated", stranger),
        "webhooks": token("call_webhook"),
        "reconciler": token("call_reconciler"),
        "recorder, forged": token("call_recorder", key="another secret, long enough for HS256"),
        "recorder, unsigned": jwt.encode({"role": "call_recorder"}, "", algorithm="none"),
        "recorder, expired": token("call_recorder", exp=int(time.time()) - 1),
        "superuser": token("supabase_admin"),
    }
    with httpx.Client(
        base_url=env["SUPABASE_URL"],
        headers={"apikey": env["SUPABASE_PUBLISHABLE_KEY"]},
        timeout=60,
    ) as http:
        made = Vault(http, stack, "", tokens, call, itertools.count(1))
        made = replace(made, path=made.add_row())
        headers = {"content-type": "audio/mpeg"}
        for who, where in (("recorder", made.path), ("operator", "attacked/file.mp3")):
            answer = made.ask(who, "POST", f"/object/{where}", content=AUDIO, headers=headers)
            assert answer.status_code == 200, answer.text
        made.becomes(made.path, "kept")
        yield made
        for bucket, prefix in (("attacked", "file.mp3"), made.path.split("/", 1)):
            made.ask("operator", "DELETE", f"/object/{bucket}", json={"prefixes": [prefix]})
        made.ask("operator", "DELETE", "/bucket/attacked")
    with psycopg.connect(env["DATABASE_URL"]) as admin:
        for tenant in (ours, theirs):
            admin.execute("delete from public.businesses where id = %s", (tenant.business_id,))
        admin.execute(
            "delete from public.recordings where agent_call_sid = %s", (call["call_sid"],)
        )
        people = [ours.user_id, theirs.user_id, owner, stranger]
        admin.execute("delete from auth.users where id = any(%s)", (people,))


def attacks(path: str) -> list[tuple[str, str, Any]]:
    """Requests for the file, for its folder and for its bucket: method, path, JSON or bytes."""
    bucket, _, name = path.partition("/")
    folder = name.rpartition("/")[0]
    another = f"{folder}/RE{uuid.uuid4().hex}.mp3"
    encoded = name.replace("/", "%2F")
    escape = f"{bucket}/../{bucket}/{name}"
    return [
        *(
            ("GET", f"/object/{kind}{path}", None)
            for kind in ("", "authenticated/", "public/", "info/", "info/authenticated/")
        ),
        ("GET", f"/object/{bucket}/{encoded}", None),
        ("GET", f"/object/{escape}", None),
        ("HEAD", f"/object/{path}", None),
        *(
            ("GET", f"/object/sign/{path}{query}", None)
            for query in ("", "?token=", "?token=x.y.z")
        ),
        ("GET", f"/render/image/authenticated/{path}", None),
        ("POST", f"/object/list/{bucket}", {"prefix": ""}),
        ("POST", f"/object/list/{bucket}", {"prefix": folder}),
        ("POST", f"/object/list/{bucket}", {"prefix": "", "search": name[:8]}),
        ("POST", f"/object/list-v2/{bucket}", {"prefix": ""}),
        ("POST", f"/object/sign/{path}", {"expiresIn": 60}),
        ("POST", f"/object/sign/{bucket}", {"expiresIn": 60, "paths": [name, another]}),
        ("POST", f"/object/upload/sign/{path}", {}),
        ("POST", f"/object/upload/sign/{bucket}/{another}", {}),
        ("POST", f"/object/{path}", b"x"),
        ("PUT", f"/object/{path}", b"x"),
        ("POST", f"/object/{bucket}/{another}", b"x"),
        ("PUT", f"/object/{bucket}/{another}", b"x"),
        (
            "POST",
            "/object/move",
            {"bucketId": bucket, "sourceKey": name, "destinationKey": another},
        ),
        (
            "POST",
            "/object/copy",
            {"bucketId": bucket, "sourceKey": name, "destinationKey": another},
        ),
        (
            "POST",
            "/object/copy",
            {
                "bucketId": bucket,
                "sourceKey": name,
                "destinationBucket": "attacked",
                "destinationKey": "stolen.mp3",
            },
        ),
        ("DELETE", f"/object/{path}", None),
        ("DELETE", f"/object/{bucket}", {"prefixes": [name, "*", "%", ""]}),
        ("GET", "/bucket", None),
        ("GET", f"/bucket/{bucket}", None),
        ("PUT", f"/bucket/{bucket}", {"id": bucket, "name": bucket, "public": True}),
        ("POST", f"/bucket/{bucket}/empty", {}),
        ("DELETE", f"/bucket/{bucket}", {}),
        ("POST", "/bucket", {"id": "mine", "name": "mine", "public": True}),
    ]


def request_of(body: Any) -> dict[str, Any]:
    if isinstance(body, bytes):
        return {"content": body, "headers": {"content-type": "audio/mpeg", "x-upsert": "true"}}
    return {} if body is None else {"json": body}


def learned(answer: httpx.Response) -> object:
    """What an answer tells, apart from names that it repeats: nothing may be more than refused."""
    assert AUDIO not in answer.content
    if not answer.is_success:
        assert answer.status_code in (400, 401, 403, 404), answer.text
        return answer.status_code, re.sub(r"RE[0-9a-f]{32}", "", answer.text)
    # A list may be empty, and a list of addresses may have none.
    said = json.loads(answer.content or b"null")
    assert said in ([], None) or all(one.get("signedURL", "") is None for one in said), said
    return answer.status_code, len(said or [])


WHO = ("nobody", "owner", "owner of another business", "webhooks", "recorder, expired")
OTHERS = ("anon", "agent", "reconciler", "recorder, forged", "recorder, unsigned", "superuser")


@pytest.mark.soak
@pytest.mark.parametrize("who", (*WHO, *OTHERS) if SOAK else WHO)
def test_nobody_but_the_recorder_gets_at_a_recording(vault: Vault, who: str) -> None:
    """Not even while somebody listens to it, and while the recorder may do everything."""
    vault.becomes(vault.path, "fetched", is_heard=True)
    assert vault.http.get(vault.sign(vault.path)).content == AUDIO
    before = vault.state()
    missing = f"{vault.path.rpartition('/')[0]}/RE{uuid.uuid4().hex}.mp3"
    for of_recording, of_nothing in zip(attacks(vault.path), attacks(missing), strict=True):
        told = [
            learned(vault.ask(who, method, path, **request_of(body)))
            for method, path, body in (of_recording, of_nothing)
        ]
        # The answer does not even tell whether there is such a recording. (Supabase Lite tells a
        # role that may delete nowhere: it looks for the row before it asks for the right.)
        assert told[0] == told[1] or of_recording[0] == "DELETE", of_recording
    assert vault.state() == before


def test_the_recorder_gets_at_nothing_outside_of_its_bucket(vault: Vault) -> None:
    before = vault.state()
    for method, path, body in attacks("attacked/file.mp3"):
        if path.startswith("/object/copy") or path.startswith("/object/move"):
            # Within, and into the bucket of recordings.
            body = {**body, "sourceKey": "file.mp3"}
        answer = vault.ask("recorder", method, path, **request_of(body))
        learned(answer)
    stolen = vault.path[:-8] + "0000.mp3"
    answer = vault.ask(
        "recorder",
        "POST",
        "/object/copy",
        json={
            "bucketId": "attacked",
            "sourceKey": "file.mp3",
            "destinationBucket": "recordings",
            "destinationKey": stolen.partition("/")[2],
        },
    )
    assert not answer.is_success
    assert vault.state() == before


def test_a_stolen_token_of_the_recorder_reads_and_deletes_no_recording_that_is_kept(
    vault: Vault,
) -> None:
    """Nobody listens to it, and it is not to go."""
    vault.becomes(vault.path, "kept")
    before = vault.state()
    for method, path, body in attacks(vault.path):
        learned(vault.ask("recorder", method, path, **request_of(body)))
    assert vault.state() == before


def test_the_recorder_replaces_and_renames_nothing(vault: Vault) -> None:
    vault.becomes(vault.path, "fetched")
    before = vault.state()
    name, folder = vault.path.partition("/")[2], vault.path.rpartition("/")[0]
    assert vault.upload("recorder", vault.path).json()["statusCode"] == "409"
    renamed = {
        "bucketId": "recordings",
        "sourceKey": name,
        "destinationKey": vault.add_row().partition("/")[2],
    }
    for answer in (
        vault.upload("recorder", vault.path, **{"x-upsert": "true"}),
        vault.ask("recorder", "PUT", f"/object/{vault.path}", **request_of(b"x")),
        vault.ask("recorder", "POST", "/object/move", json=renamed),
        vault.upload("recorder", f"{folder}/notes.mp3"),
        vault.upload("recorder", f"{folder}/RE{uuid.uuid4().hex}.mp3"),
        vault.upload("recorder", f"{folder}/../../RE{uuid.uuid4().hex}.mp3"),
    ):
        assert not answer.is_success
    assert vault.state() == before


def test_an_address_is_of_one_recording_and_expires(vault: Vault) -> None:
    other = vault.add_row()
    assert vault.upload("recorder", other).status_code == 200
    theirs = vault.sign(other)
    vault.becomes(vault.path, "kept", is_heard=True)
    ours, expired = vault.sign(vault.path), vault.sign(vault.path, seconds=-1)
    vault.becomes(vault.path, "kept")
    token = ours.partition("token=")[2]
    for address in (
        theirs.partition("token=")[0] + "token=" + token,
        ours.replace("/sign/", "/authenticated/"),
        ours.replace("/sign/", "/"),
        ours.replace("/sign/", "/info/"),
        ours.replace("/sign/", "/upload/sign/"),
        ours.replace("/object/sign/", "/render/image/sign/"),
        expired,
    ):
        answer = vault.http.get(address)
        assert answer.status_code in (400, 404)
        assert AUDIO not in answer.content
    # The token of an address is not a token of a person or of the recorder.
    answer = vault.ask("nobody", "GET", f"/object/{vault.path}", token=token)
    assert answer.status_code in (400, 401)
    answer = vault.ask(
        "nobody", "POST", "/object/list/recordings", token=token, json={"prefix": ""}
    )
    assert answer.status_code == 401 or answer.json() == []
    assert not vault.http.put(ours.replace("/sign/", "/upload/sign/"), content=b"x").is_success
    assert vault.http.get(ours).content == AUDIO
    # What is deleted is gone for those who have an address, too.
    gone = {"prefixes": [other.partition("/")[2]]}
    assert len(vault.ask("recorder", "DELETE", "/object/recordings", json=gone).json()) == 1
    assert vault.http.get(theirs).json()["statusCode"] == "404"


def test_the_recorders_token_shows_nothing_over_rest(vault: Vault) -> None:
    headers = {"Authorization": f"Bearer {vault.tokens['recorder']}"}
    for table in TABLES:
        answer = vault.http.get(f"/rest/v1/{table}", headers=headers)
        assert answer.status_code in (401, 403, 404) or answer.json() == [], table
        if TABLES[table].is_view:
            # Postgres looks whether it can be written before it looks who asks.
            continue
        changed = vault.http.delete(f"/rest/v1/{table}?business_id=not.is.null", headers=headers)
        assert changed.status_code in (400, 401, 403, 404), table
    for schema in ("storage", "private", "auth"):
        answer = vault.http.get("/rest/v1/objects", headers=headers | {"Accept-Profile": schema})
        assert answer.status_code in (404, 406)
