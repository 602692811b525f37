"""Stacks of the tests' own, away from the developer's."""

from __future__ import annotations

import random
from pathlib import Path

from stack import Settings
from stack.processes import port_is_free
from stack.settings import PORTS_PER_STACK


def free_port_base() -> int:
    """A base whose ports are all free; below those that the system hands out by itself."""
    while True:
        base = random.randrange(12000, 32000, 10)
        if all(port_is_free(base + n) for n in range(PORTS_PER_STACK)):
            return base


def settings_in(local_dir: Path, *, time_scale: float | None = None) -> Settings:
    """Those of a stack in `local_dir`, whatever the developer's environment and `.env` say."""
    return Settings.load(
        environ={} if time_scale is None else {"SIMULATOR_TIME_SCALE": str(time_scale)},
        env_path=local_dir / "no.env",
        local_dir=local_dir,
        port_base=free_port_base(),
        fsync=False,
        scheduled=False,
    )
