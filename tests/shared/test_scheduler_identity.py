"""Which identity tokens the scheduler's endpoint accepts, and that it accepts no others."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import replace

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Request
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from shared import errors
from shared.scheduler_identity import SchedulerAuthenticator
from shared.settings import GOOGLE, GOOGLE_KEYS, Environment, reading
from shared.settings import Deployment as DeploymentSettings
from shared.settings import Scheduler as SchedulerSettings
from stack.scheduler import Scheduler
from tests.endpoints import ENVIRONMENT, SCHEDULER_ACCOUNT, SCHEDULER_AUDIENCE, access_token
from tests.schedulers import publishing

generated = settings(max_examples=150, deadline=None, database=None)


@pytest.fixture(scope="module")
def scheduler() -> Iterator[Scheduler]:
    with publishing() as scheduler:
        yield scheduler


@pytest.fixture(scope="module")
def authenticator(scheduler: Scheduler) -> SchedulerAuthenticator:
    return SchedulerAuthenticator(
        SchedulerSettings(
            SCHEDULER_ACCOUNT,
            SCHEDULER_AUDIENCE,
            scheduler.issuer,
            f"{scheduler.issuer}/oauth2/v3/certs",
        )
    )


def request(token: str | None, scheme: str = "Bearer ") -> Request:
    headers = Headers({} if token is None else {"Authorization": f"{scheme}{token}"})
    return Request(EnvironBuilder(headers=headers).get_environ())


def assert_refused(authenticator: SchedulerAuthenticator, token: str) -> None:
    with pytest.raises(errors.Unauthenticated):
        authenticator.authenticate(request(token))


def signed(scheduler: Scheduler, key: rsa.RSAPrivateKey | None = None, /, **changes: object) -> str:
    """A token with these claims changed. None leaves a claim out."""
    usual = jwt.decode(scheduler.token(), options={"verify_signature": False})
    claims = {name: value for name, value in (usual | changes).items() if value is not None}
    return jwt.encode(claims, key or scheduler._key, "RS256", headers={"kid": "local"})


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_the_schedulers_own_token_is_taken(
    authenticator: SchedulerAuthenticator, scheduler: Scheduler
) -> None:
    authenticator.authenticate(request(scheduler.token()))
    authenticator.authenticate(request(signed(scheduler)))


def test_another_service_account_is_refused(
    authenticator: SchedulerAuthenticator, scheduler: Scheduler
) -> None:
    """Everybody with a Google account can get a token for our address."""
    other = replace(scheduler, service_account="evil@other.iam.gserviceaccount.com")
    assert_refused(authenticator, other.token())


@pytest.mark.parametrize(
    "audience",
    [
        f"{SCHEDULER_AUDIENCE}/",
        "https://status-fn-123456789012.europe-west1.run.app",
        f"{SCHEDULER_AUDIENCE}.example.com",
        "",
    ],
)
def test_a_token_for_another_function_is_refused(
    authenticator: SchedulerAuthenticator, scheduler: Scheduler, audience: str
) -> None:
    assert_refused(authenticator, replace(scheduler, audience=audience).token())


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": GOOGLE},
        {"iss": "accounts.google.com"},
        {"email": SCHEDULER_ACCOUNT.upper()},
        {"email": f"x{SCHEDULER_ACCOUNT}"},
        {"email": [SCHEDULER_ACCOUNT]},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": 1},
        {"exp": int(time.time()) - 60},
        {"exp": "soon"},
        {"nbf": int(time.time()) + 3600},
        {"iat": int(time.time()) + 3600},
        *({name: None} for name in ("iss", "aud", "exp", "email", "email_verified")),
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_token_with_a_wrong_claim_is_refused(
    authenticator: SchedulerAuthenticator, scheduler: Scheduler, changes: dict[str, object]
) -> None:
    assert_refused(authenticator, signed(scheduler, **changes))


def test_a_token_by_another_key_of_the_same_id_is_refused(
    authenticator: SchedulerAuthenticator, scheduler: Scheduler
) -> None:
    assert_refused(authenticator, signed(scheduler, rsa.generate_private_key(65537, 2048)))


@pytest.mark.parametrize("key_id", [None, "", "other", 7, ["local"]])
@pytest.mark.parametrize("algorithm", ["RS256", "HS256", "none", "None", ""])
def test_an_unsigned_token_is_refused(
    authenticator: SchedulerAuthenticator, scheduler: Scheduler, key_id: object, algorithm: str
) -> None:
    payload = scheduler.token().split(".")[1]
    for kid in (key_id, "local"):
        header = encoded(json.dumps({"alg": algorithm, "kid": kid}).encode())
        for signature in ("", "AAAA", "SIGNATURE_REMOVED_BY_GOOGLE"):
            assert_refused(authenticator, f"{header}.{payload}.{signature}")


def test_the_public_key_is_never_taken_for_a_secret(
    authenticator: SchedulerAuthenticator, scheduler: Scheduler
) -> None:
    public = scheduler._key.public_key()
    forms = [json.dumps(scheduler.keys()).encode(), json.dumps(scheduler.keys()["keys"]).encode()]
    for encoding in (serialization.Encoding.PEM, serialization.Encoding.DER):
        forms.append(public.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo))
    payload = scheduler.token().split(".")[1]
    for algorithm in ("HS256", "RS256"):
        header = encoded(json.dumps({"alg": algorithm, "kid": "local"}).encode())
        for secret in forms:
            signature = hmac.digest(secret, f"{header}.{payload}".encode(), "sha256")
            assert_refused(authenticator, f"{header}.{payload}.{encoded(signature)}")


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_another_algorithm_of_the_same_key_is_refused(
    authenticator: SchedulerAuthenticator, scheduler: Scheduler, algorithm: str
) -> None:
    claims = jwt.decode(scheduler.token(), options={"verify_signature": False})
    token = jwt.encode(claims, scheduler._key, algorithm, headers={"kid": "local"})
    assert_refused(authenticator, token)


def test_a_user_of_supabase_is_not_the_scheduler(authenticator: SchedulerAuthenticator) -> None:
    assert_refused(authenticator, access_token())
    assert_refused(authenticator, access_token(email=SCHEDULER_ACCOUNT, email_verified=True))


@pytest.mark.parametrize("scheme", ["", "Basic ", "Token "])
def test_a_request_without_a_bearer_token_is_refused(
    authenticator: SchedulerAuthenticator, scheduler: Scheduler, scheme: str
) -> None:
    with pytest.raises(errors.Unauthenticated):
        authenticator.authenticate(request(scheduler.token(), scheme))
    with pytest.raises(errors.Unauthenticated):
        authenticator.authenticate(request(None))


@generated
@given(st.text())
def test_every_text_is_refused_without_another_error(
    authenticator: SchedulerAuthenticator, text: str
) -> None:
    with pytest.raises(errors.Unauthenticated):
        authenticator.authenticate(Request({"HTTP_AUTHORIZATION": f"Bearer {text}"}))


def test_without_keys_a_token_is_neither_trusted_nor_refused(
    scheduler: Scheduler,
) -> None:
    down = SchedulerAuthenticator(
        SchedulerSettings(
            SCHEDULER_ACCOUNT, SCHEDULER_AUDIENCE, scheduler.issuer, "http://127.0.0.1:9/"
        )
    )
    with pytest.raises(errors.SignInUnavailable):
        down.authenticate(request(scheduler.token()))


def settings_of(**changes: str) -> SchedulerSettings:
    with reading(ENVIRONMENT | changes) as env:
        return read(env)


def read(env: Environment) -> SchedulerSettings:
    return SchedulerSettings.read(env, DeploymentSettings.read(env))


def test_only_google_vouches_for_the_scheduler_of_a_deployment() -> None:
    deployed = settings_of()
    assert (deployed.issuer, deployed.keys_url) == (GOOGLE, GOOGLE_KEYS)
    with pytest.raises(Exception, match="SCHEDULER_ISSUER is for development"):
        settings_of(SCHEDULER_ISSUER="https://evil.example.com")


def test_a_developers_machine_may_have_an_issuer_of_its_own() -> None:
    local = settings_of(HENK_ENV="development", SCHEDULER_ISSUER="http://127.0.0.1:8085")
    assert local.issuer == "http://127.0.0.1:8085"
    assert local.keys_url == "http://127.0.0.1:8085/oauth2/v3/certs"
