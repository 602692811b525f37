"""Which access tokens are accepted, and that no others are."""

from __future__ import annotations

import base64
import hmac
import json
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask import Request
from hypothesis import given, settings
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from shared import errors
from shared.settings import Supabase
from shared.supabase_jwt import SupabaseAuthenticator
from tests.endpoints import JWT_SECRET, PUBLISHABLE_KEY, SUPABASE_URL, USER_ID, serving
from tests.endpoints import claims as usual_claims

EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
KEY_SET = {
    "keys": [
        ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True) | {"kid": "ec", "alg": "ES256"},
        RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True) | {"kid": "rsa", "alg": "RS256"},
    ]
}
generated = settings(max_examples=150, deadline=None, database=None)


class JwksEndpoint(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path == "/auth/v1/.well-known/jwks.json"
        body = json.dumps(KEY_SET).encode() if found else b""
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture(scope="module")
def project() -> Iterator[str]:
    """The address of a project that publishes its keys."""
    with serving(JwksEndpoint) as address:
        yield address


@pytest.fixture(scope="module")
def by_keys(project: str) -> SupabaseAuthenticator:
    return SupabaseAuthenticator(Supabase(project, PUBLISHABLE_KEY, None))


@pytest.fixture(scope="module")
def by_keys_or_secret(project: str) -> SupabaseAuthenticator:
    return SupabaseAuthenticator(Supabase(project, PUBLISHABLE_KEY, JWT_SECRET))


@pytest.fixture(scope="module")
def by_secret() -> SupabaseAuthenticator:
    return SupabaseAuthenticator(Supabase(SUPABASE_URL, PUBLISHABLE_KEY, JWT_SECRET))


def signed(**changes: object) -> str:
    return jwt.encode(usual_claims(**changes), JWT_SECRET)


def signed_by_key(project: str, algorithm: str = "ES256", **changes: object) -> str:
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = (
        EC_KEY if algorithm == "ES256" else RSA_KEY
    )
    changes.setdefault("iss", f"{project}/auth/v1")
    key_id = "ec" if algorithm == "ES256" else "rsa"
    return jwt.encode(usual_claims(**changes), key, algorithm, headers={"kid": key_id})


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(header: object, payload: bytes, secret: bytes) -> str:
    """A token that a library would refuse to make."""
    signing_input = f"{encoded(json.dumps(header).encode())}.{encoded(payload)}"
    return f"{signing_input}.{encoded(hmac.digest(secret, signing_input.encode(), 'sha256'))}"


def assert_refused(authenticator: SupabaseAuthenticator, token: str) -> None:
    with pytest.raises(errors.Unauthenticated):
        authenticator.verify(token)


def test_a_token_that_is_signed_by_secret_proves_its_user(by_secret: SupabaseAuthenticator) -> None:
    token = signed()
    user = by_secret.verify(token)
    assert user.id == uuid.UUID(USER_ID)
    assert user.access_token == token


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_a_token_that_is_signed_by_a_published_key_proves_its_user(
    by_keys: SupabaseAuthenticator, project: str, algorithm: str
) -> None:
    user = by_keys.verify(signed_by_key(project, algorithm))
    assert user.id == uuid.UUID(USER_ID)


def test_a_project_may_sign_both_ways_while_it_moves_to_keys(
    by_keys_or_secret: SupabaseAuthenticator, project: str
) -> None:
    issuer = f"{project}/auth/v1"
    assert by_keys_or_secret.verify(signed_by_key(project))
    assert by_keys_or_secret.verify(signed(iss=issuer))


def test_a_token_by_secret_is_refused_if_there_is_no_secret(
    by_keys: SupabaseAuthenticator, project: str
) -> None:
    assert_refused(by_keys, signed(iss=f"{project}/auth/v1"))


@pytest.mark.parametrize("secret", [JWT_SECRET[:-1], JWT_SECRET.upper(), "another" * 5])
def test_a_token_by_another_secret_is_refused(
    by_secret: SupabaseAuthenticator, secret: str
) -> None:
    assert_refused(by_secret, jwt.encode(usual_claims(), secret))


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_a_token_by_another_key_of_the_same_id_is_refused(
    by_keys: SupabaseAuthenticator, project: str, algorithm: str
) -> None:
    other: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if algorithm == "ES256":
        other, key_id = ec.generate_private_key(ec.SECP256R1()), "ec"
    else:
        other, key_id = rsa.generate_private_key(65537, 2048), "rsa"
    claims = usual_claims(iss=f"{project}/auth/v1")
    assert_refused(by_keys, jwt.encode(claims, other, algorithm, headers={"kid": key_id}))


@pytest.mark.parametrize("key_id", [None, "", "other", "rsa", "../../etc/passwd"])
def test_a_token_that_names_another_key_or_none_is_refused(
    by_keys: SupabaseAuthenticator, project: str, key_id: str | None
) -> None:
    headers = {} if key_id is None else {"kid": key_id}
    claims = usual_claims(iss=f"{project}/auth/v1")
    assert_refused(by_keys, jwt.encode(claims, EC_KEY, "ES256", headers=headers))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, 0, ["HS256"]])
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_a_token_without_a_signature_is_refused(
    by_keys_or_secret: SupabaseAuthenticator, project: str, algorithm: object, signature: str
) -> None:
    header = encoded(json.dumps({"alg": algorithm, "kid": "ec"}).encode())
    payload = encoded(json.dumps(usual_claims(iss=f"{project}/auth/v1")).encode())
    assert_refused(by_keys_or_secret, f"{header}.{payload}.{signature}")


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_a_secret_is_for_one_algorithm_only(algorithm: str) -> None:
    secret = JWT_SECRET * 2
    authenticator = SupabaseAuthenticator(Supabase(SUPABASE_URL, PUBLISHABLE_KEY, secret))
    assert authenticator.verify(jwt.encode(usual_claims(), secret))
    assert_refused(authenticator, jwt.encode(usual_claims(), secret, algorithm))


