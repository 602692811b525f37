"""Every failure of the network becomes one line, and none delays the report."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import psycopg
import pytest
import requests

from functions.doctor import examination
from functions.doctor.check import Finding, failed
from functions.doctor.examination import Examination, findings, run
from functions.doctor.inputs import Inputs, read
from functions.doctor.network import TIMEOUT_SECONDS, explain, host
from tests import endpoints
from tests.certificates import self_signed

# Who says that a server does not answer. Others that ask it were not examined.
SERVERS = ["twilio_credentials", "supabase_api", "database", "functions"]
PASSWORD = "the-password-of-the-database"


def inputs(port: int) -> Inputs:
    """A set-up in which every address has this port of this machine."""
    address = f"http://127.0.0.1:{port}"
    operator, problems = read(
        {
            **endpoints.ENVIRONMENT,
            "SUPABASE_URL": address,
            "SUPABASE_DB_URL": f"postgresql://postgres:{PASSWORD}@127.0.0.1:{port}/postgres",
            "TWILIO_API_URL": address,
            "TWILIO_PHONE_NUMBER": "+14155550100",
            "PUBLIC_BASE_URL": f"{address}/api/twilio",
        }
    )
    assert not problems
    return Inputs(operator, (), None, lambda: operator.public_base_url)


@pytest.fixture
def silence() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]


def test_on_a_dead_network_each_server_fails_once_and_at_once() -> None:
    started = time.monotonic()
    checks = run(inputs(1))
    assert time.monotonic() - started < 5
    assert {check.name for check in checks if check.status == "pass"} == {"settings"}
    assert [check.name for check in checks if check.status == "fail"] == SERVERS
    for check in checks:
        if check.status == "skip":
            assert check.detail.startswith(("Not examined: ", "Not set")), check
        if check.status == "fail":
            assert "refused" in check.detail, check
            assert check.fix, check
            assert "\n" not in check.detail, check


def test_a_silent_network_does_not_delay_the_report(silence: int) -> None:
    started = time.monotonic()
    checks = run(inputs(silence), deadline_seconds=0.5)
    assert time.monotonic() - started < 2
    late = [check for check in checks if check.detail == "No answer within 0.5 s"]
    assert [check.name for check in late] == SERVERS
    assert all(check.status == "fail" and check.fix for check in late)


def test_one_request_may_take_less_time_than_the_whole_examination() -> None:
    assert TIMEOUT_SECONDS <= 10 < examination.DEADLINE_SECONDS <= 15


@pytest.mark.parametrize("get", [httpx.get, requests.get])
def test_a_name_that_is_not_known(monkeypatch: pytest.MonkeyPatch, get: object) -> None:
    def resolve(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    error = error_of(get, "https://nobody.example/")
    assert explain(error) == "DNS does not know the name"
    assert host(error) == "nobody.example"


@pytest.mark.parametrize("get", [httpx.get, requests.get])
def test_a_port_where_nobody_listens(get: object) -> None:
    assert explain(error_of(get, "http://127.0.0.1:1/")).startswith("the connection was refused")


@pytest.mark.parametrize("get", [httpx.get, requests.get])
def test_no_answer_in_time(get: object, silence: int) -> None:
    error = error_of(get, f"http://127.0.0.1:{silence}/", timeout=0.05)
    assert explain(error) == "no answer in time"


@pytest.mark.parametrize("get", [httpx.get, requests.get])
def test_a_certificate_that_nobody_signed(get: object, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self_signed(tmp_path))
        with context.wrap_socket(listening, server_side=True) as server:
            server.settimeout(5)
            url = f"https://127.0.0.1:{server.getsockname()[1]}/"
            error = error_while_accepting(server, get, url)
    assert explain(error).startswith("TLS: self")
    assert "certificate" in explain(error)


@pytest.mark.parametrize("get", [httpx.get, requests.get])
def test_a_connection_that_is_closed(get: object) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        error = error_while_accepting(server, get, f"http://127.0.0.1:{server.getsockname()[1]}/")
    assert explain(error) == "the connection was closed before the end of an answer"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            'connection failed: connection to server at "10.0.0.1", port 5432 failed: FATAL: '
            ' password authentication failed for user "postgres"\nSSL off',
            'password authentication failed for user "postgres"',
        ),
        (
            'connection to server at "10.0.0.1", port 5432 failed: Connection refused\n\tIs it?',
            "Connection refused",
        ),
        ("connection timeout expired", "connection timeout expired"),
    ],
)
def test_an_error_of_postgres_becomes_a_few_words(said: str, told: str) -> None:
    assert explain(psycopg.OperationalError(said)) == told


def test_a_defect_of_the_doctor_becomes_one_finding() -> None:
    def broken(inputs: Inputs) -> list[object]:
        raise ZeroDivisionError

    examined = Examination("broken", broken, "Wait")  # type: ignore[arg-type]  # a defect
    (found,) = findings(examined, inputs(1))
    assert (found.status, found.detail) == ("fail", "The doctor itself failed: ZeroDivisionError")


def test_no_part_of_a_finding_shows_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    def leak(inputs: Inputs) -> list[Finding]:
        return [failed(PASSWORD, f"It said {PASSWORD}", f"Change {PASSWORD}")]

    monkeypatch.setattr(examination, "examinations", lambda: [Examination("x", leak, "Wait")])
    (check,) = run(inputs(1))
    assert (check.subject, check.detail, check.fix) == (
        "[secret]",
        "It said [secret]",
        "Change [secret]",
    )


def test_a_setting_that_cannot_be_sent_is_told_as_such() -> None:
    usual = inputs(1)
    values = {**usual.operator.values, "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_…"}
    changed = Inputs(read(values)[0])
    (found,) = (
        finding
        for each in examination.examinations()
        if each.name == "supabase_publishable_key"
        for finding in findings(each, changed)
    )
    assert found.detail == "A setting has characters that cannot be sent"


def error_of(get: object, url: str, timeout: float = 5.0) -> Exception:
    assert callable(get)
    with pytest.raises((httpx.HTTPError, requests.RequestException)) as caught:
        get(url, timeout=timeout)
    return caught.value


def error_while_accepting(server: socket.socket, get: object, url: str) -> Exception:
    """The error of a client whose server closes every connection."""
    with ThreadPoolExecutor(1) as pool:
        failing = pool.submit(error_of, get, url)
        with suppress(ssl.SSLError):
            server.accept()[0].close()
        return failing.result(10)
