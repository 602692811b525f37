"""A recording of four hours passes within the memory of bundle.toml."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from functions import bundle
from tests.canned_server import CANNED
from tests.recording_fn.world import PATH, RECORDING_SID, SOUND, Recording, World, sha256
from tests.soak import figure

FOUR_HOURS = 56_000_000
MIB = 1024 * 1024
MOST_MIB = 64
(ENDPOINT,) = [each for each in bundle.endpoints() if each.folder == "recording_fn"]


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux tells it")
def test_a_recording_of_four_hours_passes_within_the_memory_of_the_function(world: World) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.recording_fn.measured", CANNED.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=bundle.ROOT,
        text=True,
    )

    def run() -> dict[str, Any]:
        assert process.stdin
        assert process.stderr
        process.stdin.write("run\n")
        process.stdin.flush()
        told: dict[str, Any] = json.loads(process.stderr.readline())
        return told

    with process:
        # An instance that has kept a recording before: everything is imported.
        assert run()["status"] == 200
        assert world.state == "kept"
        long = SOUND[:4] + bytes(FOUR_HOURS - 4)
        world.at_twilio = {RECORDING_SID: Recording(media=long)}
        world.state, world.stored, world.row = "completed", {}, {}
        told = run()
        assert world.state == "kept"
        assert sha256(world.stored[PATH]) == sha256(long)
        assert process.stdin
        process.stdin.close()
    # On Cloud Run files are in the memory, too.
    more = told["most"] - told["before"] + FOUR_HOURS / MIB
    figure(f"{more:.1f} MiB for a recording of 4 hours, above {told['before']:.0f} MiB idle")
    assert more <= MOST_MIB
    # With the tests' own modules, and as much again for other requests.
    assert told["before"] + more <= int(ENDPOINT.memory.removesuffix("Mi")) / 2
