"""A function does not start if a setting is missing or wrong. It names it, without the value."""

from __future__ import annotations

import pytest

from functions import bundle
from shared import settings
from shared.webhook_addresses import build_address
from tests.endpoints import AUTH_TOKEN, ENVIRONMENT, NEXT_AUTH_TOKEN, load

NEEDED = {
    endpoint.folder: (*endpoint.variables, *endpoint.secrets) for endpoint in bundle.endpoints()
}

MALFORMED = {
    "HENK_ENV": "staging",
    "SUPABASE_URL": "ftp://visible",
    "SUPABASE_JWT_SECRET": "visible",
    "SUPABASE_WEBHOOK_JWT": "visible",
    "TWILIO_ACCOUNT_SID": "SKvisible",
    "TWILIO_API_KEY_SID": "ACvisible",
    "TWILIO_TWIML_APP_SID": "APvisible",
    "PUBLIC_BASE_URL": "visible.example.com",
    "SUPABASE_RECONCILER_JWT": "visible",
    "SUPABASE_RECORDER_JWT": "visible",
    "SUPABASE_REPORTER_JWT": "visible",
    "SCHEDULER_SERVICE_ACCOUNT": "visible",
    "SCHEDULER_AUDIENCE": "visible.example.com",
    "SCHEDULER_ISSUER": "https://visible.example.com",
    "TWILIO_API_URL": "https://visible.example.com",
    "SUPABASE_STORAGE_URL": "https://visible.example.com",
}


def read_all(**changes: str | None) -> None:
    variables = {k: v for k, v in (ENVIRONMENT | changes).items() if v is not None}
    with settings.reading(variables) as env:
        deployment = settings.Deployment.read(env)
        supabase = settings.Supabase.read(env)
        settings.read_storage_url(env, supabase, deployment)
        settings.TwilioApiKey.read(env)
        settings.TwilioWebhooks.read(env)
        settings.TwilioRest.read(env, deployment)
        settings.Scheduler.read(env, deployment)
        settings.read_webhook_jwt(env)
        settings.read_reconciler_jwt(env)
        settings.read_recorder_jwt(env)
        settings.read_reporter_jwt(env)


def read_url(value: str) -> str:
    with settings.reading({"PUBLIC_BASE_URL": value}) as env:
        return env.url("PUBLIC_BASE_URL", "")


def deployment(**variables: str) -> settings.Deployment:
    with settings.reading(variables) as env:
        return settings.Deployment.read(env)


def webhooks(**changes: str) -> settings.TwilioWebhooks:
    with settings.reading(ENVIRONMENT | changes) as env:
        return settings.TwilioWebhooks.read(env)


def test_a_complete_environment_is_enough() -> None:
    read_all()


@pytest.mark.parametrize(
    ("folder", "name"), [(folder, name) for folder, names in NEEDED.items() for name in names]
)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_endpoint_does_not_start_without_a_setting(
    folder: str, name: str, value: str | None
) -> None:
    with pytest.raises(settings.ConfigurationError, match=f"^Cannot start: {name} is missing"):
        load(folder, **{name: value})


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_setting_is_named_and_its_value_is_not_shown(name: str) -> None:
    with pytest.raises(settings.ConfigurationError, match=name) as caught:
        read_all(**{name: MALFORMED[name]})
    assert MALFORMED[name] not in str(caught.value)
    assert "visible" not in str(caught.value)


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(settings.ConfigurationError) as caught:
        read_all(**MALFORMED, TWILIO_AUTH_TOKEN=None, TWILIO_API_KEY_SECRET=" ")
    for name in (*MALFORMED, "TWILIO_AUTH_TOKEN", "TWILIO_API_KEY_SECRET"):
        assert f"{name} " in str(caught.value)


