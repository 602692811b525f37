"""Where the host removes the signature of the scheduler's token, a secret proves who asks."""

from __future__ import annotations

import pytest
from flask import Request
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from shared import errors, settings
from shared.scheduler_identity import PROOF_HEADER, SchedulerAuthenticator
from tests.endpoints import ENVIRONMENT, SCHEDULER_ACCOUNT, SCHEDULER_AUDIENCE

SECRET = "a-secret-of-the-scheduler-of-32-characters"
UNSIGNED = "e30.e30.SIGNATURE_REMOVED_BY_GOOGLE"
GOOGLE = (SCHEDULER_ACCOUNT, SCHEDULER_AUDIENCE, settings.GOOGLE, settings.GOOGLE_KEYS)


def request(**headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(EnvironBuilder(headers=Headers(named)).get_environ())


def test_the_secret_is_accepted_without_a_signature() -> None:
    authenticator = SchedulerAuthenticator(settings.Scheduler(*GOOGLE, secret=SECRET))
    authenticator.authenticate(request(X_Henk_Scheduler=SECRET))
    authenticator.authenticate(request(X_Henk_Scheduler=SECRET, Authorization=f"Bearer {UNSIGNED}"))


@pytest.mark.parametrize("given", ["", "x", SECRET[:-1], SECRET + "x", SECRET.upper(), "ü" * 40])
def test_another_secret_is_refused(given: str) -> None:
    authenticator = SchedulerAuthenticator(settings.Scheduler(*GOOGLE, secret=SECRET))
    with pytest.raises(errors.Unauthenticated):
        authenticator.authenticate(request(X_Henk_Scheduler=given))


@pytest.mark.parametrize("given", ["", "None"])
def test_without_a_secret_of_its_own_the_function_accepts_none(given: str) -> None:
    authenticator = SchedulerAuthenticator(settings.Scheduler(*GOOGLE))
    with pytest.raises(errors.Unauthenticated):
        authenticator.authenticate(request(X_Henk_Scheduler=given))


def test_a_token_without_a_signature_is_refused_and_named() -> None:
    for secret in (None, SECRET):
        authenticator = SchedulerAuthenticator(settings.Scheduler(*GOOGLE, secret=secret))
        with pytest.raises(errors.Unauthenticated, match="removed the signature"):
            authenticator.authenticate(request(Authorization=f"Bearer {UNSIGNED}"))


def test_where_there_is_no_google_the_secret_is_enough() -> None:
    names = ("SCHEDULER_AUDIENCE", "SCHEDULER_SERVICE_ACCOUNT")
    variables = {k: v for k, v in ENVIRONMENT.items() if k not in names}
    with settings.reading(variables | {"SCHEDULER_SECRET": SECRET}) as env:
        scheduler = settings.Scheduler.read(env, settings.Deployment.read(env))
    authenticator = SchedulerAuthenticator(scheduler)
    authenticator.authenticate(request(X_Henk_Scheduler=SECRET))
    with pytest.raises(errors.Unauthenticated):
        authenticator.authenticate(request(Authorization="Bearer e30.e30.e30"))


@pytest.mark.parametrize("secret", ["short", "a secret with blanks, of 32 and more", "ü" * 40])
def test_a_secret_that_is_malformed_stops_the_function(secret: str) -> None:
    with (
        pytest.raises(settings.ConfigurationError, match="SCHEDULER_SECRET is malformed") as error,
        settings.reading(ENVIRONMENT | {"SCHEDULER_SECRET": secret}) as env,
    ):
        settings.Scheduler.read(env, settings.Deployment.read(env))
    assert secret not in str(error.value)


def test_the_secret_is_not_shown() -> None:
    assert SECRET not in repr(settings.Scheduler(*GOOGLE, secret=SECRET))
    assert PROOF_HEADER == "X-Henk-Scheduler"
