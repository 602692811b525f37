"""Measures how fast, small and cheap the endpoints and the database are.

It takes some fifteen minutes and 18 GB of disk, and writes docs/benchmarks.md. With --only it
measures some parts and prints them; it writes a file only if --out names one.
"""

from __future__ import annotations

import argparse
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg

from bench import calls, database, folding, functions, ledger, report, reports, searches
from functions.bundle import ROOT
from functions.setup.proxies import sparing_this_machine

PARTS = {
    "functions": "cold start, memory, requests a second and round trips of each function",
    "database": "what statements cost, in databases of several sizes",
    "searches": "how long searches take in a business of a million leads",
    "reports": "how long reports of a year take, among the calls of others",
    "events": "events a second, into one database",
    "folding": "what reports cost the calls that they count",
    "calls": "how long whole calls wait, on a local stack",
}


def main() -> None:
    """Runs the parts, and writes the report after each."""
    arguments = _parser().parse_args()
    # What is measured runs on this machine.
    os.environ.update(sparing_this_machine(os.environ))
    arguments.scratch.mkdir(parents=True, exist_ok=True)
    parts = arguments.only or list(PARTS)
    out: Path | None = arguments.out
    if out is None and not arguments.only:
        out = ROOT / "docs" / "benchmarks.md"
    sizes = _sizes(smoke=arguments.smoke, ten_million=arguments.ten_million)
    text = ""
    for results in run(arguments.scratch, parts, sizes, smoke=arguments.smoke):
        # After each part, so that a later failure does not lose the results.
        text = report.markdown(results)
        if out is not None:
            out.write_text(text, encoding="utf-8")
    if not arguments.keep:
        shutil.rmtree(arguments.scratch / "database", ignore_errors=True)
    print(text)


def _parser() -> argparse.ArgumentParser:
    parts = "\n".join(f"  {name:<10} {what}" for name, what in PARTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        epilog=f"parts:\n{parts}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=list(PARTS),
        help="measure this part; can be given several times (default: all)",
    )
    parser.add_argument(
        "--smoke",
        action="store_true",
        help="the short form, one or two minutes: shows that the benchmarks run",
    )
    parser.add_argument(
        "--ten-million",
        action="store_true",
        help="also a database of ten million calls: some minutes and 14 GB more",
    )
    parser.add_argument(
        "--keep", action="store_true", help="keep the databases, so that the next run is shorter"
    )
    parser.add_argument(
        "--out",
        type=Path,
        help="the report (default: docs/benchmarks.md; with --only, no file)",
    )
    parser.add_argument(
        "--scratch",
        type=Path,
        default=ROOT / ".local" / "bench",
        help="the folder for databases and environments (default: .local/bench)",
    )
    return parser


def _sizes(*, smoke: bool, ten_million: bool) -> tuple[database.Size, ...]:
    if smoke:
        return database.SIZES[:1]
    return database.SIZES if ten_million else database.SIZES[:2]


def run(
    scratch: Path,
    parts: Sequence[str],
    sizes: tuple[database.Size, ...],
    *,
    smoke: bool = False,
) -> Iterator[report.Results]:
    """Measures ``parts`` one after the other; the results so far after each.

    Nothing else runs while a part is measured.
    """
    results = report.Results(smoke=smoke, load_before=os.getloadavg()[0])
    if "functions" in parts:
        _say("functions: round trips")
        results.round_trips = functions.round_trips(scratch)
        _say("functions: cold starts and load")
        results.functions = functions.measure(
            scratch,
            starts=1 if smoke else 9,
            runs=1 if smoke else 5,
            seconds=0.2 if smoke else 2.0,
        )
        yield results
    if {"database", "searches", "reports", "events", "folding"} & set(parts):
        _measure_databases(results, scratch / "database", parts, sizes, smoke=smoke)
        yield results
    if "calls" in parts:
        _say("whole calls")
        # The migrations of an earlier run may be others, with which the stack does not start.
        shutil.rmtree(scratch / "stack", ignore_errors=True)
        results.waits = calls.measure(
            scratch / "stack", [1, 5] if smoke else [1, 50, 500], call_seconds=4 if smoke else 30
        )
        yield results


def _measure_databases(
    results: report.Results,
    directory: Path,
    parts: Sequence[str],
    sizes: tuple[database.Size, ...],
    *,
    smoke: bool,
) -> None:
    # Events are recorded in the second size, where there is one.
    larger = sizes[:2][-1]
    wanted = [
        *(sizes if "database" in parts else (larger,) if "events" in parts else ()),
        *((folding.SIZE,) if "folding" in parts else ()),
    ]
    with database.server(directory) as running:
        with psycopg.connect(running.url()) as admin:
            row = admin.execute("show server_version").fetchone()
            results.postgres = str(row[0]) if row else ""
        for size in wanted:
            _say(f"database: {size.calls:,} calls")
            database.fill(running, size)
        if "database" in parts:
            _say("database: statements")
            for size in sizes:
                database.warm(running, size)
            results.statements = database.measure(running, sizes, rounds=20 if smoke else 400)
            results.bytes_of_a_call = database.bytes_of_a_call(running, larger)
        if "searches" in parts:
            _say("database: searches")
            results.searches = searches.measure(
                running, leads=20_000 if smoke else 1_000_000, rounds=3 if smoke else 15
            )
        if "reports" in parts:
            _say("database: reports")
            results.reports = reports.measure(
                running,
                calls=1_000 if smoke else 100_000,
                others=(1_000, 5_000) if smoke else (10_000, sizes[-1].calls),
                rounds=2 if smoke else 15,
            )
        if "events" in parts:
            _say("database: events a second")
            results.rates = ledger.measure(
                running, larger.name, rounds=1 if smoke else 3, seconds=1 if smoke else 10
            )
            results.no_pgbench = results.rates is None
        if "folding" in parts:
            _say("database: marks and folds")
            results.folding = folding.measure(running, folds=1 if smoke else 20)


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what} …", flush=True)


if __name__ == "__main__":
    main()
