"""The local REST and Auth APIs behave like the hosted ones where this project relies on it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import jwt
import psycopg
import pytest

from functions.setup.webhook_jwt import SigningKey, mint
from stack import Stack
from stack.migrations import push
from tests.clusters import Cluster
from tests.stacks import settings_in

REP = "d0000000-0000-4000-8000-000000000001"

_GRANTS = """
select 'table', pg_class.oid::regclass::text, '', relacl::text
from pg_class join pg_namespace on pg_namespace.oid = relnamespace
where nspname in ('public', 'private', 'auth', 'storage')
union all
select 'column', attrelid::regclass::text, attname, attacl::text
from pg_attribute where attacl is not null
union all
select 'schema', nspname, '', nspacl::text from pg_namespace
union all
select 'default', defaclrole::regrole::text, defaclobjtype::text, defaclacl::text
from pg_default_acl
union all
select 'function', pg_proc.oid::regprocedure::text, md5(prosrc), proacl::text
from pg_proc join pg_namespace on pg_namespace.oid = pronamespace
where nspname in ('public', 'private', 'auth')
union all
select 'membership', roleid::regrole::text, member::regrole::text, admin_option::text
from pg_auth_members
order by 1, 2, 3
"""


@pytest.fixture
def database(stack: Stack) -> Iterator[psycopg.Connection]:
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
        yield connection


@pytest.fixture
def http(stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=stack.env["SUPABASE_URL"],
        headers={"apikey": stack.env["SUPABASE_PUBLISHABLE_KEY"]},
        timeout=60,
    ) as client:
        yield client


@pytest.fixture
def echo(database: psycopg.Connection) -> Iterator[None]:
    """Two functions: one returns its arguments and who called it, one raises."""
    database.execute(
        """
        create function public.test_echo(p_json jsonb, p_text text) returns jsonb
        language sql as $$
          select jsonb_build_object(
            'json', p_json, 'json_type', jsonb_typeof(p_json), 'text', p_text,
            'user', current_user, 'claims', nullif(current_setting('request.jwt.claims', true), '')
          )
        $$;
        create function public.test_raise(p_state text) returns void
        language plpgsql as $$
          begin
            raise exception 'the message' using errcode = p_state, detail = 'd', hint = 'h';
          end
        $$;
        """
    )
    database.execute("notify pgrst, 'reload schema'")
    yield
    database.execute("drop function public.test_echo, public.test_raise")
    database.execute("notify pgrst, 'reload schema'")


def sign_in(http: httpx.Client, stack: Stack, email: str = "demo@henk.test") -> str:
    answer = http.post(
        "/auth/v1/token?grant_type=password",
        json={"email": email, "password": stack.env["DEMO_PASSWORD"]},
    )
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


def call(
    http: httpx.Client, function: str, body: object, token: str | None = None
) -> httpx.Response:
    """POSTs to a function; repeats it until the schema cache knows the function."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    deadline = time.monotonic() + 60
    while True:
        answer = http.post(f"/rest/v1/rpc/{function}", json=body, headers=headers)
        if answer.status_code != 404 or time.monotonic() > deadline:
            return answer
        time.sleep(0.05)


def test_grants_are_exactly_those_of_the_migrations(
    stack: Stack, http: httpx.Client, database: psycopg.Connection
) -> None:
    """Lite would grant every table to every role on its first request."""
    postgres = stack.postgres
    assert postgres is not None
    postgres.create_database("without_lite")
    push(postgres.url("without_lite", user="postgres"))

    token = sign_in(http, stack)
    http.get("/rest/v1/conversations")
    http.get("/rest/v1/conversations", headers={"Authorization": f"Bearer {token}"})
    with psycopg.connect(postgres.url("without_lite")) as without_lite:
        expected = without_lite.execute(_GRANTS).fetchall()
    found = database.execute(_GRANTS).fetchall()

    # Lite's own role may write what the servers of Auth and Storage write; nothing else differs.
    lite = "supabase_lite="
    without_its_role = [
        (kind, name, part, _without(acl, lite) if kind in ("table", "schema") else acl)
        for kind, name, part, acl in found
    ]
    assert without_its_role == expected
    assert {name for kind, name, _, acl in found if kind == "table" and lite in (acl or "")} == {
        name for kind, name, _, _ in expected if kind == "table" and _is_of_a_server(database, name)
    }


