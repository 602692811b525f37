"""`make functions`: the functions' own server alone, for the stack that runs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from stack import Stack
from stack.__main__ import main
from stack.processes import port_is_free
from stack.settings import CHECKOUT
from tests.end_to_end.clients import Rep, identity, new_call_sid, webhook
from tests.stacks import free_port_base
from tests.waiting import wait_until

TUNNEL = "https://tunnel.example/api/twilio"
OTHER_TOKEN = uuid.uuid4().hex


def command(
    local_dir: Path, port: int, *arguments: str, variables: Mapping[str, str]
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "stack", "functions", f"--port={port}", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, "HENK_LOCAL_DIR": str(local_dir), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@contextlib.contextmanager
def alone(stack: Stack, *arguments: str, **variables: str) -> Iterator[tuple[str, list[str]]]:
    """Yields the server's address, and what it said, once it has stopped."""
    port = free_port_base()
    said: list[str] = []
    process = command(stack.settings.local_dir, port, *arguments, variables=variables)
    try:
        wait_until(lambda: not port_is_free(port) or process.poll() is not None, 30)
        assert process.poll() is None, process.communicate()
        yield f"http://127.0.0.1:{port}", said
    finally:
        process.send_signal(signal.SIGINT)
        try:
            said += process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            # A worker of gunicorn that is told to stop while it starts may never end, and the
            # server's death would not end it.
            os.killpg(process.pid, signal.SIGKILL)
            said += process.communicate()


def refused(local_dir: Path, port: int, *arguments: str, **variables: str) -> str:
    process = command(local_dir, port, *arguments, variables=variables)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Traceback" not in errors
    return errors


def test_it_serves_for_the_running_stack_and_the_environment_wins(
    stack: Stack, tmp_path: Path
) -> None:
    rep = Rep.sign_in(stack)
    grant = rep.grant()
    user_id = rep.rows("business_members", business_id=f"eq.{grant['businessId']}")[0]["user_id"]
    call_sid = new_call_sid()
    params = {
        "CallSid": call_sid,
        "From": identity(user_id, grant["businessId"]),
        "To": "+15005550006",
        "CallStatus": "ringing",
    }
    file = tmp_path / "twilio.env"
    file.write_text(
        f"PUBLIC_BASE_URL=https://of-the-file.example\nTWILIO_AUTH_TOKEN={OTHER_TOKEN}\n"
        # What is left of .env.example is not a setting.
        "SUPABASE_URL=https://your-project.supabase.co\nSUPABASE_WEBHOOK_JWT=\n"
    )
    # The same phone network by another name: no telling whether it is another one.
    twilio_url = stack.env["TWILIO_API_URL"].replace("127.0.0.1", "localhost")
    run = f"{stack.env['SCHEDULER_URL']}/run/recording"
    with alone(stack, "--env", str(file), PUBLIC_BASE_URL=TUNNEL, TWILIO_API_URL=twilio_url) as (
        url,
        said,
    ):
        token = httpx.post(
            f"{url}/api/twilio/token",
            headers={"Authorization": f"Bearer {rep.access_token}"},
            json={},
            timeout=60,
        )
        twilio = {**stack.env, "PUBLIC_BASE_URL": TUNNEL, "TWILIO_AUTH_TOKEN": OTHER_TOKEN}
        as_twilio_signs = webhook(twilio, "twiml", params, to=f"{url}/api/twilio/twiml")
        as_the_stack_signs = webhook(stack.env, "twiml", params, to=f"{url}/api/twilio/twiml")
        scheduled = httpx.post(run, timeout=60)
    scheduled_when_they_are_gone = httpx.post(run, timeout=60)
    here = dict.fromkeys(("url", "audience"), stack.env["PUBLIC_BASE_URL"])
    httpx.put(f"{stack.env['SCHEDULER_URL']}/functions", json=here).raise_for_status()
    assert scheduled.status_code == 200, scheduled.text
    assert scheduled_when_they_are_gone.status_code == 503
    assert httpx.post(run, timeout=60).status_code == 200
    assert token.status_code == 200, token.text
    assert token.json()["data"]["identity"] == grant["identity"]
    assert as_twilio_signs.status_code == 200, as_twilio_signs.text
    assert f'action="{TUNNEL}/twiml?after=dial"' in as_twilio_signs.text
    assert as_the_stack_signs.status_code == 403
    assert [row["call_sid"] for row in rep.rows("conversations", call_sid=f"eq.{call_sid}")] == [
        call_sid
    ]
    assert f"{TUNNEL}/…" in said[0]
    assert twilio_url in said[0]
    assert "Not the stack's: TWILIO_AUTH_TOKEN, TWILIO_API_URL, PUBLIC_BASE_URL" in said[0]
    assert not any(OTHER_TOKEN in text for text in said)


def test_without_a_stack_it_says_what_to_start(tmp_path: Path) -> None:
    errors = refused(tmp_path, free_port_base())
    assert f"No stack runs from {tmp_path}" in errors
    assert "make run" in errors


def test_what_stops_it_is_said_before_it_starts(stack: Stack) -> None:
    local_dir, port = stack.settings.local_dir, free_port_base()
    errors = refused(local_dir, stack.settings.functions_port)
    assert f"Port {stack.settings.functions_port} is in use" in errors
    errors = refused(local_dir, port, PUBLIC_BASE_URL="http://example.com", SUPABASE_URL="nothing")
    assert "SUPABASE_URL must start with https://" in errors
    assert "PUBLIC_BASE_URL must start with https://" in errors
    assert "There is no file" in refused(local_dir, port, "--env", "nowhere.env")


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1"])
def test_a_port_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], port: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["stack", "functions", f"--port={port}"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert "a port is a number from 1 to 65535" in capsys.readouterr().err
