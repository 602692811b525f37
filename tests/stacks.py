"""Stacks for tests, on ports of their own, away from the developer's stack."""

from __future__ import annotations

import atexit
import os
import random
import socket
from pathlib import Path

from stack import Settings
from stack.processes import port_is_free
from stack.settings import PORTS_PER_STACK

# Below the ports that the system gives to programs which ask for any free port.
FIRST_PORT, LAST_PORT = 12000, 32000
# The last port of each range is its lock: the process that is bound to it has the range.
RANGE = 10
assert PORTS_PER_STACK < RANGE

_locks: list[socket.socket] = []


@atexit.register
def _unlock() -> None:
    for lock in _locks:
        lock.close()


def free_port_base() -> int:
    """A base whose ports are all free; until this process ends, no other test process gets it.

    The lock is a bound socket and not a file, because the system closes it however we end.
    """
    # With the generator that tests seed, all processes would try the same bases in turn.
    bases = random.SystemRandom().sample(range(FIRST_PORT, LAST_PORT, RANGE), 200)
    for base in bases:
        lock = socket.socket()
        try:
            # Without SO_REUSEADDR: a second process fails here.
            lock.bind(("127.0.0.1", base + RANGE - 1))
        except OSError:
            lock.close()
            continue
        if all(port_is_free(base + n) for n in range(PORTS_PER_STACK)):
            _locks.append(lock)
            return base
        lock.close()
    raise AssertionError(f"no {PORTS_PER_STACK} free ports in a row: pid {os.getpid()} tried 200")


def settings_in(
    local_dir: Path, *, time_scale: float | None = None, colleague: bool = False
) -> Settings:
    """Settings of a stack in `local_dir`, whatever the developer's environment and `.env` say."""
    return Settings.load(
        environ={} if time_scale is None else {"SIMULATOR_TIME_SCALE": str(time_scale)},
        env_path=local_dir / "no.env",
        local_dir=local_dir,
        port_base=free_port_base(),
        fsync=False,
        scheduled=False,
        colleague=colleague,
        history=False,
        page_changes=False,
    )