def _without(acl: str | None, grantee: str) -> str | None:
    if acl is None:
        return None
    items = [item for item in acl.strip("{}").split(",") if not item.startswith(grantee)]
    return "{" + ",".join(items) + "}"


def _is_of_a_server(database: psycopg.Connection, name: str) -> bool:
    row = database.execute(
        "select relkind = 'r' and relnamespace::regnamespace::text in ('auth', 'storage')"
        " from pg_class where oid = %s::regclass",
        [name],
    ).fetchone()
    return row == (True,)


def test_lite_itself_cannot_grant_or_create_anything(stack: Stack) -> None:
    postgres = stack.postgres
    assert postgres is not None
    with psycopg.connect(postgres.url(user="supabase_lite"), autocommit=True) as lite:
        for statement in (
            "create table public.x (n integer)",
            "create or replace function auth.uid() returns uuid language sql as $$select null$$",
            "set role postgres",
            "set role supabase_admin",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                lite.execute(statement)
        # Postgres only warns that nothing was granted.
        lite.execute("grant all on all tables in schema public to anon")
        lite.execute("set role anon")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            lite.execute("select from public.conversations")


def test_an_access_token_carries_the_claims_that_hosted_auth_puts_in(
    stack: Stack, http: httpx.Client
) -> None:
    token = sign_in(http, stack)
    claims = jwt.decode(
        token,
        stack.env["SUPABASE_JWT_SECRET"],
        algorithms=["HS256"],
        audience="authenticated",
        issuer=f"{stack.env['SUPABASE_URL']}/auth/v1",
    )
    assert claims["sub"] == REP
    assert claims["role"] == "authenticated"
    assert claims["is_anonymous"] is False
    assert {"exp", "iat", "aal", "session_id", "email", "phone"} <= claims.keys()
    user = http.get("/auth/v1/user", headers={"Authorization": f"Bearer {token}"})
    assert user.json()["id"] == REP


def test_a_refreshed_token_carries_them_too(stack: Stack, http: httpx.Client) -> None:
    session = http.post(
        "/auth/v1/token?grant_type=password",
        json={"email": "demo@henk.test", "password": stack.env["DEMO_PASSWORD"]},
    ).json()
    refreshed = http.post(
        "/auth/v1/token?grant_type=refresh_token",
        json={"refresh_token": session["refresh_token"]},
    ).json()
    claims = jwt.decode(refreshed["access_token"], options={"verify_signature": False})
    assert claims["iss"] == f"{stack.env['SUPABASE_URL']}/auth/v1"


def test_a_wrong_password_is_refused(http: httpx.Client) -> None:
    answer = http.post(
        "/auth/v1/token?grant_type=password",
        json={"email": "demo@henk.test", "password": "wrong"},
    )
    assert (answer.status_code, answer.json()["error_code"]) == (400, "invalid_credentials")


def test_every_demo_user_signs_in_and_sees_their_own_businesses(
    stack: Stack, http: httpx.Client
) -> None:
    for email, businesses in (
        ("demo@henk.test", {"Demo Solar"}),
        ("rep2@henk.test", {"Demo Solar"}),
        ("manager@henk.test", {"Demo Solar"}),
        ("owner@henk.test", {"Demo Solar"}),
        ("rival@henk.test", {"Rival Roofing"}),
        ("both@henk.test", {"Demo Solar", "Rival Roofing"}),
    ):
        token = sign_in(http, stack, email)
        rows = http.get("/rest/v1/businesses", headers={"Authorization": f"Bearer {token}"}).json()
        assert {row["name"] for row in rows} == businesses, email


def test_anon_is_denied_what_no_migration_granted(http: httpx.Client) -> None:
    answer = http.get("/rest/v1/conversations")
    assert (answer.status_code, answer.json()["code"]) == (401, "42501")


@pytest.mark.usefixtures("echo")
def test_a_custom_role_in_a_jwt_becomes_the_database_role(stack: Stack, http: httpx.Client) -> None:
    token = mint(
        SigningKey.from_secret(stack.env["SUPABASE_JWT_SECRET"]), stack.env["SUPABASE_URL"]
    )
    answer = call(http, "test_echo", {"p_json": {}, "p_text": ""}, token)
    assert answer.json()["user"] == "call_webhook"


@pytest.mark.usefixtures("echo")
@pytest.mark.parametrize("role", ["postgres", "supabase_admin", "supabase_auth_admin"])
def test_a_role_that_authenticator_is_not_a_member_of_is_refused(
    stack: Stack, http: httpx.Client, role: str
) -> None:
    claims = {"role": role, "exp": int(time.time()) + 60}
    token = jwt.encode(claims, stack.env["SUPABASE_JWT_SECRET"])
    assert call(http, "test_echo", {"p_json": {}, "p_text": ""}, token).status_code == 403


@pytest.mark.usefixtures("echo")
@pytest.mark.parametrize(
    ("value", "json_type"),
    [({"a": [1, {"b": None}]}, "object"), ([1, "x"], "array"), (3.5, "number"), ("text", "string")],
)
def test_json_arguments_arrive_as_what_was_sent(
    http: httpx.Client, value: object, json_type: str
) -> None:
    echoed = call(http, "test_echo", {"p_json": value, "p_text": "+14155550100"}).json()
    assert (echoed["json"], echoed["json_type"]) == (value, json_type)
    assert echoed["text"] == "+14155550100"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("phone_number", "eq.+15005550006"),
        ("phone_number", "in.(+15005550006,+19995550100)"),
        ("or", "(phone_number.eq.+15005550006,name.eq.nobody)"),
    ],
)
def test_a_filter_by_phone_number_finds_it(
    stack: Stack, http: httpx.Client, name: str, value: str
) -> None:
    answer = http.get(
        "/rest/v1/leads",
        params={"select": "phone_number", name: value},
        headers={"apikey": stack.env["SUPABASE_SECRET_KEY"]},
    )
    assert {row["phone_number"] for row in answer.json()} == {"+15005550006"}


