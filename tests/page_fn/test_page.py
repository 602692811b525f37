"""The page's server: files that never change are kept, the others are asked for each time, and
every answer has the policy."""

from __future__ import annotations

import gzip
import io
import re

import pytest
from flask.testing import FlaskClient

from functions import bundle
from functions.packer import pack
from tests.endpoints import PUBLISHABLE_KEY, start

SETTINGS = {
    "SUPABASE_URL": "https://henk.supabase.co",
    "SUPABASE_PUBLISHABLE_KEY": PUBLISHABLE_KEY,
    "PUBLIC_BASE_URL": "https://{name}-fn-1.europe-west1.run.app/api/twilio",
    "HENK_HIDDEN_VIEWS": "campaigns, reports",
    "HENK_VERSION": "a-version",
}
(PAGE,) = (service for service in bundle.services() if service.is_page)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    folder = tmp_path_factory.mktemp("packed") / "page_fn"
    pack(PAGE).write(folder)
    return start(PAGE.function, folder / "main.py", SETTINGS).client


def main_script(client: FlaskClient) -> str:
    (path,) = re.findall(r"import\('\.(/v/[^']+)'\)", client.get("/").text)
    return str(path)


def test_the_page_is_asked_for_each_time_and_its_parts_never_again(client: FlaskClient) -> None:
    index = client.get("/")
    assert (index.status_code, index.mimetype) == (200, "text/html")
    assert index.headers["Cache-Control"] == "no-cache"
    assert index.headers["X-Henk-Version"] == "a-version"
    script = client.get(main_script(client))
    assert (script.status_code, script.mimetype) == (200, "text/javascript")
    assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_every_file_that_the_page_names_is_there(client: FlaskClient) -> None:
    named = re.findall(r'<link [^>]*href="([^"]+)"', client.get("/").text)
    assert len(named) > 10
    assert {client.get(f"/{name}").status_code for name in named} == {200}
    folder = main_script(client).removesuffix("/main.js")
    for name in ("vendor/twilio.min.js", "vendor/supabase.js", "vendor/licences.txt"):
        assert client.get(f"{folder}/{name}").status_code == 200


def test_its_configuration_names_the_servers_and_what_is_hidden(client: FlaskClient) -> None:
    answer = client.get("/config.json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.get_json() == {
        "supabaseUrl": "https://henk.supabase.co",
        "supabasePublishableKey": PUBLISHABLE_KEY,
        "functionsUrl": SETTINGS["PUBLIC_BASE_URL"],
        "realtime": True,
        "hiddenViews": ["campaigns", "reports"],
        "simulatorSignalling": None,
        "demoEmail": None,
    }


@pytest.mark.parametrize("path", ["/", "/config.json", "/nothing"])
def test_every_answer_has_the_policy(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "https://token-fn-1.europe-west1.run.app " in policy
    assert "wss://henk.supabase.co " in policy
    assert not re.search(
        r"(?<!\S)(\*|https:|http:|ws:|data:)(?=[\s;])", policy.replace("data:;", "")
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Permissions-Policy"] == "microphone=(self), camera=(), geolocation=()"
    assert "max-age=" in headers["Strict-Transport-Security"]


def test_the_script_in_the_page_is_the_only_one_that_may_stand_there(client: FlaskClient) -> None:
    answer = client.get("/")
    hashes = re.findall(r"'sha256-[\w+/=]+'", answer.headers["Content-Security-Policy"])
    assert len(hashes) == answer.text.count("<script") == 1
    assert not re.search(r"\son\w+=|\sstyle=|javascript:", answer.text)


def test_what_a_browser_has_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert first.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(first.data) == client.get("/").data
    again = client.get("/", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.head("/").data == b""


@pytest.mark.parametrize(
    "path",
    ["/main.py", "/page/index.html", "/v/", "/v/../main.py", "/%2e%2e/main.py", "//etc/passwd"],
)
def test_nothing_else_is_served(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_it_is_only_read(client: FlaskClient, method: str) -> None:
    answer = client.open("/", method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


class Broken(io.BytesIO):
    """A body that the server cannot read to its end, as gunicorn raises it."""

    def read(self, _size: int | None = -1) -> bytes:
        raise OSError("words of the body")


def test_what_is_sent_to_it_is_read_in_pieces_and_answered_as_ever(client: FlaskClient) -> None:
    answer = client.post(
        "/",
        input_stream=Broken(),
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert (answer.status_code, "words" in answer.text) == (405, False)
