"""bundle.toml agrees with the endpoints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from functions import bundle
from shared import settings
from tests.endpoints import ENVIRONMENT, load

ENDPOINTS = {endpoint.folder: endpoint for endpoint in bundle.endpoints()}
SECRETS = {
    "TWILIO_API_KEY_SECRET",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_AUTH_TOKEN_NEXT",
    "SUPABASE_WEBHOOK_JWT",
    "SUPABASE_RECONCILER_JWT",
    "SUPABASE_RECORDER_JWT",
    "SUPABASE_REPORTER_JWT",
    "SUPABASE_JWT_SECRET",
    "SCHEDULER_SECRET",
}
ENTRY = """
[x_fn]
path = "/x"
function = "x"
called_by = ["browser"]
secrets = ["A"]
optional_secrets = ["C"]
variables = ["B"]
memory = "256Mi"
timeout_seconds = 20
concurrency = 16
min_instances = 0
"""


def asked_for(folder: str, monkeypatch: pytest.MonkeyPatch) -> tuple[set[str], set[str]]:
    """The settings that an endpoint reads when it starts: required, and optional."""
    required: set[str] = set()
    every: set[str] = set()
    read_required, read_optional = settings.Environment.required, settings.Environment.optional

    def record_required(
        env: settings.Environment, name: str, pattern: str = r".+", hint: str = ""
    ) -> str:
        required.add(name)
        return read_required(env, name, pattern, hint)

    def record_optional(
        env: settings.Environment, name: str, pattern: str = r".+", hint: str = ""
    ) -> str | None:
        every.add(name)
        return read_optional(env, name, pattern, hint)

    monkeypatch.setattr(settings.Environment, "required", record_required)
    monkeypatch.setattr(settings.Environment, "optional", record_optional)
    load(folder, HENK_ENV="development")
    return required, every - required


def test_every_endpoint_is_listed_and_every_listed_endpoint_exists() -> None:
    listed = {service.folder for service in bundle.services()}
    assert {file.parent.name for file in bundle.ROOT.glob("*_fn/main.py")} == listed
    assert listed - set(ENDPOINTS) == {"page_fn"}


@pytest.mark.parametrize("folder", ENDPOINTS)
def test_an_endpoints_requirements_are_part_of_the_development_lock(folder: str) -> None:
    assert f"-r {folder}/requirements.in\n" in (bundle.ROOT / "requirements.in").read_text()
    assert "--hash=sha256:" in (bundle.ROOT / folder / "requirements.txt").read_text()


@pytest.mark.parametrize("folder", ENDPOINTS)
def test_the_named_function_is_what_the_server_starts(folder: str) -> None:
    endpoint = load(folder)
    assert endpoint.path == ENDPOINTS[folder].path
    assert callable(getattr(endpoint.module, ENDPOINTS[folder].function))
    # An endpoint answers at its path and nowhere else.
    assert endpoint.client.options(endpoint.path).status_code == 204
    assert endpoint.client.options(endpoint.path + "/x").status_code == 404


@pytest.mark.parametrize("folder", ENDPOINTS)
def test_an_endpoint_is_given_exactly_what_it_asks_for(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = ENDPOINTS[folder]
    required, optional = asked_for(folder, monkeypatch)
    assert {*endpoint.secrets, *endpoint.variables} == required
    # A function is not given what its host sets, nor what is for development.
    of_host = {"HENK_ENV", "HENK_VERSION", "K_SERVICE"}
    for_development = {"SCHEDULER_ISSUER", "TWILIO_API_URL", "SUPABASE_STORAGE_URL"}
    assert optional - of_host - for_development == {
        *endpoint.optional_secrets,
        *endpoint.optional_variables,
    }


@pytest.mark.parametrize("folder", ENDPOINTS)
def test_an_endpoint_starts_on_what_the_bundle_gives_it_alone(folder: str) -> None:
    endpoint = ENDPOINTS[folder]
    given = {*endpoint.secrets, *endpoint.variables}
    load(folder, **{name: None for name in ENVIRONMENT if name not in given})


@pytest.mark.parametrize("folder", ENDPOINTS)
def test_secrets_are_listed_as_secrets(folder: str) -> None:
    endpoint = ENDPOINTS[folder]
    assert not SECRETS & set(endpoint.variables)
    assert {*endpoint.secrets, *endpoint.optional_secrets} <= SECRETS
    assert not set(endpoint.secrets) & set(endpoint.variables)


@pytest.mark.parametrize("folder", ENDPOINTS)
def test_no_endpoint_is_given_a_key_to_everything(folder: str) -> None:
    given = " ".join((*ENDPOINTS[folder].secrets, *ENDPOINTS[folder].variables))
    assert not re.search(r"SERVICE_ROLE|SUPABASE_SECRET_KEY|SIGNING|DATABASE_URL", given)


@pytest.mark.parametrize("folder", ENDPOINTS)
def test_an_endpoint_says_who_calls_it(folder: str) -> None:
    endpoint = ENDPOINTS[folder]
    assert set(endpoint.called_by) <= {"browser", "twilio", "scheduler"}
    assert endpoint.called_by
    assert ("twilio" in endpoint.called_by) == ("TWILIO_AUTH_TOKEN" in endpoint.secrets)
    assert ("scheduler" in endpoint.called_by) == (
        "SCHEDULER_SERVICE_ACCOUNT" in endpoint.variables
    )


def test_no_two_endpoints_share_a_path() -> None:
    assert len({endpoint.path for endpoint in ENDPOINTS.values()}) == len(ENDPOINTS)


def test_an_entry_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "bundle.toml"
    file.write_text(ENTRY)
    assert bundle.endpoints(file) == [
        bundle.Endpoint("x_fn", "/x", "x", ("browser",), ("A",), ("C",), ("B",), "256Mi", 20, 16, 0)
    ]


@pytest.mark.parametrize(
    "entry",
    [
        ENTRY + "colour = 'blue'\n",
        ENTRY.replace('memory = "256Mi"\n', ""),
        ENTRY.replace("timeout_seconds = 20\n", ""),
        ENTRY.replace("concurrency = 16\n", ""),
        ENTRY.replace('secrets = ["A"]\n', ""),
    ],
)
def test_an_entry_with_a_field_too_many_or_too_few_is_refused(tmp_path: Path, entry: str) -> None:
    file = tmp_path / "bundle.toml"
    file.write_text(entry)
    with pytest.raises(TypeError):
        bundle.endpoints(file)
