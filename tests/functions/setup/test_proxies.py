"""This machine is asked directly, other hosts through the operator's proxy. A proxy that cannot be
used is a sentence."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping

import httpx
import pytest
import requests

from functions.doctor.check import Finding
from functions.doctor.examination import examinations, findings, run
from functions.doctor.inputs import Inputs, read
from functions.setup import proxies, twilio_api, twiml_app
from functions.setup.proxies import ProxyUnusable, client, proxy_of, sparing_this_machine
from functions.setup.settings import Operator
from tests.functions.deploy.lab import SETTINGS
from tests.proxies import HOSTILE, HTTP, SOCKS

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
OUTSIDE = "https://api.twilio.example/2010-04-01"


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A proxy that notes what it is asked for and refuses. Its address, and its notes."""
    notes: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    notes.append(connection.recv(4096).split(b"\r\n")[0].decode())
                    connection.sendall(b"HTTP/1.1 407 Sign in\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", notes
        server.shutdown(socket.SHUT_RDWR)


def set_environment(patch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> None:
    for name in NAMES:
        patch.delenv(name, raising=False)
        patch.delenv(name.upper(), raising=False)
    for name, value in variables.items():
        patch.setenv(name, value)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://localhost:8080/x", True),
        ("http://LOCALHOST", True),
        ("http://app.localhost:1", True),
        ("http://127.0.0.1:8080", True),
        ("https://127.8.8.8", True),
        ("http://[::1]:8080", True),
        ("http://[::ffff:127.0.0.1]", True),
        ("http://0.0.0.0:80", True),
        ("http://user:secret@127.0.0.1", True),
        ("https://api.twilio.com", False),
        ("https://localhost.example.com", False),
        ("https://127.0.0.1.example.com", False),
        ("http://127.0.0.1@example.com", False),
        ("http://10.0.0.1", False),
        ("http://[::2]", False),
        ("", False),
        ("http://[x", False),
    ],
)
def test_which_addresses_are_this_machine(url: str, here: bool) -> None:
    assert proxies.is_this_machine(url) is here


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"])
@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("proxy", ["", SOCKS, "socks4://127.0.0.1:9", "nonsense://[x"])
def test_no_proxy_of_the_environment_is_asked_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
    asked: tuple[str, list[str]],
    url: str,
    name: str,
    proxy: str,
) -> None:
    set_environment(monkeypatch, {name: proxy or asked[0], "no_proxy": "example.com"})
    # Nothing listens there.
    with client(url, timeout=5) as http, pytest.raises(httpx.ConnectError):
        http.get(url)
    twilio = twilio_api.client("AC", "x", "AC", url)
    with pytest.raises(requests.ConnectionError) as caught:
        twilio.api.v2010.accounts("AC").fetch()
    assert not isinstance(caught.value, requests.exceptions.ProxyError)
    assert asked[1] == []


def test_other_hosts_are_asked_through_the_operators_proxy(
    monkeypatch: pytest.MonkeyPatch, asked: tuple[str, list[str]]
) -> None:
    url, notes = asked
    # The proxy for everything is not needed, so it does not matter that it cannot be used.
    set_environment(monkeypatch, {"HTTPS_PROXY": url, "ALL_PROXY": "nonsense://x"})
    with client(OUTSIDE, "http://127.0.0.1:1", timeout=5) as http:
        with pytest.raises(httpx.ProxyError):
            http.get(OUTSIDE)
        with pytest.raises(httpx.ConnectError):
            http.get("http://127.0.0.1:1")
    with pytest.raises(requests.exceptions.ProxyError):
        twilio_api.client("AC", "x", "AC", OUTSIDE).api.v2010.accounts("AC").fetch()
    assert [note.split()[:2] for note in notes] == 2 * [["CONNECT", "api.twilio.example:443"]]


