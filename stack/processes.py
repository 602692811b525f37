"""Child processes that end when this process ends, even if it is killed; and free ports."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from stack.errors import StackError

_LOG_LINES_SHOWN = 20
_TIED = Path(__file__).with_name("tied.py")


class Process:
    """A child process in its own process group, with its output in a log file."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        log_path: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        dies_with_parent: bool = True,
        user: str | None = None,
    ) -> None:
        """Starts `argv`.

        With `dies_with_parent` the kernel (Linux only) sends `stop_signal` to the child when this
        process, or the thread that calls, ends. Pass False for a program that arranges it by
        itself.
        """
        self.name = name
        self.log_path = log_path
        self._stop_signal = stop_signal
        tie: list[str] = []
        if dies_with_parent and sys.platform == "linux":
            tie = [sys.executable, "-IS", str(_TIED), str(int(stop_signal)), str(os.getpid())]
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with log_path.open("wb") as log:
            self._popen = subprocess.Popen(
                [*tie, *argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(env) if env is not None else None,
                cwd=cwd,
                # Ctrl-C does not reach the children: we stop them, in order.
                start_new_session=True,
                user=user,
                extra_groups=[] if user is not None else None,
            )

    @property
    def pid(self) -> int:
        """The id of the child and of its process group."""
        return self._popen.pid

    def check(self) -> None:
        """Raises StackError with the end of its log if the process has ended."""
        status = self._popen.poll()
        if status is not None:
            raise StackError(
                f"{self.name} stopped ({_describe(status)}). The end of {self.log_path}:\n"
                f"{self.log_tail()}"
            )

    def log_tail(self) -> str:
        """The last lines of the log, indented."""
        lines = self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-_LOG_LINES_SHOWN:]) or "    (empty)"

    def stop(self, timeout: float = 10.0) -> None:
        """Asks the process to stop; after `timeout` seconds, kills it and all of its group."""
        if self._popen.poll() is None:
            self._popen.send_signal(self._stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(timeout)
        # macOS raises PermissionError for a group of zombies.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()


def _describe(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    return f"killed by {signal.Signals(-status).name}"


def port_is_free(port: int) -> bool:
    """Whether a server could listen on `port` of 127.0.0.1 now."""
    with socket.socket() as probe:
        # As servers do, so that connections of an earlier run in TIME_WAIT do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def require_free_ports(ports: Mapping[str, int], port_base: int, *, patience: float = 0.0) -> None:
    """Raises a StackError that names every port in use. `ports`: what will listen → the port.

    `patience`: how many seconds to wait until they are free.
    """
    deadline = time.monotonic() + patience
    while True:
        taken = {wanting: port for wanting, port in ports.items() if not port_is_free(port)}
        if not taken:
            return
        if time.monotonic() >= deadline:
            break
        time.sleep(0.1)
    complaints = "".join(
        f"Port {port} is in use, but {wanting} needs it.\n" for wanting, port in taken.items()
    )
    raise StackError(
        f"{complaints}Stop what listens there, or move the whole stack: "
        f"set HENK_PORT_BASE={port_base + 100} (now {port_base})."
    )
