"""docs/benchmarks.md: every figure, what it stands beside, and whether it keeps its budget."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import calls, ledger
from bench.database import BUSINESSES, MEMORY, Cost, Size
from bench.functions import Figures

_HEAD = """# Benchmarks

Written by `make bench`; the numbers are those of one run on one machine, and only the ratios
travel. What was done to keep the budgets, and what did not help, is in [decisions](decisions.md);
what the figures mean for many calls, in [scaling](scaling.md).

"""


@dataclass
class Results:
    """Of one run; what was not measured is empty."""

    functions: Mapping[str, Figures] = field(default_factory=dict)
    round_trips: Mapping[str, int] = field(default_factory=dict)
    statements: Mapping[str, Mapping[Size, Cost]] = field(default_factory=dict)
    bytes_of_a_call: Mapping[str, float] = field(default_factory=dict)
    rates: ledger.Rates | None = None
    waits: Sequence[calls.Waits] = ()
    smoke: bool = False
    load_before: float = 0.0
    postgres: str = ""


def markdown(results: Results) -> str:
    """The whole document."""
    parts = [_HEAD, _machine(results)]
    if results.functions:
        parts.append(_functions(results.functions))
    if results.round_trips:
        parts.append(_round_trips(results.round_trips))
    if results.statements:
        parts.append(_statements(results.statements))
    if results.bytes_of_a_call:
        parts.append(_bytes(results.bytes_of_a_call))
    parts.append(_ledger(results.rates))
    if results.waits:
        parts.append(_waits(results.waits))
    return "".join(parts).rstrip() + "\n"


def _machine(results: Results) -> str:
    model = re.search(r"^model name\s*: (.*)$", _read("/proc/cpuinfo"), re.M)
    memory = re.search(r"^MemTotal: +(\d+) kB", _read("/proc/meminfo"), re.M)
    versions = ", ".join(
        f"{name} {version(name)}"
        for name in ("functions-framework", "gunicorn", "pycurl", "pyjwt", "twilio", "supabase")
    )
    rows = [
        ("date", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"),
        ("machine", f"{os.cpu_count()} × {model[1] if model else platform.processor()}"),
        ("memory", f"{int(memory[1]) / 2**20:.0f} GiB" if memory else "unknown"),
        ("system", f"{platform.system()} {platform.release()}"),
        ("Python", f"{sys.version.split()[0]}; {versions}"),
    ]
    if results.postgres:
        rows.append(("PostgreSQL", f"{results.postgres}, fsync on, shared_buffers {MEMORY}"))
    rows.append(("load before the run", f"{results.load_before:.1f}"))
    text = _table(("", ""), rows)
    if results.smoke:
        text += "\n**The short form: it shows that the benchmarks run, and no more.**\n"
    return text


def _functions(figures: Mapping[str, Figures]) -> str:
    empty = figures["empty"]
    rows: list[Sequence[str]] = []
    for name, ours in figures.items():
        row = [f"`{name}`", _ms(ours.start), _mib(ours.occupied), f"{ours.rate:,.0f}"]
        usual = figures.get(f"usual {name}")
        if usual is not None:
            row[2:2] = [
                _kept(ours.start / empty.start, at_most=2.0),
                _kept(ours.start / usual.start, at_most=0.75),
            ]
            row[5:5] = [
                _kept(ours.occupied / empty.occupied, at_most=2.0),
                f"{ours.occupied / usual.occupied:.2f}",
            ]
            row += [
                _kept(ours.rate / empty.rate, at_least=0.3),
                _kept(ours.rate / usual.rate, at_least=10, digits=0),
            ]
        else:
            row[2:2] = row[5:5] = ["", ""]
        rows.append(row)
    head = (
        *("", "cold start", "× empty", "× usual", "memory", "× empty", "× usual"),
        *("requests/s", "× empty", "× usual"),
    )
    return f"""
## A function

From the start of its process to its first full answer; what a warm instance occupies; requests for
each second of CPU time, which is what one core serves, with as many connections as an instance
takes requests at once and a database that answers immediately. Beside the empty function, and
beside the same endpoint written the usual way (`bench/usual`). Each is packed as it is deployed, in
an environment of its own requirements, and has its own source to compile. Medians; the functions
take turns. Budgets: a cold start of at most 2.0 × empty and 0.75 × usual; memory of at most
2.0 × empty; at least 0.3 × the requests of empty, and 10 × those of the usual way.

