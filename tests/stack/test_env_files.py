"""`.env` as the local stack meets it: what a program of Windows wrote, what nobody filled in, and
what the Supabase CLI would read by rules of its own."""

from __future__ import annotations

import shutil
import signal
import sys
from pathlib import Path

import psycopg
import pytest

from functions.bundle import ROOT
from stack import Postgres, Settings, StackError
from stack.__main__ import main
from stack.migrations import push

HOSTED = """\
SUPABASE_URL=https://abc.supabase.co # the project
SUPABASE_PUBLISHABLE_KEY=sb_publishable_x
SUPABASE_WEBHOOK_JWT=a.b.c
SUPABASE_RECONCILER_JWT=d.e.f
SUPABASE_RECORDER_JWT=g.h.i
SUPABASE_REPORTER_JWT=j.k.l
SIMULATOR_CALLER_IDS=+14155550100
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_of_windows_is_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / ".env").write_bytes(HOSTED.replace("\n", "\r\n").encode(encoding))
    settings = Settings.load(environ={}, env_path=tmp_path / ".env", local_dir=tmp_path)
    assert settings.supabase_url == "https://abc.supabase.co"
    assert settings.hosted is not None
    assert settings.hosted.caller_ids == "+14155550100"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("SUPABASE_PUBLISHABLE_KEY=sb_publishable_...", "is still the example's"),
        ("SUPABASE_PUBLISHABLE_KEY=“sb_publishable_x”", "has a curly quote (“, U+201C)"),
        ("SUPABASE_WEBHOOK_JWT=a.b\u200b.c", "ZERO WIDTH SPACE, U+200B"),
        ("SUPABASE_URL=https://abc.supabase.co/#x", "write # as %23"),
        ("DEMO_PASSWORD=•••••••", "a dot that stands for a hidden character"),
        ("SUPABASE_JWT_SECRET=short", "is malformed (at least 32 characters)"),
    ],
)
def test_what_is_wrong_with_a_hosted_project_is_named(tmp_path: Path, line: str, says: str) -> None:
    (tmp_path / ".env").write_text(f"{HOSTED}{line}\n", encoding="utf-8")
    with pytest.raises(StackError) as caught:
        Settings.load(environ={}, env_path=tmp_path / ".env")
    assert f"\n  - {line.partition('=')[0]} {says.partition(' (')[0]}" in str(caught.value) or (
        says in str(caught.value)
    )
    assert says in str(caught.value)
    assert "remove SUPABASE_URL to use the local Supabase" in str(caught.value)


def test_blanks_around_a_value_do_not_matter(tmp_path: Path) -> None:
    text = HOSTED.replace("sb_publishable_x", "' sb_publishable_x\t'").replace("=a.b.c", "= a.b.c ")
    (tmp_path / ".env").write_text(text, encoding="utf-8")
    hosted = Settings.load(environ={}, env_path=tmp_path / ".env").hosted
    assert hosted is not None
    assert hosted.publishable_key == "sb_publishable_x"
    assert hosted.jwts["SUPABASE_WEBHOOK_JWT"] == "a.b.c"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ((ROOT / ".env.example").read_bytes(), "SUPABASE_URL is still the example's"),
        ("no setting\n".encode("utf-16"), ".env, line 1: expected NAME=VALUE"),
        (b"A=Stra\xdfe\n", ".env looks like Windows-1252 or Latin-1"),
        (None, ".env is a folder, not a file"),
    ],
    ids=["example", "no-setting", "latin-1", "folder"],
)
def test_make_run_says_what_is_wrong_and_starts_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: bytes | None,
    says: str,
) -> None:
    file = tmp_path / ".env"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    environ = {"HENK_LOCAL_DIR": str(tmp_path / "local")}
    load = Settings.load
    monkeypatch.setattr(Settings, "load", lambda: load(environ=environ, env_path=file))
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    monkeypatch.setattr(sys, "argv", ["stack", "run"])
    assert main() == 1
    assert says in capsys.readouterr().err
    assert not (tmp_path / "local").exists()


def test_the_supabase_cli_does_not_read_our_file(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its own rules it would stop: "failed to parse environment file"."""
    monkeypatch.chdir(tmp_path)
    migrations = tmp_path / "supabase" / "migrations"
    migrations.mkdir(parents=True)
    # The CLI takes a folder with this file for a project, and reads its .env.
    shutil.copy2(ROOT / "supabase" / "config.toml", migrations.parent)
    (migrations / "20991231000000_alone.sql").write_text("create table public.alone (id int);")
    (tmp_path / ".env").write_bytes("A=Stra\u00dfe # ours\n".encode("utf-16-le"))
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("create database env_files owner postgres")
        try:
            push(postgres.url("env_files", user="postgres"), tmp_path / "supabase")
            with psycopg.connect(postgres.url("env_files")) as inside:
                inside.execute("select from public.alone")
        finally:
            connection.execute("drop database env_files with (force)")
