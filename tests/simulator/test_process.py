"""``python -m simulator`` as a process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import aiohttp
import pytest
from aiohttp import web

from simulator.settings import REQUIRED, SettingsError, from_environment
from tests.simulator.browser import Browser, Gone, audio
from tests.simulator.lab import (
    ACCOUNT_SID,
    APP_SID,
    AUTH_TOKEN,
    CALLER_ID,
    KEY,
    Product,
    access_token,
    serve,
)

GOOD = {
    "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
    "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
    "TWILIO_API_KEY_SID": KEY.sid,
    "TWILIO_API_KEY_SECRET": KEY.secret,
    "TWILIO_TWIML_APP_SID": APP_SID,
    "SIMULATOR_VOICE_URL": "http://127.0.0.1:8080/api/twilio/twiml#rc=2",
    "SIMULATOR_STATUS_CALLBACK": "http://127.0.0.1:8080/api/twilio/status",
    "SIMULATOR_CALLER_IDS": f"{CALLER_ID}, +14155550100",
}


def start(environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "simulator"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_good_settings_are_read_with_their_defaults() -> None:
    settings = from_environment(GOOD)
    assert (settings.host, settings.port, settings.time_scale) == ("127.0.0.1", 8083, 1.0)
    assert settings.media_host == "127.0.0.1"
    assert settings.account.numbers == {CALLER_ID, "+14155550100"}
    app = settings.account.twiml_apps[APP_SID]
    assert app.voice_url == GOOD["SIMULATOR_VOICE_URL"]
    assert app.status_callback == GOOD["SIMULATOR_STATUS_CALLBACK"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SIMULATOR_PORT", "http"),
        ("SIMULATOR_PORT", "70000"),
        ("SIMULATOR_TIME_SCALE", "0"),
        ("SIMULATOR_TIME_SCALE", "nan"),
        ("SIMULATOR_VOICE_URL", "localhost/voice"),
        ("SIMULATOR_STATUS_CALLBACK", "ftp://localhost/status"),
        ("SIMULATOR_CALLER_IDS", "+15005550006,5550100"),
        ("SIMULATOR_LOG_LEVEL", "chatty"),
        ("SIMULATOR_MEDIA_HOST", "localhost"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        from_environment(GOOD | {name: value})


def test_all_missing_settings_are_named_at_once_and_the_exit_code_is_2() -> None:
    process = start({"TWILIO_ACCOUNT_SID": ACCOUNT_SID, "TWILIO_AUTH_TOKEN": " "})
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 2
    [line] = stderr.splitlines()
    assert [name for name in REQUIRED if name in line] == list(REQUIRED[1:])


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly_in_the_middle_of_a_call(stop: signal.Signals) -> None:
    # The product accepts the webhook and never answers, so the call waits.
    silent = socket.create_server(("127.0.0.1", 0))
    port = free_port()
    voice_url = f"http://127.0.0.1:{silent.getsockname()[1]}/voice"
    process = start(GOOD | {"SIMULATOR_PORT": str(port), "SIMULATOR_VOICE_URL": voice_url})
    try:
        _until_healthy(port)
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/simulator/calls",
            json.dumps({"accessToken": access_token()}).encode(),
        )
        with urllib.request.urlopen(request) as response:
            assert response.status == 201
        process.send_signal(stop)
        _, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
        silent.close()
    assert process.returncode == 0
    assert "Traceback" not in stderr
    assert AUTH_TOKEN not in stderr
    assert KEY.secret not in stderr


def test_a_signal_stops_it_cleanly_while_a_browser_talks() -> None:
    asyncio.run(_talk_until_it_stops())


async def _talk_until_it_stops() -> None:
    product = Product()
    product.replies("/voice", "<Response><Echo/></Response>")
    product.replies_status("/status", 204)
    app = web.Application()
    app.router.add_post("/{path:.*}", product.handle)
    port = free_port()
    async with serve(app) as url, aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        process = start(
            GOOD
            | {
                "SIMULATOR_PORT": str(port),
                "SIMULATOR_VOICE_URL": f"{url}/voice",
                "SIMULATOR_STATUS_CALLBACK": f"{url}/status",
            }
        )
        try:
            await asyncio.to_thread(_until_healthy, port)
            async with http.ws_connect("/signal") as websocket, audio() as peer:
                browser = Browser(websocket)
                await browser.listen()
                await browser.invite(await peer.offer())
                await peer.accept((await browser.expect("answer"))["sdp"])
                while peer.loud_frames < 5:
                    await asyncio.sleep(0.02)
                process.send_signal(signal.SIGTERM)
                with pytest.raises(Gone):
                    await browser.receive()
                assert websocket.close_code == 1001
            _, stderr = await asyncio.to_thread(process.communicate, timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0
    assert "Traceback" not in stderr
    assert "aioice" not in stderr


def test_without_browsers_the_packages_for_audio_are_not_loaded() -> None:
    code = "import sys, simulator.__main__ as main; main.make_app; print('aiortc' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"


def test_a_port_in_use_is_said_in_one_line() -> None:
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        occupied.listen()
        port = occupied.getsockname()[1]
        process = start(GOOD | {"SIMULATOR_PORT": str(port)})
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 2
    [line] = stderr.splitlines()
    assert f"127.0.0.1:{port}" in line
    assert "in use" in line


def _until_healthy(port: int) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as response:
                assert response.status == 200
                return
        except urllib.error.URLError:
            time.sleep(0.05)
    raise AssertionError("it did not start")
