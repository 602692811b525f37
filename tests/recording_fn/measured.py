"""recording_fn in a process of its own, which tells how much memory it takes.

    python -m tests.recording_fn.measured

It makes one run of the scheduler for each line that it reads, and writes the most memory that the
run took and what was taken before, in MiB.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from tests.canned_server import CANNED
from tests.endpoints import load

SECRET = "a-secret-of-the-scheduler-of-this-test"


def read_memory(name: str) -> float:
    """VmRSS: the memory of this process. VmHWM: the most since it was reset."""
    (kib,) = re.findall(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kib) / 1024


def main(url: str) -> None:
    recording = load(
        "recording_fn",
        HENK_ENV="development",
        SUPABASE_URL=url,
        TWILIO_API_URL=url,
        SCHEDULER_SECRET=SECRET,
    )
    assert url != CANNED.url
    # A busy machine is slow, and this is not about time.
    recording.module.__dict__.update(RUN_SECONDS=300.0, TOTAL_SECONDS=300.0)
    for _ in sys.stdin:
        # https://docs.kernel.org/filesystems/proc.html: 5 resets VmHWM.
        Path("/proc/self/clear_refs").write_text("5")
        before = read_memory("VmRSS")
        answer = recording.client.post(recording.path, headers={"X-Henk-Scheduler": SECRET})
        told = {"status": answer.status_code, "before": before, "most": read_memory("VmHWM")}
        print(json.dumps(told), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