{_table(head, rows)}"""


def _round_trips(found: Mapping[str, int]) -> str:
    rows = [(kind, str(count)) for kind, count in found.items()]
    return f"""
## Round trips

Requests to the database, counted. Budget: exactly 1, and 0 for what is refused without it.

{_table(("request", "round trips"), rows)}"""


def _statements(statements: Mapping[str, Mapping[Size, Cost]]) -> str:
    rows = []
    for name, by_size in statements.items():
        first = next(iter(by_size.values()))
        for size, cost in by_size.items():
            rows.append(
                (
                    name,
                    f"{size.calls:,}",
                    f"{cost.ours * 1e6:.0f} µs",
                    f"{cost.owners * 1e6:.0f} µs",
                    _kept(cost.ours / cost.owners, at_most=1.2),
                    f"{(cost.ours - cost.owners) * 1e6:+.0f} µs",
                    _kept(cost.ours / first.ours, at_most=1.3) if cost is not first else "",
                )
            )
    partial = [size for size in next(iter(statements.values())) if size.detailed < size.calls]
    note = "".join(
        f" Of {size.calls:,} calls, the newest {size.detailed:,} have legs and events."
        for size in partial
    )
    head = ("statement", "calls", "ours", "the owner's", "ratio", "more", "× at the smallest")
    return f"""
## The database

What one client waits for a prepared statement, as the role that sends it, under row-level security;
and the same statement as the owner of the tables, whom no policy binds, with the business written
out. Rows are read as the REST API reads them. {BUSINESSES:,} businesses, one of which has a
hundredth of the calls.{note}
An event is the average of the six of a call; calls are of random businesses. Caches are warm, as
where calls are made all day; client and server share a core. Medians; sizes and roles take turns.
Budgets: at most 1.2 × the owner's, and at most 1.3 × its own cost at the smallest size.

{_table(head, rows)}"""


def _bytes(found: Mapping[str, float]) -> str:
    rows = [(f"`{table}`", f"{size:,.0f}") for table, size in found.items()]
    rows.append(("together", f"{sum(found.values()):,.0f}"))
    return f"""
Bytes that a call of two legs and six events occupies, indexes included:

{_table(("table", "bytes"), rows)}"""


def _ledger(rates: ledger.Rates | None) -> str:
    text = f"""
## Events a second

Into the ledger, {ledger.CONNECTIONS} connections, a commit each, sent as PostgREST sends it."""
    if rates is None:
        return f"{text} Not measured: there is no `pgbench`.\n"
    rows = [
        ("pgbench updating one row a commit", f"{rates.updates:,.0f}", ""),
        ("events", f"{rates.events:,.0f}", _kept(rates.events / rates.updates, at_least=0.5)),
    ]
    return f"""{text}
Beside pgbench updating one row of 100,000 a commit, same server, same settings. pgbench takes its
share of the same cores. Budget: at least 0.5 ×.

{_table(("", "a second", "ratio"), rows)}"""


def _waits(waits: Sequence[calls.Waits]) -> str:
    rows = []
    for found in waits:
        rows.append(
            (
                str(found.under_way),
                *(_ms(seconds) for seconds in calls.percentiles(found.calls)),
                *(_ms(seconds) for seconds in calls.percentiles(found.twiml)),
                f"{found.requests:,}",
                str(found.failed),
            )
        )
    head = (
        *("calls under way", "call, p50", "p95", "p99", "TwiML, p50", "p95", "p99"),
        *("requests", "failed"),
    )
    return f"""
## A whole call

What a call waits for us, from token to last callback, eight requests together; and for the one that
a person hears, what to do with the call. On the local stack, where the functions, the REST API,
Postgres and whoever asks share the machine's cores. Reported, without a budget.

{_table(head, rows)}"""


def _kept(
    ratio: float,
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    digits: int = 2,
) -> str:
    """The ratio, and a mark if it misses its budget."""
    missed = (at_most is not None and ratio > at_most) or (
        at_least is not None and ratio < at_least
    )
    return f"{ratio:.{digits}f}{' **missed**' if missed else ''}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _mib(size: float) -> str:
    return f"{size / 2**20:.0f} MiB"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(
        "| " + " | ".join([*line, *[""] * (len(head) - len(line))]) + " |\n" for line in lines
    )


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""
