"""`python -m stack`, as a developer meets it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import psycopg

from functions.setup import env_file
from stack import Stack
from stack.processes import port_is_free
from stack.settings import CHECKOUT, PORTS_PER_STACK
from tests.proxies import HOSTILE
from tests.stacks import free_port_base
from tests.waiting import wait_until

READY_SECONDS = 180.0


def environ_of(local_dir: Path, port_base: int) -> dict[str, str]:
    return {
        **os.environ,
        "HENK_LOCAL_DIR": str(local_dir),
        "HENK_PORT_BASE": str(port_base),
        # A simulated second takes a twentieth of a real one.
        "SIMULATOR_TIME_SCALE": "0.05",
        "PYTHONUNBUFFERED": "1",
        **HOSTILE,
    }


@contextlib.contextmanager
def running(local_dir: Path, port_base: int, output: Path) -> Iterator[subprocess.Popen[bytes]]:
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "stack", "run"],
            cwd=CHECKOUT,
            env=environ_of(local_dir, port_base),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(
            lambda: "Everything answers" in output.read_text() or process.poll() is not None,
            READY_SECONDS,
        )
        assert process.poll() is None, output.read_text()
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(60)


def stack_command(
    local_dir: Path, port_base: int, *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stack", *arguments],
        cwd=CHECKOUT,
        env=environ_of(local_dir, port_base),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def of_stack(stack: Stack) -> tuple[Path, int]:
    return stack.settings.local_dir, stack.settings.port_base


def files_of_history(env: Mapping[str, str]) -> dict[str, str]:
    """The hash of each recording that the demo rep can play, by its id. It is that of the row."""
    auth = httpx.post(
        f"{env['SUPABASE_URL']}/auth/v1/token?grant_type=password",
        headers={"apikey": env["SUPABASE_PUBLISHABLE_KEY"]},
        json={"email": env["DEMO_EMAIL"], "password": env["DEMO_PASSWORD"]},
    ).json()
    files = {}
    with psycopg.connect(env["DATABASE_URL"]) as connection:
        for conversation_id, recording_id, sha256 in connection.execute(
            "select conversation_id, id::text, sha256 from public.recordings where state = 'kept'"
        ):
            answer = httpx.get(
                f"{env['FUNCTIONS_URL']}/api/twilio/recording",
                params={"conversationId": str(conversation_id)},
                headers={"Authorization": f"Bearer {auth['access_token']}"},
                timeout=30,
            ).json()
            [playable] = answer["data"]["recordings"]
            file = httpx.get(playable["url"]).content
            assert (playable["id"], hashlib.sha256(file).hexdigest()) == (recording_id, sha256)
            files[recording_id] = sha256
    return files


def message_of_demo(env: Mapping[str, str]) -> bytes:
    """The file of the demo rep's message for answering machines. It is as long as the row says."""
    with psycopg.connect(env["DATABASE_URL"]) as connection:
        [(path, size)] = connection.execute(
            "select object_path, bytes from public.voicemail_messages"
        ).fetchall()
    key = env["SUPABASE_SECRET_KEY"]
    answer = httpx.get(
        f"{env['SUPABASE_URL']}/storage/v1/object/messages/{path}",
        headers={"apikey": key, "Authorization": f"Bearer {key}"},
    )
    assert (answer.status_code, len(answer.content)) == (200, size)
    return answer.content


def queue_of_demo_can_be_called(local_dir: Path, port_base: int) -> None:
    """Twice, because the second time a person answers, which Twilio's detection tells."""
    first = stack_command(local_dir, port_base, "call", "--queue")
    assert first.returncode == 0, first.stdout + first.stderr
    done = stack_command(local_dir, port_base, "call", "--queue")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "human" in done.stdout
    assert len(re.findall(r"queue +[^:]+: (?:new|retry), attempt \d", done.stdout)) == 2
    for line in ("queue +[^:]+: ready, retry at ", "queue +[^:]+: ready, call_back at "):
        assert re.search(line, done.stdout), line


def a_call_starts_the_stack_with_a_colleague_who_takes_the_lead(
    local_dir: Path, port_base: int
) -> None:
    done = stack_command(local_dir, port_base, "call", "--transfer", "warm")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Robin Rep is available" in done.stdout
    for line in (
        "control +warm transfer$",
        "room +participant-join: teammate$",
        "control +complete$",
    ):
        assert re.search(line, done.stdout, re.MULTILINE), line
    assert re.search(r"^  status +completed$", done.stdout, re.MULTILINE)
    assert re.search(r"^  hold_seconds +[1-9]", done.stdout, re.MULTILINE)


