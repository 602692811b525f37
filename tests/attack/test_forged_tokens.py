"""Attacks the browser endpoints with forged access tokens, over HTTP and with published keys: each
is refused, and none costs a database request."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared import jwks
from tests.attack.deployment import Project
from tests.endpoints import JWT_SECRET, PUBLISHABLE_KEY, load
from tests.soak import figure, scaled

ENDPOINTS = ("token", "twiml", "status")


def ask(http: httpx.Client, address: str, endpoint: str, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    if endpoint == "status":
        params = {"conversationId": str(uuid.uuid4())}
        return http.get(f"{address}/status", headers=headers, params=params)
    body = {"To": "+15005550006"} if endpoint == "twiml" else {}
    return http.post(f"{address}/{endpoint}", headers=headers, json=body)


@pytest.fixture(scope="module", autouse=True)
def known_key(http: httpx.Client, project: Project, address: str) -> None:
    """Each endpoint knows the published key and accepts a good token. Otherwise the tests below
    would prove nothing."""
    before = project.database_requests
    for endpoint in ENDPOINTS:
        # The project has no conversation.
        assert ask(http, address, endpoint, project.token()).status_code in (200, 404)
    assert project.database_requests == before + len(ENDPOINTS)


def signed_by_hmac(project: Project, key: bytes) -> str:
    """An HS256 token, signed with a key that PyJWT refuses to use as a secret."""

    def encoded(part: bytes) -> str:
        return base64.urlsafe_b64encode(part).rstrip(b"=").decode()

    header = encoded(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "first"}).encode())
    signed = f"{header}.{encoded(json.dumps(project.claims()).encode())}"
    return f"{signed}.{encoded(hmac.digest(key, signed.encode(), hashlib.sha256))}"


def public_pem(project: Project) -> bytes:
    return (
        project.keys["first"]
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def signed_by_own_key(project: Project, **header: object) -> str:
    own = ec.generate_private_key(ec.SECP256R1())
    return jwt.encode(project.claims(), own, "ES256", headers={"kid": "first"} | header)


def legacy_api_key(role: str) -> str:
    claims = {"iss": "supabase", "ref": "henk", "role": role, "exp": int(time.time()) + 10**8}
    return jwt.encode(claims, JWT_SECRET)


FORGERIES: dict[str, Callable[[Project], str]] = {
    "no signature": lambda p: jwt.encode(p.claims(), "", "none"),
    "signature cut off": lambda p: p.token().rpartition(".")[0] + ".",
    "HMAC by the public key": lambda p: signed_by_hmac(p, public_pem(p)),
    "HMAC by the public key, trimmed": lambda p: signed_by_hmac(p, public_pem(p).strip()),
    "HMAC by the published set": lambda p: signed_by_hmac(p, json.dumps(p.published()).encode()),
    "HMAC by nothing": lambda p: signed_by_hmac(p, b""),
    "another key of a known id": signed_by_own_key,
    "a key that it brings along": lambda p: signed_by_own_key(p, jwk={"kty": "EC"}),
    "a key set that it names": lambda p: signed_by_own_key(p, jku=f"{p.url}/mine"),
    "a key id that is a path": lambda p: signed_by_own_key(p, kid="../../dev/null"),
    "another issuer": lambda p: p.token(iss="https://elsewhere.supabase.co/auth/v1"),
    "no issuer": lambda p: p.token(iss=None),
    "another audience": lambda p: p.token(aud="anon"),
    "no audience": lambda p: p.token(aud=None),
    "service role": lambda p: p.token(role="service_role"),
    "webhook role": lambda p: p.token(role="call_webhook"),
    "no role": lambda p: p.token(role=None),
    "not yet": lambda p: p.token(nbf=int(time.time()) + 3600),
    "expired": lambda p: p.token(exp=int(time.time()) - 3600),
    "no expiry": lambda p: p.token(exp=None),
    "no user": lambda p: p.token(sub=None),
    "a user without an id": lambda p: p.token(sub="admin"),
    "anonymous": lambda p: p.token(is_anonymous=True),
    "publishable key": lambda p: PUBLISHABLE_KEY,
    "secret key": lambda p: "sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz",
    "legacy anon key": lambda p: legacy_api_key("anon"),
    "legacy service key": lambda p: legacy_api_key("service_role"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_is_refused_everywhere_and_costs_no_database_request(
    http: httpx.Client, project: Project, address: str, name: str
) -> None:
    token = FORGERIES[name](project)
    before = project.database_requests
    for endpoint in ENDPOINTS:
        answer = ask(http, address, endpoint, token)
        assert answer.status_code == 401, endpoint
        assert answer.json()["error"]["code"] == "unauthenticated"
    assert project.database_requests == before


@pytest.mark.soak
def test_unknown_key_ids_make_the_functions_fetch_once_at_most(
    http: httpx.Client, project: Project, address: str
) -> None:
    count = scaled(100, 4_000)
    fetches, requests = project.key_fetches, project.database_requests
    own = ec.generate_private_key(ec.SECP256R1())
    begun = time.monotonic()
    for number in range(count):
        token = jwt.encode(project.claims(), own, "ES256", headers={"kid": f"made-up-{number}"})
        assert ask(http, address, "token", token).status_code == 401
    took = time.monotonic() - begun
    # There is one fetch in every 30 s, the cooldown.
    assert project.key_fetches - fetches <= 1 + took / 30
    assert project.database_requests == requests
    figure(
        f"tokens: {count} unknown key ids over HTTP, {project.key_fetches - fetches} fetches in"
        f" {took:.1f} s, no database request"
    )


def test_while_keys_are_not_published_known_ones_go_on_and_others_are_told_to_come_back(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if time had passed: every request may fetch the keys again.
    monkeypatch.setattr(jwks, "LIFESPAN_SECONDS", 0)
    monkeypatch.setattr(jwks, "COOLDOWN_SECONDS", 0)
    running, just_started = (load("token_fn", **project.settings()) for _ in range(2))
    assert running.browser({}, token=project.token()).status_code == 200
    fetches, requests = project.key_fetches, project.database_requests
    project.down = True
    try:
        assert running.browser({}, token=project.token()).status_code == 200
        assert project.database_requests == requests + 1

        for unknown in (
            just_started.browser({}, token=project.token()),
            running.browser({}, token=signed_by_own_key(project, kid="made-up")),
        ):
            assert unknown.status_code == 503
            assert int(unknown.headers["Retry-After"]) > 0
        assert project.database_requests == requests + 1
        assert project.key_fetches == fetches + 3
    finally:
        project.down = False


def test_a_revoked_key_opens_nothing_even_where_it_is_still_known(
    http: httpx.Client, project: Project, address: str
) -> None:
    """The functions keep the key for ten more minutes; the database does not, and they ask it."""
    project.revoked = True
    try:
        for endpoint in ENDPOINTS:
            assert ask(http, address, endpoint, project.token()).status_code == 401, endpoint
    finally:
        project.revoked = False


def test_a_key_that_is_no_longer_published_is_not_known_to_functions_that_start(
    project: Project,
) -> None:
    token, requests = project.token(), project.database_requests
    revoked = project.keys.pop("first")
    project.keys["second"] = ec.generate_private_key(ec.SECP256R1())
    try:
        just_started = load("token_fn", **project.settings())
        assert just_started.browser({}, token=token).status_code == 401
        assert project.database_requests == requests
    finally:
        project.keys = {"first": revoked}
