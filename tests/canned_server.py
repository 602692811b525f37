"""A server on this machine that gives canned answers, and keeps what it was asked.

It stands in for Supabase's and Twilio's REST APIs, so that tests run the same HTTP client as
production. The paths of the two are different, so that one server is enough.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

# How long the server keeps a request that is never answered, if nobody resets the server.
HANG_SECONDS = 20.0


@dataclass(frozen=True)
class Answer:
    """One answer. ``body`` is sent as JSON; ``content``, if given, is sent as it is.

    ``hangs``: there is no answer until the server is reset. ``breaks_off``: the connection ends in
    the middle of the answer. ``meanwhile`` is called before the answer is sent.
    """

    status: int = 200
    body: object = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False
    breaks_off: bool = False
    meanwhile: Callable[[], None] | None = None

    def encoded(self) -> bytes:
        """The answer as it goes over the network."""
        content = json.dumps(self.body).encode() if self.content is None else self.content
        lines = [f"HTTP/1.1 {self.status} Canned"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.status != 204:
            lines.append(f"Content-Length: {len(content)}")
        whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + (content if self.status != 204 else b"")
        return whole[:-1] if self.breaks_off else whole


@dataclass(frozen=True)
class Asked:
    """A request as it came: ``headers`` in their order, names in lower case."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of the one header of this name; None if there is none."""
        values = [value for each, value in self.headers if each == name.lower()]
        assert len(values) <= 1
        return values[0] if values else None

    def json(self) -> dict[str, Any]:
        """The body, which must be a JSON object."""
        value = json.loads(self.body)
        assert isinstance(value, dict)
        return value

    def form(self) -> list[tuple[str, str]]:
        """The parameters of the body, which must be a form."""
        return parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True)

    def parameters(self) -> dict[str, str]:
        """The parameters of the query."""
        return dict(parse_qsl(self.query, keep_blank_values=True))


class CannedServer:
    """The server. It has its address from the beginning, and listens when ``start`` is called."""

    def __init__(self) -> None:
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._answers: dict[tuple[str, str], list[Answer]] = {}
        self._models: dict[str, Callable[[Asked], Answer]] = {}
        self._release = threading.Event()
        self.asked: list[Asked] = []
        self.unexpected: list[str] = []

    def start(self) -> None:
        """Listens, if it does not yet. The thread ends with the process."""
        if self._thread is None:
            self._server.server_activate()
            self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
            self._thread.start()

    def reset(self) -> None:
        """Forgets all answers and requests, and lets go of requests that hang."""
        with self._lock:
            self._release.set()
            self._release = threading.Event()
            self._answers = {}
            self._models = {}
            self.asked = []
            self.unexpected = []

    def on(self, method: str, path: str, *answers: Answer) -> None:
        """How requests for ``path`` are answered, one after the other; the last answer is repeated.

        ``*`` stands for any method; at the end of ``path`` it stands for any text.
        """
        with self._lock:
            self._answers[method, path] = list(answers)

    def on_all(self, path: str, model: Callable[[Asked], Answer]) -> None:
        """Lets a model answer all requests for ``path``, one at a time. ``*`` as in ``on``."""
        with self._lock:
            self._models[path] = model

    def on_post(self, path: str, body: object, status: int = 200) -> None:
        """How a POST is answered: always with this JSON."""
        self.on("POST", path, Answer(status, body))

    def on_get(self, path: str, body: object, status: int = 200) -> None:
        """How a GET is answered: always with this JSON."""
        self.on("GET", path, Answer(status, body))

    def asked_for(self, path: str) -> list[Asked]:
        """The requests for a path, or for those that begin with it if it ends in ``*``."""
        return [asked for asked in self.asked if _fits(path, asked.path)]

    def last(self, path: str) -> Asked:
        """The last request for a path."""
        return self.asked_for(path)[-1]

    def only(self) -> Asked:
        """The one request that there was."""
        (asked,) = self.asked
        return asked

    def take(self, asked: Asked) -> tuple[Answer, threading.Event]:
        """Keeps a request. What it is answered, and the event that ends its hanging."""
        with self._lock:
            self.asked.append(asked)
            exact = self._answers.get((asked.method, asked.path))
            patterns = (
                answers
                for (method, path), answers in self._answers.items()
                if method in (asked.method, "*") and _fits(path, asked.path)
            )
            answers = exact or next(patterns, None)
            model = next((m for path, m in self._models.items() if _fits(path, asked.path)), None)
            if not answers and model:
                return model(asked), self._release
            if not answers:
                self.unexpected.append(f"{asked.method} {asked.path}")
                return Answer(501, {"message": "the test expects no such request"}), self._release
            return answers.pop(0) if len(answers) > 1 else answers[0], self._release


def _fits(pattern: str, path: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def __init__(self, canned: CannedServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler, bind_and_activate=False)
        self.canned = canned
        self.server_bind()

    def handle_error(self, *_args: object) -> None:
        """A client that hangs up is part of many tests."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        path, _, query = self.path.partition("?")
        asked = Asked(
            self.command,
            path,
            query,
            [(name.lower(), value) for name, value in self.headers.items()],
            self.rfile.read(int(self.headers.get("Content-Length", 0))),
        )
        answer, release = self.server.canned.take(asked)
        if answer.meanwhile:
            answer.meanwhile()
        if answer.hangs:
            release.wait(HANG_SECONDS)
        else:
            self.wfile.write(answer.encoded())
        self.close_connection = answer.hangs or answer.breaks_off

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def log_message(self, *_args: object) -> None:
        pass


# The server that endpoints under test ask. The fixture `canned` starts it.
CANNED = CannedServer()