@pytest.mark.parametrize("suffix", ["/", "//", "\n"])
def test_what_pasting_leaves_around_an_address_does_not_matter(suffix: str) -> None:
    assert read_url(f" https://app.callhenk.com/api{suffix}") == "https://app.callhenk.com/api"


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8080/api/twilio",
        "http://127.0.0.1:8080/api/twilio",
        "http://[::1]:8080/api/twilio",
        "http://localhost",
    ],
)
def test_http_is_accepted_for_this_machine(url: str) -> None:
    assert read_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://app.callhenk.com/api/twilio",
        "http://localhost.example.com/api",
        "http://127.0.0.1.example.com",
        "http://localhost@example.com",
        "http://localhost:80@example.com",
        "http://192.168.0.2:8080",
        "app.callhenk.com/api/twilio",
        "//app.callhenk.com",
    ],
)
def test_anything_but_https_is_refused_for_other_machines(url: str) -> None:
    with pytest.raises(settings.ConfigurationError, match="PUBLIC_BASE_URL must start with https"):
        read_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        "https:///api/twilio",
        "https://app.callhenk.com:https/api",
        "https://app.callhenk.com:99999/api",
        "https://app.callhenk.com/api twilio",
        "https://app.callhenk.com/api?x=1",
        "https://app.callhenk.com/api#x",
    ],
)
def test_an_address_that_cannot_be_asked_is_refused(url: str) -> None:
    with pytest.raises(settings.ConfigurationError, match="PUBLIC_BASE_URL"):
        read_url(url)


@pytest.mark.parametrize("folder", NEEDED)
def test_a_deployed_function_refuses_to_start_in_development(folder: str) -> None:
    with pytest.raises(settings.ConfigurationError, match="HENK_ENV=development"):
        load(folder, HENK_ENV="development", K_SERVICE=folder)


def test_it_is_production_unless_it_says_otherwise() -> None:
    assert not deployment().development
    assert not deployment(HENK_ENV="").development
    assert not deployment(HENK_ENV="production", K_SERVICE="token").development
    assert deployment(HENK_ENV="development").development


@pytest.mark.parametrize("name", ["Development", "dev", "development2", "test", "local"])
def test_no_other_word_means_development(name: str) -> None:
    with pytest.raises(settings.ConfigurationError, match="HENK_ENV is malformed"):
        deployment(HENK_ENV=name)


def test_a_next_auth_token_is_optional() -> None:
    assert webhooks().auth_tokens == (AUTH_TOKEN,)
    assert webhooks(TWILIO_AUTH_TOKEN_NEXT=" ").auth_tokens == (AUTH_TOKEN,)
    both = webhooks(TWILIO_AUTH_TOKEN_NEXT=NEXT_AUTH_TOKEN).auth_tokens
    assert both == (AUTH_TOKEN, NEXT_AUTH_TOKEN)


def test_a_jwt_secret_is_optional() -> None:
    read_all(SUPABASE_JWT_SECRET=None)


def test_settings_do_not_show_their_secrets_when_printed() -> None:
    with settings.reading(ENVIRONMENT) as env:
        shown = repr(
            (
                settings.Supabase.read(env),
                settings.TwilioApiKey.read(env),
                settings.TwilioWebhooks.read(env),
            )
        )
    for name in (
        "SUPABASE_JWT_SECRET",
        "SUPABASE_WEBHOOK_JWT",
        "TWILIO_API_KEY_SECRET",
        "TWILIO_AUTH_TOKEN",
    ):
        assert ENVIRONMENT[name] not in shown


def test_an_answer_names_the_version_that_gave_it() -> None:
    answer = load("token_fn", HENK_VERSION="1a2b3c4d5e6f-7a8b9c").client.get("/")
    assert answer.headers["X-Henk-Version"] == "1a2b3c4d5e6f-7a8b9c"
    assert "X-Henk-Version" not in load("token_fn").client.get("/").headers


def test_endpoints_with_hosts_of_their_own_have_addresses_of_their_own() -> None:
    with settings.reading(
        ENVIRONMENT | {"PUBLIC_BASE_URL": "https://{name}-fn-1.europe-west1.run.app/api/twilio"}
    ) as env:
        twilio = settings.TwilioWebhooks.read(env)
    assert (
        build_address(twilio.public_base_url, "status")
        == "https://status-fn-1.europe-west1.run.app/api/twilio/status"
    )


def test_endpoints_of_one_host_have_addresses_beside_each_other() -> None:
    with settings.reading(ENVIRONMENT) as env:
        twilio = settings.TwilioWebhooks.read(env)
    assert (
        build_address(twilio.public_base_url, "status")
        == f"{ENVIRONMENT['PUBLIC_BASE_URL']}/status"
    )