def test_a_stack_starts_stops_and_starts_again_on_the_same_data_until_it_is_reset(
    tmp_path: Path,
) -> None:
    """One test, because a stack that starts costs more than most tests: after Ctrl-C, after it was
    killed, after a part of it died, which it names, and for a single call."""
    local_dir, port_base = tmp_path / "local", free_port_base()
    with running(local_dir, port_base, tmp_path / "first.txt") as process:
        path = local_dir / "stack.env"
        env = env_file.read(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert {
            "SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_SECRET_KEY",
            "SUPABASE_JWT_SECRET", "DATABASE_URL", "FUNCTIONS_URL", "PUBLIC_BASE_URL",
            "SIMULATOR_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "DEMO_EMAIL",
            "DEMO_PASSWORD", "DEMO_BUSINESS_ID",
        } <= env.keys()  # fmt: skip
        said = (tmp_path / "first.txt").read_text()
        for address in (env["CALLS_PAGE_URL"], f"{env['CALLS_PAGE_URL']}/api-docs/"):
            assert re.search(rf" {re.escape(address)}\n", said)
            assert httpx.get(address).status_code == 200
        with psycopg.connect(env["DATABASE_URL"]) as connection:
            connection.execute("create table public.kept (n integer)")
        files = files_of_history(env)
        assert len(files) == 2
        assert message_of_demo(env)[:4] == b"RIFF"
        queue_of_demo_can_be_called(local_dir, port_base)
        # stack.env exists only while everything answers.
        assert httpx.get(f"{env['FUNCTIONS_URL']}/api/twilio/token").status_code == 405
        assert httpx.get(f"{env['SIMULATOR_URL']}/health").status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert not path.exists()
    assert "demo@henk.test" in (tmp_path / "first.txt").read_text()

    with running(local_dir, port_base, tmp_path / "second.txt") as process:
        assert env_file.read(path) == env
        with psycopg.connect(env["DATABASE_URL"]) as connection:
            connection.execute("select from public.kept")
        assert files_of_history(env) == files

        if sys.platform != "linux":  # Only Linux can tie a child to its parent.
            return
        process.send_signal(signal.SIGKILL)
        process.wait(60)

    assert path.exists()
    output = tmp_path / "third.txt"
    # This starts at once, while processes of the killed stack may still be ending.
    with running(local_dir, port_base, output) as process:
        assert env_file.read(path) == env
        postmaster = int((local_dir / "postgres" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGQUIT)
        assert process.wait(60) == 1
    assert re.search(r"Postgres stopped \(.*\)\. The end of .*postgres\.log", output.read_text())
    assert not path.exists()
    assert all(port_is_free(port_base + n) for n in range(PORTS_PER_STACK))

    a_call_starts_the_stack_with_a_colleague_who_takes_the_lead(local_dir, port_base)
    assert not path.exists()
    done = stack_command(local_dir, port_base, "reset")
    assert done.returncode == 0
    assert list(local_dir.iterdir()) == []


def test_a_second_stack_of_the_same_directory_is_refused(stack: Stack) -> None:
    done = stack_command(*of_stack(stack), "run")
    assert done.returncode == 1
    assert f"A stack already runs from {stack.settings.local_dir}" in done.stderr
    assert f"pid {os.getpid()}" in done.stderr
    assert "Traceback" not in done.stderr
    assert stack.settings.stack_env_path.exists()


def test_reset_is_refused_while_the_stack_runs(stack: Stack) -> None:
    done = stack_command(*of_stack(stack), "reset")
    assert done.returncode == 1
    assert "already runs" in done.stderr
    assert stack.settings.data_dir.exists()


def test_a_port_in_use_is_named_before_anything_starts(tmp_path: Path) -> None:
    port_base = free_port_base()
    with socket.create_server(("127.0.0.1", port_base + 1)):
        done = stack_command(tmp_path / "local", port_base, "run")
    assert done.returncode == 1
    assert (
        f"Port {port_base + 1} is in use, but Supabase (REST, Auth and Storage) needs it."
        in done.stderr
    )
    assert "HENK_PORT_BASE" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "local" / "postgres").exists()


def test_call_uses_the_running_stack_and_checks_the_row(stack: Stack) -> None:
    done = stack_command(*of_stack(stack), "call", "--to", "+15005550007")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No stack is running" not in done.stdout
    assert "Ben Busy" in done.stdout
    assert re.search(r"^  status +busy$", done.stdout, re.MULTILINE)


def test_a_call_can_be_recorded_kept_and_listened_to(stack: Stack) -> None:
    setting = "update public.businesses set consent_mode = %s where id = %s"
    business_id = stack.env["DEMO_BUSINESS_ID"]
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as db:
        db.execute(setting, ("both", business_id))
        try:
            done = stack_command(*of_stack(stack), "call", "--record")
        finally:
            db.execute(setting, ("announce", business_id))
    assert done.returncode == 0, done.stdout + done.stderr
    for line in (
        "settings +recording mode: all, not off$",
        "rep +recording: the lead agrees$",
        "row +recording: paused$",
        r"recording +part 1: kept, \d+ s, 2 channels",
        "twilio +has no recording of this call$",
        "settings +recording mode: off again$",
    ):
        assert re.search(line, done.stdout, re.MULTILINE), line


def test_a_call_that_the_functions_refuse_says_so_in_plain_words(stack: Stack) -> None:
    done = stack_command(*of_stack(stack), "call", "--base", stack.env["SIMULATOR_URL"])
    assert done.returncode == 1
    assert "The token function answered 404" in done.stderr
    assert "Traceback" not in done.stderr


def test_functions_that_do_not_answer_are_named(stack: Stack) -> None:
    done = stack_command(*of_stack(stack), "call", "--base", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert "http://127.0.0.1:9/api/twilio/token does not answer" in done.stderr
    assert "Traceback" not in done.stderr
