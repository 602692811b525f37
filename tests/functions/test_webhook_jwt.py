"""The webhook JWT: of its role, for 90 days, signed with the project's own key."""

from __future__ import annotations

import json
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from functions.webhook_jwt import (
    SigningKey,
    SigningKeyError,
    WebhookJwtError,
    days_left,
    mint,
)

URL = "https://henk.supabase.co"
SECRET = "s" * 32
BY_SECRET = SigningKey.from_secret(SECRET)
DAY = 24 * 3600


def jwk_of(algorithm: str) -> dict[str, object]:
    """A private key as `supabase gen signing-key` prints it."""
    if algorithm == "ES256":
        text = jwt.algorithms.ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()))
    else:
        text = jwt.algorithms.RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 2048))
    jwk: dict[str, object] = json.loads(text)
    return jwk | {"kid": "key-1", "alg": algorithm, "use": "sig"}


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_a_signing_key_signs_what_its_published_half_verifies(
    tmp_path: Path, algorithm: str
) -> None:
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


def test_a_shared_secret_signs_too() -> None:
    token = mint(BY_SECRET, URL)
    assert jwt.decode(token, SECRET, algorithms=["HS256"], audience="authenticated")["role"]
    assert "kid" not in jwt.get_unverified_header(token)


def test_the_days_left_are_whole_ones() -> None:
    token = mint(BY_SECRET, URL, now=0)
    assert days_left(token, BY_SECRET, URL, now=0) == 90
    assert days_left(token, BY_SECRET, URL, now=DAY + 1) == 88
    assert days_left(token, BY_SECRET, URL, now=90 * DAY - 1) == 0
    with pytest.raises(WebhookJwtError, match="expired 3 days ago"):
        days_left(token, BY_SECRET, URL, now=93 * DAY)


@pytest.mark.parametrize(
    ("token", "problem"),
    [
        (mint(SigningKey.from_secret("x" * 32), URL), "signed with another key"),
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
        ("no token", "segments"),
    ],
)
def test_a_token_that_the_database_would_refuse_is_found_out(token: str, problem: str) -> None:
    with pytest.raises(WebhookJwtError, match=problem):
        days_left(token, BY_SECRET, URL)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "cannot be read"),
        ("no json", "is no JSON"),
        ("{}", "no private JWK"),
        (json.dumps({"d": "x", "kid": "1", "alg": "HS256"}), "is for HS256"),
        (json.dumps({"d": "x", "kid": "1", "alg": "ES256", "kty": "EC"}), "no usable key"),
    ],
)
def test_a_file_that_is_no_signing_key_is_named_and_never_shown(
    tmp_path: Path, content: str | None, problem: str
) -> None:
    path = tmp_path / "key.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SigningKeyError, match=problem) as raised:
        SigningKey.from_file(path)
    assert "key.json" in str(raised.value)
