"""A program called gcloud, for PATH, that asks a GoogleCloud in this process."""

from __future__ import annotations

import marshal
import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.functions.deploy.google_cloud import GoogleCloud, Refused

# A deployment starts this about fifty times, so it imports only modules that are built in.
_PROGRAM = """\
#!{python} -ISE
import _socket, marshal, sys
if sys.argv[1:3] == ["run", "deploy"]:
    # It zips here, in the time zone of this process.
    import io, os, zipfile
    (source,) = (each.partition("=")[2] for each in sys.argv if each.startswith("--source="))
    try:
        with zipfile.ZipFile(io.BytesIO(), "w") as archive:
            for folder, _, files in os.walk(source):
                for name in (".", *files):
                    archive.write(os.path.join(folder, name))
    except ValueError as error:
        sys.exit(f"ERROR: gcloud crashed (ValueError): {{error}}")
connection = _socket.socket()
connection.connect(("127.0.0.1", {port}))
connection.sendall(marshal.dumps((sys.argv[1:], sys.stdin.read())))
connection.shutdown(_socket.SHUT_WR)
parts = []
while part := connection.recv(65536):
    parts.append(part)
code, output, error = marshal.loads(b"".join(parts))
sys.stdout.write(output)
sys.stderr.write(error)
sys.exit(code)
"""


@contextmanager
def program(cloud: GoogleCloud, directory: Path) -> Iterator[Path]:
    """The program, in ``directory``, as long as the context lasts."""

    class Asked(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            arguments, stdin = marshal.loads(self.rfile.read())
            try:
                answer = (0, cloud.gcloud(arguments, stdin), "")
            except Refused as refusal:
                answer = (1, "", f"ERROR: (gcloud) {refusal}\n")
            self.wfile.write(marshal.dumps(answer))

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 64

    with Server(("127.0.0.1", 0), Asked) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        file = directory / "gcloud"
        file.write_text(
            _PROGRAM.format(python=sys.executable, port=server.server_address[1]), encoding="utf-8"
        )
        file.chmod(0o755)
        try:
            yield file
        finally:
            server.shutdown()
