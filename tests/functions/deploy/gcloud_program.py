"""A program called gcloud, for PATH, that asks a GoogleCloud in this process."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.endpoints import serving
from tests.functions.deploy.google_cloud import GoogleCloud, Refused

_PROGRAM = """\
#!{python} -IS
import json, sys, urllib.request
asked = json.dumps([sys.argv[1:], sys.stdin.read()]).encode()
with urllib.request.urlopen("{url}", asked) as answer:
    code, output, error = json.load(answer)
sys.stdout.write(output)
sys.stderr.write(error)
sys.exit(code)
"""


@contextmanager
def program(cloud: GoogleCloud, directory: Path) -> Iterator[Path]:
    """The program, in ``directory``, as long as the context lasts."""

    class Asked(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arguments, stdin = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                answer = (0, cloud.gcloud(arguments, stdin), "")
            except Refused as refusal:
                answer = (1, "", f"ERROR: (gcloud) {refusal}\n")
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with serving(Asked) as url:
        file = directory / "gcloud"
        file.write_text(_PROGRAM.format(python=sys.executable, url=url), encoding="utf-8")
        file.chmod(0o755)
        yield file