def test_no_proxy_of_the_operator_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, {"https_proxy": HTTP, "no_proxy": "twilio.example,x.co"})
    assert proxy_of(OUTSIDE) is None
    assert proxy_of("https://abc.supabase.example") is not None
    set_environment(monkeypatch, {"https_proxy": HTTP, "NO_PROXY": "*"})
    assert proxy_of("https://abc.supabase.example") is None


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"ALL_PROXY": SOCKS}, "ALL_PROXY names a SOCKS proxy (127.0.0.1:9), and"),
        ({"all_proxy": "socks5h://u:hidden@10.0.0.1:1080"}, "all_proxy names a SOCKS proxy (10.0"),
        ({"HTTPS_PROXY": "socks5://proxy"}, "HTTPS_PROXY names a SOCKS proxy (proxy), and"),
        ({"https_proxy": "socks4://u:hidden@10.0.0.1"}, "of the kind socks4://, which is not"),
        ({"https_proxy": "ftp://10.0.0.1"}, "of the kind ftp://, which is not supported"),
        ({"https_proxy": "http://"}, "https_proxy names no host"),
        ({"https_proxy": "http://u:hidden@[x"}, "https_proxy is not the address of a proxy"),
        ({"https_proxy": "http://u:hidden@h:port"}, "https_proxy is not the address of a proxy"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], says: str
) -> None:
    set_environment(monkeypatch, variables)
    with pytest.raises(ProxyUnusable) as caught:
        client(OUTSIDE, timeout=5)
    said = str(caught.value)
    assert says in said
    assert f"unset {next(iter(variables))}" in said
    assert "hidden" not in said
    twilio = twilio_api.client("AC", "x", "AC", OUTSIDE)
    with pytest.raises(twiml_app.TwilioFailed, match="Twilio cannot be asked: "):
        twiml_app.find(twilio, None)


def test_the_doctor_tells_a_proxy_once(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, HOSTILE)
    inputs = outside()
    failed = [
        check
        for check in run(inputs)
        if check.status == "fail" and check.name not in ("database", "google_cloud")
    ]
    (found,) = failed
    assert found.detail.startswith("No answer from the proxy 127.0.0.1:9, which http")
    assert "proxy-password" not in repr(found)


def test_the_doctor_tells_a_proxy_without_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, {"ALL_PROXY": SOCKS})
    found = look("supabase_api", outside()) + look("twilio_credentials", outside())
    assert {finding.status for finding in found} == {"fail"}
    assert len({finding.cause for finding in found}) == 1
    assert found[0].detail.startswith("ALL_PROXY names a SOCKS proxy")


def outside() -> Inputs:
    operator, problems = read(
        SETTINGS
        | {
            "SUPABASE_URL": "https://abc.supabase.example",
            "SUPABASE_DB_URL": "postgresql://postgres:x@127.0.0.1:1/postgres",
            "TWILIO_API_URL": "https://api.twilio.example",
            "PUBLIC_BASE_URL": "https://app.callhenk.example/api/twilio",
        }
    )
    assert isinstance(operator, Operator)
    assert not problems
    return Inputs(operator, base_url=lambda: operator.public_base_url)


def look(name: str, inputs: Inputs) -> list[Finding]:
    return [
        finding
        for each in examinations()
        if each.name == name
        for finding in findings(each, inputs)
    ]


@pytest.mark.parametrize(
    ("environ", "value"),
    [
        ({}, None),
        ({"PATH": "/bin", "no_proxy": "x.co"}, "x.co,localhost,127.0.0.1,::1"),
        ({"HTTP_PROXY": HTTP}, "localhost,127.0.0.1,::1"),
        ({"http_proxy": HTTP, "NO_PROXY": "a.co, localhost"}, "a.co,localhost,127.0.0.1,::1"),
        ({"http_proxy": HTTP, "no_proxy": "a", "NO_PROXY": "b"}, "a,b,localhost,127.0.0.1,::1"),
    ],
)
def test_other_programs_are_told_to_spare_this_machine(
    environ: dict[str, str], value: str | None
) -> None:
    spared = sparing_this_machine(environ)
    assert {spared.get("no_proxy"), spared.get("NO_PROXY")} == {value}
    assert {**environ, "no_proxy": 1, "NO_PROXY": 1} == {**spared, "no_proxy": 1, "NO_PROXY": 1}
