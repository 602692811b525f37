"""A running instance of a function, started as the host starts it, and its CPU time and memory."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.subjects import Subject

START_SECONDS = 60.0


class Instance:
    """functions-framework with one function; ``core`` pins it to one core, on Linux.

    A context manager. When it is entered, the instance has answered its first request, ``started``
    seconds after its process was created. The function's own source is compiled at each start, as
    on the host: the copy that runs has no bytecode.
    """

    def __init__(self, subject: Subject, python: Path, *, core: int | None = None) -> None:
        self._subject = subject
        self._python = python
        self._core = core
        self.port = 0
        self.started = 0.0

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="bench-")
        source = Path(self._folder.name, "source")
        shutil.copytree(
            self._subject.source.parent, source, ignore=shutil.ignore_patterns("__pycache__")
        )
        self.port = free_port()
        log = Path(self._folder.name, "log").open("w+b")
        begun = time.perf_counter()
        self._process = subprocess.Popen(
            [
                self._python.with_name("functions-framework"),
                f"--source={source / 'main.py'}",
                f"--target={self._subject.function}",
                "--host=127.0.0.1",
                f"--port={self.port}",
            ],
            cwd=source,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONDONTWRITEBYTECODE": "1",
                "THREADS": str(self._subject.concurrency),
                **self._subject.settings,
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=self._pin,
        )
        try:
            while True:
                try:
                    status = ask(self.port, self._subject.request.encoded())
                    break
                except OSError:
                    if self._process.poll() is not None:
                        raise
                    if time.perf_counter() - begun > START_SECONDS:
                        raise
                    time.sleep(0.001)
            self.started = time.perf_counter() - begun
            if status != self._subject.request.status:
                raise OSError(f"answered {status}")
        except OSError as error:
            log.seek(0)
            said = log.read().decode(errors="replace")
            self.__exit__(None, None, None)
            raise RuntimeError(f"{self._subject.name} did not start: {error}\n{said}") from error
        finally:
            log.close()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._folder.cleanup()

    def cpu_seconds(self) -> float:
        """CPU time of all its processes' threads so far, in seconds."""
        nanoseconds = 0
        for pid in self._pids():
            for schedstat in Path(f"/proc/{pid}/task").glob("*/schedstat"):
                nanoseconds += int(schedstat.read_text().split()[0])
        return nanoseconds / 1e9

    def memory(self) -> int:
        """Memory of its processes in bytes: their own pages, shared ones counted once, and the
        mapped files of the process that has most of them."""
        own, files = 0, 0
        for pid in self._pids():
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            kib = {name: int(size) for name, size in re.findall(r"^(\w+): +(\d+) kB", rollup, re.M)}
            own += kib["Pss_Anon"] + kib["Pss_Shmem"]
            files = max(files, kib["Rss"] - kib["Anonymous"])
        return (own + files) * 1024

    def _pids(self) -> Sequence[int]:
        """The ids of all its processes: those of its session."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                with contextlib.suppress(ProcessLookupError):
                    if os.getsid(int(entry.name)) == self._process.pid:
                        found.append(int(entry.name))
        return found

    def _pin(self) -> None:
        if self._core is not None:
            os.sched_setaffinity(0, {self._core})


def free_port() -> int:
    """A port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ask(port: int, request: bytes) -> int:
    """Sends one request on a new connection and reads the whole answer; returns its status.

    Raises OSError.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=START_SECONDS) as connection:
        connection.sendall(request)
        received = b""
        while True:
            data = connection.recv(65536)
            if not data:
                raise ConnectionError("The answer ended early.")
            received += data
            length = answer_length(received)
            if length is not None and len(received) >= length:
                return int(received[9:12])


def answer_length(received: bytes) -> int | None:
    """The length of the answer that begins with ``received``; None until its head is complete."""
    head, separator, _ = received.partition(b"\r\n\r\n")
    if not separator:
        return None
    _, _, after = head.lower().partition(b"\r\ncontent-length:")
    return len(head) + 4 + int(after.partition(b"\r\n")[0] or 0)