@pytest.mark.usefixtures("echo")
@pytest.mark.parametrize(
    ("state", "status"), [("P0001", 400), ("PT429", 429), ("57014", 500), ("53300", 503)]
)
def test_what_a_function_raises_reaches_the_client_as_postgrest_says_it(
    http: httpx.Client, state: str, status: int
) -> None:
    answer = call(http, "test_raise", {"p_state": state})
    assert answer.status_code == status
    assert answer.json() == {"code": state, "message": "the message", "details": "d", "hint": "h"}


def test_an_expired_token_and_a_foreign_one_are_refused(stack: Stack, http: httpx.Client) -> None:
    def status_and_code(secret: str, expires: int) -> tuple[int, str]:
        claims = {
            "role": "authenticated", "sub": str(uuid.uuid4()), "exp": int(time.time()) + expires,
        }  # fmt: skip
        token = jwt.encode(claims, secret)
        answer = http.get("/rest/v1/leads", headers={"Authorization": f"Bearer {token}"})
        return answer.status_code, answer.json()["code"]

    assert status_and_code(stack.env["SUPABASE_JWT_SECRET"], -60) == (401, "PGRST303")
    assert status_and_code("x" * 32, 60) == (401, "PGRST301")


@pytest.mark.parametrize("apikey", [None, "sb_publishable_wrong"])
def test_nothing_answers_without_a_key_of_the_project(stack: Stack, apikey: str | None) -> None:
    answer = httpx.get(
        f"{stack.env['SUPABASE_URL']}/rest/v1/leads",
        headers={"apikey": apikey} if apikey else {},
    )
    assert answer.status_code == 401


def test_without_its_database_it_says_so_and_recovers(cluster: Cluster, tmp_path: Path) -> None:
    with Stack(settings_in(cluster.copied_to(tmp_path))) as stack:
        assert stack.postgres is not None
        headers = {"apikey": stack.env["SUPABASE_SECRET_KEY"]}
        url = f"{stack.env['SUPABASE_URL']}/rest/v1/leads"
        stack.postgres.stop()
        for _ in range(2):
            answer = httpx.get(url, headers=headers, timeout=60)
            assert (answer.status_code, answer.json()["code"]) == (503, "PGRST001")
        stack.postgres.start()
        deadline = time.monotonic() + 60
        while httpx.get(url, headers=headers, timeout=60).status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
