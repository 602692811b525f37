"""What the stack reads from the environment and from `.env`."""

from __future__ import annotations

import stat
from pathlib import Path

import jwt
import pytest

from functions.setup import env_file
from stack import Settings, StackError, keys
from stack.client_env import client_env
from stack.functions_env import functions_env


def test_every_port_follows_the_port_base(tmp_path: Path) -> None:
    settings = Settings.load(environ={"HENK_PORT_BASE": "9100"}, env_path=tmp_path / ".env")
    assert settings.functions_url == "http://127.0.0.1:9100"
    assert settings.public_base_url == "http://127.0.0.1:9100/api/twilio"
    assert settings.supabase_url == "http://127.0.0.1:9101"
    assert settings.postgres_port == 9102
    assert settings.simulator_url == "http://127.0.0.1:9103"


@pytest.mark.parametrize("base", ["80", "65532", "-1", "8080.5", "http"])
def test_a_malformed_port_base_is_named(tmp_path: Path, base: str) -> None:
    with pytest.raises(StackError, match="HENK_PORT_BASE must be a number from 1024 to 65530"):
        Settings.load(environ={"HENK_PORT_BASE": base}, env_path=tmp_path / ".env")


def test_the_local_directory_can_be_moved(tmp_path: Path) -> None:
    settings = Settings.load(
        environ={"HENK_LOCAL_DIR": str(tmp_path / "other")}, env_path=tmp_path / ".env"
    )
    assert settings.stack_env_path == tmp_path / "other" / "stack.env"


def test_dot_env_points_at_a_hosted_project(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "# the project\n\nexport SUPABASE_URL=https://abc.supabase.co/\n"
        "SUPABASE_PUBLISHABLE_KEY='sb_publishable_x'\nSUPABASE_WEBHOOK_JWT=a.b=.c\n"
        "SUPABASE_RECONCILER_JWT=d.e.f\nSUPABASE_RECORDER_JWT=g.h.i\n"
        "SUPABASE_REPORTER_JWT=j.k.l\n"
        "SIMULATOR_CALLER_IDS=+14155550100\nDEMO_EMAIL=rep@example.com\n"
    )
    hosted = Settings.load(environ={}, env_path=tmp_path / ".env").hosted
    assert hosted is not None
    assert hosted.supabase_url == "https://abc.supabase.co"
    assert hosted.publishable_key == "sb_publishable_x"
    assert hosted.jwts == {
        "SUPABASE_WEBHOOK_JWT": "a.b=.c",
        "SUPABASE_RECONCILER_JWT": "d.e.f",
        "SUPABASE_RECORDER_JWT": "g.h.i",
        "SUPABASE_REPORTER_JWT": "j.k.l",
    }
    assert hosted.jwt_secret is None
    assert hosted.demo == {"DEMO_EMAIL": "rep@example.com"}


def test_a_hosted_project_without_its_keys_names_every_one_missing(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SUPABASE_URL=https://abc.supabase.co\n")
    missing = (
        "lacks SUPABASE_PUBLISHABLE_KEY, SIMULATOR_CALLER_IDS, SUPABASE_WEBHOOK_JWT,"
        " SUPABASE_RECONCILER_JWT, SUPABASE_RECORDER_JWT, SUPABASE_REPORTER_JWT"
    )
    with pytest.raises(StackError, match=missing):
        Settings.load(environ={}, env_path=tmp_path / ".env")


def test_a_project_that_signs_with_a_secret_needs_no_jwt_made_by_hand(
    tmp_path: Path,
) -> None:
    secret = "a secret of at least thirty-two characters"
    (tmp_path / ".env").write_text(
        "SUPABASE_URL=http://127.0.0.1:54321\nSUPABASE_PUBLISHABLE_KEY=sb_publishable_x\n"
        f"SUPABASE_JWT_SECRET={secret}\nSIMULATOR_CALLER_IDS=+14155550100\n"
    )
    hosted = Settings.load(environ={}, env_path=tmp_path / ".env").hosted
    assert hosted is not None
    roles = {
        name: jwt.decode(token, secret, ["HS256"], audience="authenticated")["role"]
        for name, token in hosted.jwts.items()
    }
    assert roles == {
        "SUPABASE_WEBHOOK_JWT": "call_webhook",
        "SUPABASE_RECONCILER_JWT": "call_reconciler",
        "SUPABASE_RECORDER_JWT": "call_recorder",
        "SUPABASE_REPORTER_JWT": "call_reporter",
    }


def test_the_environment_alone_does_not_make_a_project_hosted(tmp_path: Path) -> None:
    environ = {"SUPABASE_URL": "https://abc.supabase.co"}
    assert Settings.load(environ=environ, env_path=tmp_path / ".env").hosted is None


def test_keys_are_made_up_once_and_kept_from_others(tmp_path: Path) -> None:
    path = tmp_path / "keys.env"
    first = keys.load(path)
    assert keys.load(path) == first
    assert keys.load(tmp_path / "others.env") != first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(first.supabase_jwt_secret) >= 32


def test_a_key_that_an_older_keys_file_lacks_is_added_to_the_others(tmp_path: Path) -> None:
    path = tmp_path / "keys.env"
    env_file.write(path, {"TWILIO_AUTH_TOKEN": "kept"})
    added = keys.load(path)
    assert added.twilio_auth_token == "kept"
    assert keys.load(path) == added


@pytest.mark.parametrize(
    ("time_scale", "seconds"), [(None, 10.0), ("2", 20.0), ("0.02", 1.0), ("no number", 10.0)]
)
def test_the_scheduler_runs_as_fast_as_the_clock_and_at_most_once_a_second(
    tmp_path: Path, time_scale: str | None, seconds: float
) -> None:
    environ = {} if time_scale is None else {"SIMULATOR_TIME_SCALE": time_scale}
    settings = Settings.load(environ=environ, env_path=tmp_path / ".env")
    assert settings.schedule_seconds == seconds
    resting = Settings.load(environ=environ, env_path=tmp_path / ".env", scheduled=False)
    assert resting.schedule_seconds == 0


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("TWILIO_API_URL", "http://127.0.0.1:8083"),
        ("SUPABASE_STORAGE_URL", "http://127.0.0.1:8081/storage/v1"),
    ],
)
def test_an_outside_service_takes_the_place_of_ours(tmp_path: Path, name: str, ours: str) -> None:
    made_up = keys.load(tmp_path / "keys.env")
    elsewhere = {name: "http://127.0.0.1:9000"}
    for environ, expected in (({}, ours), (elsewhere, "http://127.0.0.1:9000")):
        settings = Settings.load(environ=environ, env_path=tmp_path / ".env")
        env = client_env(settings, made_up, None, {})
        assert env[name] == expected
        assert functions_env(env, None)[name] == expected


def test_another_project_has_a_storage_of_its_own(tmp_path: Path) -> None:
    settings = Settings.load(environ={}, env_path=tmp_path / ".env")
    env = client_env(settings, keys.load(tmp_path / "keys.env"), None, {})
    other = {"SUPABASE_URL": "https://abc.supabase.co"}
    assert "SUPABASE_STORAGE_URL" not in functions_env(env, None, other)
    named = {**other, "SUPABASE_STORAGE_URL": "http://127.0.0.1:9000"}
    assert functions_env(env, None, named)["SUPABASE_STORAGE_URL"] == "http://127.0.0.1:9000"
