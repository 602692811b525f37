"""Attacks the browser endpoints with forged access tokens, over HTTP, with published keys: each is
refused, and none costs a database request."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.attack.deployment import SECRET, Project, functions
from tests.soak import figure, scaled


@pytest.fixture(scope="module")
def project() -> Iterator[Project]:
    made = Project()
    with made.serving():
        yield made


@pytest.fixture(scope="module")
def address(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with functions(project, tmp_path_factory.mktemp("functions")) as address:
        # From here on the key is known, and what is not known is not asked for again at once.
        assert ask(address, "token", project.token()).status_code != 401
        yield address


def ask(address: str, endpoint: str, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    if endpoint == "status":
        params = {"conversationId": str(uuid.uuid4())}
        return httpx.get(f"{address}/status", headers=headers, params=params, timeout=15)
    body = {"To": "+15005550006"} if endpoint == "twiml" else {}
    return httpx.post(f"{address}/{endpoint}", headers=headers, json=body, timeout=15)


def hmac_signed(project: Project, key: bytes) -> str:
    """HS256 with any bytes as the secret, which PyJWT would refuse to sign with."""

    def part(value: bytes) -> str:
        return urlsafe_b64encode(value).rstrip(b"=").decode()

    header = {"alg": "HS256", "typ": "JWT", "kid": "first"}
    head = part(json.dumps(header).encode())
    signed = f"{head}.{part(json.dumps(project.claims()).encode())}"
    return f"{signed}.{part(hmac.digest(key, signed.encode(), hashlib.sha256))}"


def public_pem(project: Project) -> bytes:
    return (
        project.keys["first"]
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def by_own_key(project: Project, **header: object) -> str:
    """Signed by a key of the attacker's."""
    own = ec.generate_private_key(ec.SECP256R1())
    return jwt.encode(project.claims(), own, "ES256", headers={"kid": "first"} | header)


def api_key(role: str) -> str:
    return jwt.encode(
        {"iss": "supabase", "ref": "project", "role": role, "exp": 2**31}, SECRET, "HS256"
    )


FORGERIES: dict[str, Callable[[Project], str]] = {
    "no signature": lambda p: jwt.encode(p.claims(), "", "none"),
    "signature cut off": lambda p: p.token().rpartition(".")[0] + ".",
    "HMAC by the public key as PEM": lambda p: hmac_signed(p, public_pem(p)),
    "HMAC by the public key as PEM, trimmed": lambda p: hmac_signed(p, public_pem(p).strip()),
    "HMAC by the published key": lambda p: hmac_signed(p, json.dumps(p.published()).encode()),
    "HMAC by nothing": lambda p: hmac_signed(p, b""),
    "another key under a known id": by_own_key,
    "a key that it brings along": lambda p: by_own_key(p, jwk={"kty": "EC"}),
    "a key set that it names": lambda p: by_own_key(p, jku=f"{p.url}/mine"),
    "a key id that is a path": lambda p: by_own_key(p, kid="../../dev/null"),
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
    "no user's id": lambda p: p.token(sub="admin"),
    "anonymous": lambda p: p.token(is_anonymous=True),
    "publishable key": lambda p: "sb_publishable_0000",
    "secret key": lambda p: "sb_secret_0000",
    "legacy anon key": lambda p: api_key("anon"),
    "legacy service key": lambda p: api_key("service_role"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_is_refused_everywhere_and_costs_no_database_request(
    project: Project, address: str, name: str
) -> None:
    token = FORGERIES[name](project)
    before = len(project.database_requests)
    for endpoint in ("token", "twiml", "status"):
        answer = ask(address, endpoint, token)
        assert answer.status_code == 401, endpoint
        assert answer.json()["error"]["code"] == "unauthenticated"
    assert len(project.database_requests) == before


def test_a_good_token_does_reach_the_database(project: Project, address: str) -> None:
    """Or the test above would prove nothing."""
    before = len(project.database_requests)
    ask(address, "token", project.token())
    assert len(project.database_requests) == before + 1


def test_unknown_key_ids_over_http_cause_one_fetch(project: Project, address: str) -> None:
    """The known key was fetched when the server started; of what follows within a cooldown, at
    most one more is, per endpoint: each has a key set of its own."""
    count = scaled(200, 10_000)
    fetches, asked = project.fetches, len(project.database_requests)
    own = ec.generate_private_key(ec.SECP256R1())
    headers = {"Content-Type": "application/json"}
    begun = time.monotonic()
    with httpx.Client(timeout=15) as client:
        for number in range(count):
            token = jwt.encode(project.claims(), own, "ES256", headers={"kid": f"made-up-{number}"})
            answer = client.post(
                f"{address}/token",
                content="{}",
                headers=headers | {"Authorization": f"Bearer {token}"},
            )
            assert answer.status_code == 401
    took = time.monotonic() - begun
    # One per cooldown of 30 s.
    assert project.fetches - fetches <= 1 + took / 30
    assert len(project.database_requests) == asked
    figure(
        f"tokens: {count} unknown key ids over HTTP, {project.fetches - fetches} fetches in"
        f" {took:.1f} s, no database request"
    )


def test_while_keys_are_not_published_known_ones_go_on_and_others_are_told_to_come_back(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project.down = True
    try:
        with functions(project, tmp_path_factory.mktemp("functions")) as address:
            before = len(project.database_requests)
            answer = ask(address, "token", project.token())
            assert answer.status_code == 503
            assert "Retry-After" in answer.headers
            assert len(project.database_requests) == before
    finally:
        project.down = False
