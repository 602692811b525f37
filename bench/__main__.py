"""Measures, and writes what it found.

python -m bench [--smoke] [--without-ten-million] [--keep] [--out FILE]
"""

from __future__ import annotations

import argparse
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from bench import calls, database, functions, ledger, report
from functions.bundle import ROOT


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a minute, to see that all runs")
    parser.add_argument(
        "--without-ten-million", action="store_true", help="the two smaller databases alone"
    )
    parser.add_argument("--keep", action="store_true", help="keep the databases for the next run")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks.md")
    parser.add_argument("--scratch", type=Path, default=ROOT / ".local" / "bench")
    arguments = parser.parse_args()
    arguments.scratch.mkdir(parents=True, exist_ok=True)

    sizes = database.SIZES[: 1 if arguments.smoke else 2 if arguments.without_ten_million else 3]
    for results in run(arguments.scratch, sizes, smoke=arguments.smoke):
        # After each part: what was measured is not lost with what was not.
        arguments.out.write_text(report.markdown(results), encoding="utf-8")
    if not arguments.keep:
        shutil.rmtree(arguments.scratch / "database", ignore_errors=True)
    print(arguments.out.read_text(encoding="utf-8"))


def run(
    scratch: Path, sizes: tuple[database.Size, ...], *, smoke: bool = False
) -> Iterator[report.Results]:
    """Everything, one part after the other, so that nothing that is measured runs beside anything
    else; the results so far after each part."""
    results = report.Results(smoke=smoke, load_before=os.getloadavg()[0])
    _say("functions: round trips")
    results.round_trips = functions.round_trips(scratch)
    _say("functions: cold starts and load")
    results.functions = functions.measure(
        scratch,
        starts=1 if smoke else 12,
        runs=1 if smoke else 8,
        seconds=0.2 if smoke else 2.0,
    )
    yield results

    directory = scratch / "database"
    with database.server(directory) as running:
        with psycopg.connect(running.url()) as admin:
            row = admin.execute("show server_version").fetchone()
            results.postgres = str(row[0]) if row else ""
        for size in sizes:
            _say(f"database: {size.calls:,} calls")
            database.fill(running, size)
        _say("database: statements")
        for size in sizes:
            database.warm(running, size)
        results.statements = database.measure(running, sizes, rounds=20 if smoke else 400)
        results.bytes_of_a_call = database.bytes_of_a_call(running, sizes[:2][-1])
        _say("database: events a second")
        results.rates = ledger.measure(
            running,
            sizes[:2][-1].name,
            rounds=1 if smoke else 3,
            seconds=1 if smoke else 10,
        )
    yield results

    _say("whole calls")
    # A database that another version of the migrations made would not start.
    shutil.rmtree(scratch / "stack", ignore_errors=True)
    results.waits = calls.measure(
        scratch / "stack", [1, 5] if smoke else [1, 50, 500], call_seconds=4 if smoke else 20
    )
    yield results


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what} …", flush=True)


if __name__ == "__main__":
    main()
