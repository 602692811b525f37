"""Child processes end when we end, and we notice when one ends before."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from stack import StackError
from stack.processes import Process, port_is_free, require_free_ports
from tests.waiting import wait_until


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie has ended, even if nobody has waited for it.
    done = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return not done.stdout.strip().startswith("Z")


def test_a_port_in_use_is_named_with_what_wants_it_and_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        assert not port_is_free(port)
        with pytest.raises(StackError) as raised:
            require_free_ports({"Postgres": port}, 8080)
    assert f"Port {port} is in use, but Postgres needs it." in str(raised.value)
    assert "HENK_PORT_BASE" in str(raised.value)


def test_a_port_that_is_about_to_be_free_is_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        freed_later = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(0.3)"], pass_fds=[server.fileno()]
        )
    try:
        require_free_ports({"Postgres": port}, 8080, patience=20.0)
    finally:
        freed_later.wait()


def test_a_process_that_ends_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    code = "print('line 1'); print('the reason'); raise SystemExit(3)"
    process = Process("The thing", [sys.executable, "-c", code], log_path=tmp_path / "thing.log")

    def has_ended() -> bool:
        try:
            process.check()
        except StackError as error:
            assert "The thing stopped (exit status 3)" in str(error)  # noqa: PT017
            assert "the reason" in str(error)  # noqa: PT017
            return True
        return False

    wait_until(has_ended)
    process.stop()


def test_stopping_kills_a_process_that_ignores_it_and_its_children(
    tmp_path: Path,
) -> None:
    pid_file = tmp_path / "pid"
    code = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'])\n"
        f"open({str(pid_file)!r}, 'w').write(str(child.pid) + '.')\n"
        "time.sleep(300)\n"
    )
    process = Process("Deaf", [sys.executable, "-c", code], log_path=tmp_path / "deaf.log")
    wait_until(lambda: pid_file.exists() and pid_file.read_text().endswith("."))
    grandchild = int(pid_file.read_text().rstrip("."))
    process.stop(timeout=0.2)
    wait_until(lambda: not is_alive(process.pid))
    wait_until(lambda: not is_alive(grandchild))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a child to its parent")
def test_a_child_ends_with_a_parent_that_is_killed_outright(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time\n"
        "from stack.processes import Process\n"
        "child = Process('Child', [sys.executable, '-c', 'import time; time.sleep(300)'],"
        f" log_path=pathlib.Path({str(tmp_path / 'child.log')!r}))\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(300)\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: not is_alive(child))