def public_forms() -> list[bytes]:
    """The public keys in every usual form: an attacker could sign with them as if with a secret."""
    forms = [json.dumps(key).encode() for key in KEY_SET["keys"]]
    for key in (EC_KEY.public_key(), RSA_KEY.public_key()):
        for encoding in (serialization.Encoding.PEM, serialization.Encoding.DER):
            forms.append(
                key.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
            )
    return [*forms, b"", PUBLISHABLE_KEY.encode()]


@pytest.mark.parametrize("secret", public_forms(), ids=lambda _: "form")
@pytest.mark.parametrize("key_id", ["ec", "rsa"])
def test_a_public_key_is_never_taken_for_a_secret(
    by_keys: SupabaseAuthenticator,
    by_keys_or_secret: SupabaseAuthenticator,
    project: str,
    secret: bytes,
    key_id: str,
) -> None:
    payload = json.dumps(usual_claims(iss=f"{project}/auth/v1")).encode()
    for algorithm in ("HS256", "ES256", "RS256"):
        token = by_hand({"alg": algorithm, "kid": key_id}, payload, secret)
        assert_refused(by_keys, token)
        assert_refused(by_keys_or_secret, token)


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "sub", "role"])
def test_a_token_without_a_claim_is_refused(by_secret: SupabaseAuthenticator, name: str) -> None:
    assert_refused(by_secret, signed(**{name: None}))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "supabase"},
        {"iss": "https://other.supabase.co/auth/v1"},
        {"iss": f"{SUPABASE_URL}/auth/v1/"},
        {"iss": SUPABASE_URL},
        {"aud": "anon"},
        {"aud": ["other"]},
        {"aud": ""},
        {"aud": "Authenticated"},
        {"sub": ""},
        {"sub": "rep@example.com"},
        {"sub": "0" * 31},
        {"exp": 0},
        {"exp": "soon"},
        {"nbf": int(time.time()) + 3600},
        {"iat": int(time.time()) + 3600},
        {"role": "anon"},
        {"role": "service_role"},
        {"role": "call_webhook"},
        {"role": "postgres"},
        {"role": ["authenticated"]},
        {"is_anonymous": True},
        {"is_anonymous": "true"},
        {"is_anonymous": 1},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_token_with_a_wrong_claim_is_refused(
    by_secret: SupabaseAuthenticator, changes: dict[str, object]
) -> None:
    assert_refused(by_secret, signed(**changes))


@pytest.mark.parametrize("name", ["sub", "exp", "aud", "iss", "is_anonymous"])
@pytest.mark.parametrize("value", [None, 7, 7.5, True, [], {}, [USER_ID]], ids=str)
def test_a_claim_of_another_type_is_refused(
    by_secret: SupabaseAuthenticator, name: str, value: object
) -> None:
    payload = json.dumps(usual_claims() | {name: value}).encode()
    assert_refused(by_secret, by_hand({"alg": "HS256"}, payload, JWT_SECRET.encode()))


def test_an_expired_token_is_refused(by_secret: SupabaseAuthenticator) -> None:
    assert_refused(by_secret, signed(exp=int(time.time()) - 60))


def test_clocks_may_differ_by_some_seconds(by_secret: SupabaseAuthenticator) -> None:
    now = int(time.time())
    assert by_secret.verify(signed(exp=now - 3))
    assert by_secret.verify(signed(nbf=now + 3))


def test_a_token_for_several_audiences_counts_if_ours_is_one(
    by_secret: SupabaseAuthenticator,
) -> None:
    assert by_secret.verify(signed(aud=["authenticated", "other"]))


def test_a_claim_that_older_projects_do_not_send_is_not_needed(
    by_secret: SupabaseAuthenticator,
) -> None:
    assert by_secret.verify(signed(is_anonymous=None, aal=None, session_id=None))


