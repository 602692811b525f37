"""Requests over libcurl, to servers that work and to servers that fail."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from shared.http_client import HttpClient, NoAnswer, Upload
from tests.certificates import self_signed
from tests.endpoints import serving

SECONDS = 5.0


class Server(BaseHTTPRequestHandler):
    """Its answer says what it was asked. Some paths answer what a server should not answer."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        match self.path.partition("?")[0]:
            case "/trickling-head":
                self.trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n")
            case "/trickling-body":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
                self.trickle(b"x" * 900)
            case "/moved":
                self.answer(302, b"", Location="/elsewhere")
            case "/later":
                self.answer(429, b"", **{"Retry-After": unquote(self.path.partition("?")[2])})
            case "/cookie":
                self.answer(200, b"", **{"Set-Cookie": "a=b"})
            case "/chunked":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                self.wfile.write(b"3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n")
            case "/nothing":
                self.send_response(204)
                self.end_headers()
            case "/no-http":
                self.wfile.write(b"220 mail.example ESMTP\r\n")
                self.close_connection = True
            case "/cut-off":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1")
                self.close_connection = True
            case "/hang-up":
                self.close_connection = True
            case _:
                self.echo()

    def do_POST(self) -> None:
        self.echo(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def echo(self, body: str | None = None) -> None:
        asked = {
            "method": self.command,
            "path": self.path,
            "headers": [[name.lower(), value] for name, value in self.headers.items()],
            "body": body,
            "port": self.client_address[1],
        }
        self.answer(200, json.dumps(asked).encode())

    def answer(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def trickle(self, content: bytes) -> None:
        """Sends a byte every twentieth of a second, so that the whole takes too long."""
        try:
            for byte in content:
                self.wfile.write(bytes([byte]))
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving(Server) as address:
        yield address


@pytest.fixture
def client() -> HttpClient:
    return HttpClient()


def test_posts_and_gets_in_turns(client: HttpClient, server: str) -> None:
    headers = ["Content-Type: application/json", "X-Token: t"]
    answer = client.request(
        "POST", f"{server}/a?b=c", headers=headers, body=b'{"\xc3\xbc": 1}', seconds=SECONDS
    )
    posted = json.loads(answer.content)
    assert (posted["method"], posted["path"]) == ("POST", "/a?b=c")
    assert posted["body"] == '{"ü": 1}'
    assert ["content-type", "application/json"] in posted["headers"]
    got = json.loads(
        client.request("GET", f"{server}/d", headers=["X-Other: o"], seconds=SECONDS).content
    )
    assert (got["method"], got["path"], got["body"]) == ("GET", "/d", None)
    names = [name for name, _ in got["headers"]]
    assert "x-other" in names
    assert not {"x-token", "content-type", "content-length"} & set(names)
    empty = json.loads(client.request("POST", server, body=b"", seconds=SECONDS).content)
    assert (empty["method"], empty["body"]) == ("POST", "")


def test_a_large_body_is_sent_without_asking_first(client: HttpClient, server: str) -> None:
    body = b"x" * (2 << 20)
    assert (
        json.loads(client.request("POST", server, body=body, seconds=SECONDS).content)["body"]
        == body.decode()
    )


def test_the_connection_is_used_again_by_its_thread_alone(client: HttpClient, server: str) -> None:
    def ports() -> set[int]:
        return {
            json.loads(client.request("GET", server, seconds=SECONDS).content)["port"]
            for _ in range(5)
        }

    found: list[set[int]] = []
    threads = [threading.Thread(target=lambda: found.append(ports())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    found.append(ports())
    assert [len(each) for each in found] == [1] * 4
    assert len(set.union(*found)) == 4


@pytest.mark.parametrize("path", ["/trickling-head", "/trickling-body"])
def test_an_answer_that_trickles_ends_in_time(client: HttpClient, server: str, path: str) -> None:
    started = time.monotonic()
    with pytest.raises(NoAnswer) as raised:
        client.request("GET", server + path, seconds=0.4)
    assert raised.value.timed_out
    assert time.monotonic() - started < 3


def test_a_server_that_is_silent_is_not_waited_for(client: HttpClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        with pytest.raises(NoAnswer, match="no answer in time") as raised:
            client.request("GET", f"http://127.0.0.1:{silent.getsockname()[1]}/", seconds=0.3)
        assert raised.value.timed_out
        assert time.monotonic() - started < 3


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_nothing_is_sent_when_no_time_is_left(client: HttpClient, seconds: float) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        with pytest.raises(NoAnswer) as raised:
            client.request(
                "GET", f"http://127.0.0.1:{listening.getsockname()[1]}/", seconds=seconds
            )
        assert raised.value.timed_out
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_less_than_a_millisecond_is_a_limit_too(client: HttpClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        hangs_up = threading.Timer(2, silent.close)
        hangs_up.start()
        with pytest.raises(NoAnswer) as raised:
            client.request("GET", url, seconds=0.0004)
        hangs_up.cancel()
    assert raised.value.timed_out


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/no-http", "HTTP"), ("/cut-off", "cut off"), ("/hang-up", "hung up")],
)
def test_a_broken_answer_counts_as_no_answer(
    client: HttpClient, server: str, path: str, reason: str
) -> None:
    with pytest.raises(NoAnswer, match=reason) as raised:
        client.request("GET", server + path, seconds=SECONDS)
    assert not raised.value.timed_out
    assert "mail.example" not in str(raised.value)
    assert client.request("GET", server, seconds=SECONDS).status == 200


WHOLE = {
    "of a length": b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 2\r\nDate: x\r\n\r\n[]",
    "in chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
    "a refusal": b"HTTP/1.1 401 Unauthorized\r\nServer: x\r\nContent-Length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("whole", WHOLE.values(), ids=WHOLE)
def test_an_answer_that_breaks_off_anywhere_counts_as_no_answer(
    client: HttpClient, whole: bytes
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"

        def serve() -> None:
            for length in range(len(whole) + 1):
                connection, _ = listening.accept()
                with connection:
                    connection.recv(1000)
                    connection.sendall(whole[:length])

        thread = threading.Thread(target=serve)
        thread.start()
        answered = []
        for length in range(len(whole) + 1):
            with contextlib.suppress(NoAnswer):
                client.request("GET", url, seconds=SECONDS)
                answered.append(length)
        thread.join(10)
    assert answered == [len(whole)]


def test_a_host_name_that_does_not_exist(client: HttpClient) -> None:
    with pytest.raises(NoAnswer, match="resolved") as raised:
        client.request("GET", "http://nobody.invalid/", seconds=SECONDS)
    assert not raised.value.timed_out


def test_a_port_where_nothing_listens(client: HttpClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    with pytest.raises(NoAnswer, match="not accept") as raised:
        client.request("GET", url, seconds=SECONDS)
    assert not raised.value.timed_out


def test_a_connection_that_was_closed_while_idle_is_replaced(client: HttpClient) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"

        def serve() -> None:
            for _ in range(3):
                connection, _ = listening.accept()
                with connection:
                    connection.recv(1000)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        for _ in range(3):
            assert client.request("POST", url, body=b"{}", seconds=SECONDS).json() == []
        thread.join(10)


def test_bodies_of_every_kind(client: HttpClient, server: str) -> None:
    assert client.request("GET", f"{server}/chunked", seconds=SECONDS).json() == [1, 2]
    nothing = client.request("GET", f"{server}/nothing", seconds=SECONDS)
    assert (nothing.status, nothing.content) == (204, b"")
    with pytest.raises(ValueError, match="Expecting value"):
        nothing.json()


def test_redirects_are_not_followed(client: HttpClient, server: str) -> None:
    answer = client.request("GET", f"{server}/moved", seconds=SECONDS)
    assert (answer.status, answer.redirect_url) == (302, f"{server}/elsewhere")
    assert client.request("GET", server, seconds=SECONDS).redirect_url is None


def test_headers_are_those_of_one_request(client: HttpClient, server: str) -> None:
    client.request("GET", server, headers=["Authorization: Basic key"], seconds=SECONDS)
    asked = json.loads(client.request("GET", server, seconds=SECONDS).content)
    assert "authorization" not in [name for name, _ in asked["headers"]]


def test_a_body_is_sent_piece_by_piece(client: HttpClient, server: str) -> None:
    sizes: list[int] = []
    body = io.BytesIO(b"x" * (1 << 20))

    def read(size: int) -> bytes:
        sizes.append(size)
        return body.read(size)

    answer = client.request("POST", server, body=Upload(read, 1 << 20), seconds=SECONDS)
    asked = json.loads(answer.content)
    assert asked["body"] == "x" * (1 << 20)
    assert ["content-length", str(1 << 20)] in asked["headers"]
    assert not {"expect", "transfer-encoding"} & {name for name, _ in asked["headers"]}
    assert max(sizes) < 1 << 20
    # The next ones are not uploads.
    again = json.loads(client.request("POST", server, body=b"y", seconds=SECONDS).content)
    assert again["body"] == "y"
    assert json.loads(client.request("GET", server, seconds=SECONDS).content)["method"] == "GET"


def test_a_body_that_ends_early_is_no_request(client: HttpClient, server: str) -> None:
    body = io.BytesIO(b"xx")
    with pytest.raises(NoAnswer):
        client.request("POST", server, body=Upload(body.read, 3), seconds=1.0)


def test_an_answer_is_received_piece_by_piece(client: HttpClient, server: str) -> None:
    pieces: list[bytes] = []

    def receive(piece: bytes) -> bool:
        pieces.append(piece)
        return True

    answer = client.request("GET", f"{server}/chunked", seconds=SECONDS, receive=receive)
    assert (answer.status, answer.content) == (200, b"")
    assert b"".join(pieces) == b"[1,2]"
    # What is not a success is for the caller of this, and so is every later answer.
    assert client.request("GET", f"{server}/moved", seconds=SECONDS, receive=receive).status == 302
    assert client.request("GET", f"{server}/chunked", seconds=SECONDS).json() == [1, 2]
    assert b"".join(pieces) == b"[1,2]"


@pytest.mark.parametrize("path", ["cut-off", "hang-up", "trickling-body"])
def test_a_part_of_an_answer_is_no_answer(client: HttpClient, server: str, path: str) -> None:
    with pytest.raises(NoAnswer):
        client.request("GET", f"{server}/{path}", seconds=0.3, receive=lambda _piece: True)


def test_whoever_receives_may_end_it(client: HttpClient, server: str) -> None:
    with pytest.raises(NoAnswer):
        client.request("GET", server, seconds=SECONDS, receive=lambda _piece: False)
    assert client.request("GET", server, seconds=SECONDS).status == 200


def test_cookies_are_not_kept(client: HttpClient, server: str) -> None:
    client.request("GET", f"{server}/cookie", seconds=SECONDS)
    asked = json.loads(client.request("GET", server, seconds=SECONDS).content)
    assert "cookie" not in [name for name, _ in asked["headers"]]


def test_proxies_of_the_environment_are_not_asked(
    client: HttpClient, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert client.request("GET", server, seconds=SECONDS).status == 200


def test_how_long_to_wait(client: HttpClient, server: str) -> None:
    def asked(retry_after: str) -> int:
        return client.request("GET", f"{server}/later?{retry_after}", seconds=SECONDS).retry_after

    assert asked("17") == 17
    assert [asked(junk) for junk in ("soon", "-5", "")] == [0, 0, 0]
    assert client.request("GET", server, seconds=SECONDS).retry_after == 0
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 60 < asked(quote(date)) <= 90


def test_a_certificate_of_an_unknown_authority_is_refused(
    client: HttpClient, tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with (
                contextlib.suppress(OSError),
                connection,
                context.wrap_socket(connection, server_side=True) as secure,
            ):
                heard.append(secure.recv(1000))

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(NoAnswer, match="certificate"):
            client.request(
                "GET", f"https://localhost:{listening.getsockname()[1]}/", seconds=SECONDS
            )
        thread.join(10)
    assert heard in ([], [b""])
