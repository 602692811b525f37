"""The webhook JWT: for its role, valid for 90 days, signed with the project's own key."""

from __future__ import annotations

import json
from pathlib import Path

import jwt
import pytest

from functions.setup.webhook_jwt import (
    SigningKey,
    SigningKeyError,
    WebhookJwtError,
    days_left,
    mint,
)
from tests.functions.signing_keys import jwk_of

URL = "https://henk.supabase.co"
SECRET = "s" * 32
BY_SECRET = SigningKey.from_secret(SECRET)
DAY = 24 * 3600


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_the_public_key_verifies_what_the_signing_key_signs(tmp_path: Path, algorithm: str) -> None:
    jwk = jwk_of(algorithm)
    (tmp_path / "key.json").write_text(json.dumps(jwk))
    key = SigningKey.from_file(tmp_path / "key.json")
    token = mint(key, URL)

    public = {name: jwk[name] for name in jwk if name in ("kty", "crv", "x", "y", "n", "e", "alg")}
    claims = jwt.decode(token, jwt.PyJWK(public), algorithms=[algorithm], audience="authenticated")
    assert claims["role"] == "call_webhook"
    assert claims["iss"] == f"{URL}/auth/v1"
    assert claims["exp"] - claims["iat"] == 90 * DAY
    assert jwt.get_unverified_header(token)["kid"] == "key-1"
    assert days_left(token, key, URL) == 89


def test_a_shared_secret_can_sign() -> None:
    token = mint(BY_SECRET, URL)
    assert jwt.decode(token, SECRET, algorithms=["HS256"], audience="authenticated")["role"]
    assert "kid" not in jwt.get_unverified_header(token)


def test_the_days_left_are_whole_days() -> None:
    token = mint(BY_SECRET, URL, now=0)
    assert days_left(token, BY_SECRET, URL, now=0) == 90
    assert days_left(token, BY_SECRET, URL, now=DAY + 1) == 88
    assert days_left(token, BY_SECRET, URL, now=90 * DAY - 1) == 0
    with pytest.raises(WebhookJwtError, match="expired 3 days ago"):
        days_left(token, BY_SECRET, URL, now=93 * DAY)


@pytest.mark.parametrize(
    ("token", "problem"),
    [
        (mint(SigningKey.from_secret("x" * 32), URL), "another key signed it"),
        (mint(BY_SECRET, "https://other.supabase.co"), "issuer"),
        (jwt.encode({"exp": 4102444800, "aud": "authenticated"}, SECRET), "iss"),
        (
            jwt.encode(
                {"aud": "authenticated", "iss": f"{URL}/auth/v1", "role": "call_webhook"}, SECRET
            ),
            "exp",
        ),
        (
            jwt.encode(
                {
                    "exp": 4102444800,
                    "aud": "authenticated",
                    "iss": f"{URL}/auth/v1",
                    "role": "service_role",
                },
                SECRET,
            ),
            "its role is service_role",
        ),
        ("not a JWT", "segments"),
    ],
    ids=["key", "issuer", "no issuer", "no expiry", "role", "not a JWT"],
)
def test_a_token_that_the_database_would_refuse_is_recognised(token: str, problem: str) -> None:
    with pytest.raises(WebhookJwtError, match=problem):
        days_left(token, BY_SECRET, URL)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "cannot be read"),
        ("no json", "is not JSON"),
        ("{}", "not a private JWK"),
        (json.dumps({"d": "x", "kid": "1", "alg": "HS256"}), "is a key for HS256"),
        (json.dumps({"d": "x", "kid": "1", "alg": "ES256", "kty": "EC"}), "not a usable key"),
    ],
)
def test_a_file_without_a_signing_key_is_named_and_never_shown(
    tmp_path: Path, content: str | None, problem: str
) -> None:
    path = tmp_path / "key.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SigningKeyError, match=problem) as raised:
        SigningKey.from_file(path)
    assert "key.json" in str(raised.value)