@pytest.mark.parametrize("role", ["anon", "service_role"])
def test_a_projects_api_key_is_not_an_access_token(
    by_secret: SupabaseAuthenticator, role: str
) -> None:
    now = int(time.time())
    key = {"iss": "supabase", "ref": "henk", "role": role, "iat": now, "exp": now + 10**8}
    assert_refused(by_secret, jwt.encode(key, JWT_SECRET))


@pytest.mark.parametrize("key", [PUBLISHABLE_KEY, "sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz"])
def test_a_new_api_key_is_not_an_access_token(by_secret: SupabaseAuthenticator, key: str) -> None:
    assert_refused(by_secret, key)


@pytest.mark.parametrize("depth", [100, 5_000, 200_000])
@pytest.mark.parametrize("bracket", ["[", '{"a":'])
def test_deep_brackets_are_refused(
    by_secret: SupabaseAuthenticator, bracket: str, depth: int
) -> None:
    deep = bracket.encode() * depth
    assert_refused(by_secret, f"{encoded(deep)}.{encoded(b'{}')}.AAAA")
    assert_refused(by_secret, by_hand({"alg": "HS256"}, deep, JWT_SECRET.encode()))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "HS256", "crit": ["exp"]},
        {"alg": "HS256", "b64": False, "crit": ["b64"]},
        {"alg": "HS256", "kid": 7},
        {"alg": "ES256", "kid": ["ec"]},
        {"alg": "ES256", "kid": {"$ne": ""}},
        {"kid": "ec"},
        {},
        [],
        "HS256",
        None,
    ],
    ids=str,
)
def test_a_header_that_is_not_a_header_is_refused(
    by_keys_or_secret: SupabaseAuthenticator, project: str, header: object
) -> None:
    payload = json.dumps(usual_claims(iss=f"{project}/auth/v1")).encode()
    assert_refused(by_keys_or_secret, by_hand(header, payload, JWT_SECRET.encode()))


@pytest.mark.parametrize("suffix", ["\xe9", "!", "\n", " ", "%", ".", ".AAAA", "\x00"])
def test_a_token_that_something_follows_is_refused(
    by_secret: SupabaseAuthenticator, suffix: str
) -> None:
    assert_refused(by_secret, signed() + suffix)


@generated
@given(st.text())
def test_every_text_is_refused_without_another_error(
    by_secret: SupabaseAuthenticator, text: str
) -> None:
    assert_refused(by_secret, text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
HEADERS = JSON | st.fixed_dictionaries(
    {"alg": st.sampled_from(["HS256", "ES256", "RS256", "none", "PS256"]) | JSON},
    optional={"kid": st.sampled_from(["ec", "rsa"]) | JSON, "typ": JSON, "crit": JSON, "b64": JSON},
)


@generated
@given(header=HEADERS, payload=JSON, signature=st.binary(max_size=80))
def test_every_unsigned_token_is_refused_without_another_error(
    by_keys_or_secret: SupabaseAuthenticator, header: object, payload: object, signature: bytes
) -> None:
    parts = (json.dumps(header).encode(), json.dumps(payload).encode(), signature)
    assert_refused(by_keys_or_secret, ".".join(map(encoded, parts)))


@generated
@given(payload=st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_signed_nonsense_is_refused_without_another_error(
    by_secret: SupabaseAuthenticator, payload: bytes
) -> None:
    assert_refused(by_secret, by_hand({"alg": "HS256"}, payload, JWT_SECRET.encode()))


@generated
@given(data=st.data())
def test_a_token_that_was_changed_anywhere_is_refused(
    by_secret: SupabaseAuthenticator, data: st.DataObject
) -> None:
    token = signed()
    # Some bits of a signature's last character have no meaning.
    at = data.draw(st.integers(0, len(token) - 2))
    other = data.draw(st.characters(codec="ascii").filter(lambda character: character != token[at]))
    assert_refused(by_secret, token[:at] + other + token[at + 1 :])


def request_with(authorization: str | None) -> Request:
    headers = Headers({} if authorization is None else {"Authorization": authorization})
    return Request(EnvironBuilder(headers=headers).get_environ())


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER   "])
def test_the_token_is_taken_from_the_authorization_header(
    by_secret: SupabaseAuthenticator, scheme: str
) -> None:
    assert by_secret.authenticate(request_with(scheme + signed())).id == uuid.UUID(USER_ID)


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic cmVwOnJlcA=="])
def test_a_request_without_a_bearer_token_is_asked_to_sign_in(
    by_secret: SupabaseAuthenticator, authorization: str | None
) -> None:
    with pytest.raises(errors.Unauthenticated, match="no access token"):
        by_secret.authenticate(request_with(authorization))


def test_a_token_without_the_word_bearer_is_refused(by_secret: SupabaseAuthenticator) -> None:
    with pytest.raises(errors.Unauthenticated):
        by_secret.authenticate(request_with(signed()))


def test_a_user_does_not_show_their_token_when_printed(by_secret: SupabaseAuthenticator) -> None:
    token = signed()
    assert token not in repr(by_secret.verify(token))
