"""The text of docs/benchmarks.md: every figure, what it is compared with, its budget."""

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

from bench import calls, ledger, subjects
from bench.database import BUSINESSES, MEMORY, Cost, Size
from bench.folding import Folding
from bench.functions import Figures, RoundTrips
from bench.reports import TOTALS, Reports
from bench.searches import Searches, Taken

_HEAD = """# Benchmarks

Written by `make bench`. The figures are of one run on one machine; only the ratios can be compared
with another machine. What was decided for speed is in [decisions](decisions/speed.md); what the
figures mean for many calls is in [scaling](scaling.md).

"""


_MISSED = " **missed**"

# Budgets, as ratios.
COLD_START = 1.55
# With Twilio's client.
CLIENT_COLD_START = 2.0
COLD_STARTS = dict.fromkeys(("reconcile_fn", "control_fn", "recording_fn"), CLIENT_COLD_START)
MEMORY_OF_EMPTY = 1.5
REQUESTS_OF_EMPTY = 0.3
REQUESTS_OF_USUAL = 35
OF_OWNER = 1.2
OF_SMALLEST = 1.3
OF_UPDATES = 0.5
OF_CALL = 0.05
# In seconds.
SEARCH = 0.05
REPORT = 0.15
# What takes less has no ratio.
NOTHING = 0.005
# A ratio again: how much slower the calls themselves are.
OF_CALLS = 20


@dataclass
class Results:
    """The results of one run. Parts that were not measured are empty."""

    functions: Mapping[str, Figures] = field(default_factory=dict)
    round_trips: Mapping[str, RoundTrips] = field(default_factory=dict)
    statements: Mapping[str, Mapping[Size, Cost]] = field(default_factory=dict)
    searches: Searches | None = None
    reports: Reports | None = None
    bytes_of_a_call: Mapping[str, float] = field(default_factory=dict)
    rates: ledger.Rates | None = None
    no_pgbench: bool = False
    folding: Folding | None = None
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
    if results.searches:
        parts.append(_searches(results.searches))
    if results.reports:
        parts.append(_reports(results.reports))
    if results.rates or results.no_pgbench:
        parts.append(_ledger(results.rates))
    if results.folding:
        parts.append(_folding(results.folding))
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
        text += (
            "\n**The short form: it shows that the benchmarks run. Its figures mean nothing.**\n"
        )
    return text


def _functions(figures: Mapping[str, Figures]) -> str:
    empty = figures[subjects.EMPTY]
    rows: list[Sequence[str]] = []
    usual_rows: list[Sequence[str]] = []
    for name, ours in figures.items():
        if name.startswith("usual "):
            continue
        row = [f"`{name}`", _ms(ours.start), "", _mib(ours.occupied), "", f"{ours.rate:,.0f}"]
        if name != subjects.EMPTY:
            cold_start = COLD_STARTS.get(name, COLD_START)
            row[2] = _kept(ours.start / empty.start, at_most=cold_start)
            row[4] = _kept(ours.occupied / empty.occupied, at_most=MEMORY_OF_EMPTY)
        usual = figures.get(subjects.usual(name))
        per_request = figures.get(subjects.usual_per_request(name))
        if usual is not None and per_request is not None:
            row += [
                _kept(ours.rate / empty.rate, at_least=REQUESTS_OF_EMPTY),
                f"{ours.rate / usual.rate:.1f}",
                _kept(ours.rate / per_request.rate, at_least=REQUESTS_OF_USUAL, digits=0),
            ]
            usual_rows.append(
                (
                    f"`{name}`",
                    _ms(usual.start),
                    _mib(usual.occupied),
                    f"{usual.rate:,.0f}",
                    f"{per_request.rate:,.0f}",
                )
            )
        rows.append(row)
    head = (
        *("", "cold start", "× empty", "memory", "× empty", "requests/s", "× empty"),
        *("× usual", "× usual, a client per request"),
    )
    usual_head = ("the usual way", "cold start", "memory", "requests/s", "a client per request")
    return f"""
## A function

- **Cold start**: from the creation of its process to its first whole answer.
- **Memory**: what an instance occupies after requests.
- **Requests/s**: requests for each second of CPU time, which is what one core serves. As many
  connections ask as an instance accepts requests at the same time; the database answers at once.

Each function is packed as it is deployed, runs in an environment of its own requirements, and has
its own source to compile. The figures are medians; the functions take turns.

The empty function does nothing. The usual way is the same endpoint as published code writes it
(`bench/usual`), with the `supabase` package: one client for all requests, as Supabase's guide has
it, or a new client in each request, as much published code has it.

Budgets: a cold start of at most {COLD_START} × empty (with Twilio's client, `reconcile_fn`,
`control_fn` and `recording_fn`: {CLIENT_COLD_START} ×), memory of at most {MEMORY_OF_EMPTY} ×
empty, at least {REQUESTS_OF_EMPTY} × the requests of empty, and at least {REQUESTS_OF_USUAL} ×
those of the usual way with a client per request.

{_table(head, rows)}
{_table(usual_head, usual_rows)}"""


def _round_trips(found: Mapping[str, RoundTrips]) -> str:
    rows = [
        (kind, f"{each.found}{'' if each.found == each.budget else _MISSED}")
        for kind, each in found.items()
    ]
    return f"""
## Round trips

How often a request asks the database. Budget: exactly once; never if the request is refused before.

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
                    _kept(cost.ours / cost.owners, at_most=OF_OWNER),
                    f"{(cost.ours - cost.owners) * 1e6:+.0f} µs",
                    _kept(cost.ours / first.ours, at_most=OF_SMALLEST) if cost is not first else "",
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

How long one client waits for a prepared statement: under row-level security, as the role that sends
it; and as the owner of the tables, to whom no policy applies, with the business as a condition.
Rows are read with the statements of the REST API. There are {BUSINESSES:,} businesses, one of which
has a hundredth of the calls.{note}
An event is the average of the six events of a call; calls are of random businesses. Caches are
warm, as in a database that is used all day; client and server share a core. The figures are
medians; sizes and roles take turns. Budgets: at most {OF_OWNER} × the owner's, and at most
{OF_SMALLEST} × its own cost at the smallest size.

{_table(head, rows)}"""


def _bytes(found: Mapping[str, float]) -> str:
    rows = [(f"`{table}`", f"{size:,.0f}") for table, size in found.items()]
    rows.append(("together", f"{sum(found.values()):,.0f}"))
    return f"""
Bytes that a call with two legs and six events occupies, with indexes:

{_table(("table", "bytes"), rows)}"""


def _searches(searches: Searches) -> str:
    def shown(taken: Taken) -> tuple[str, str]:
        missed = _MISSED if taken.median > SEARCH else ""
        return f"{taken.median * 1000:.1f} ms{missed}", f"{taken.slowest * 1000:.1f} ms"

    rows = [
        (kind, *(cell for taken in by_what.values() for cell in shown(taken)))
        for kind, by_what in searches.taken.items()
    ]
    return f"""
## Searches

How long one client waits for the first 20 results, as a rep under row-level security, in a business
of {searches.leads:,} leads and {searches.leads // 10:,} calls. Caches are warm. Budget: a median of
at most {SEARCH * 1000:.0f} ms.

{_table(("what is typed", "leads, median", "slowest", "calls, median", "slowest"), rows)}"""


def _reports(reports: Reports) -> str:
    fewest, *_, most = reports.others
    rows = []
    for name, (smallest, *_, largest) in reports.taken.items():
        # Of some milliseconds, the noise of the measurement is a large part.
        flat = OF_SMALLEST if smallest > NOTHING else None
        late = _MISSED if largest > REPORT else ""
        rows.append(
            (
                name,
                f"{smallest * 1000:.1f} ms",
                f"{largest * 1000:.1f} ms{late}",
                _kept(largest / smallest, at_most=flat),
            )
        )
    faster = reports.raw / reports.taken[TOTALS][0]
    return f"""
## Reports

How long a manager waits for a report of twelve months, under row-level security, in a business
with {reports.calls:,} calls in that year and as many in the year before, with which it is compared.
There are 999 other businesses. Medians; caches are warm. Budgets: {REPORT * 1000:.0f} ms, and
{OF_SMALLEST} × its own cost among {fewest:,} calls of others, if that is more than
{NOTHING * 1000:.0f} ms.

{_table(("report", f"among {fewest:,} calls of others", f"among {most:,}", "ratio"), rows)}
The {TOTALS} take {reports.raw:.1f} s if they are computed from the calls themselves, by the
definition of each number: {_kept(faster, at_least=OF_CALLS, digits=0)} × as long. Budget: at least
{OF_CALLS} ×.
"""


def _ledger(rates: ledger.Rates | None) -> str:
    text = f"""
## Events a second

Recorded in the ledger over {ledger.CONNECTIONS} connections, one commit for each, sent as PostgREST
sends them."""
    if rates is None:
        return f"{text} Not measured: there is no `pgbench`.\n"
    rows = [
        ("pgbench, one row for each commit", f"{rates.updates:,.0f}", ""),
        (
            "events",
            f"{rates.events:,.0f}",
            _kept(rates.events / rates.updates, at_least=OF_UPDATES),
        ),
    ]
    return f"""{text}
Compared with pgbench updating one row of 100,000 in each commit, on the same server with the same
settings. pgbench uses the same cores. Budget: at least {OF_UPDATES} ×.

{_table(("", "a second", "ratio"), rows)}"""


def _folding(cost: Folding) -> str:
    rows = [
        ("begin, six events, a third of an outcome", f"{cost.call * 1e6:,.0f} µs", ""),
        ("the marks", f"{cost.marks * 1e6:,.0f} µs", f"{cost.marks / cost.call:.3f}"),
        ("the fold", f"{cost.fold * 1e6:,.0f} µs", f"{cost.fold / cost.call:.3f}"),
        (
            "marks and fold",
            f"{(cost.marks + cost.fold) * 1e6:,.0f} µs",
            _kept((cost.marks + cost.fold) / cost.call, at_most=OF_CALL, digits=3),
        ),
    ]
    return f"""
## Reports: what counting costs

The processor time that a call takes of the database, and what the marks and the fold, from which
reports read, add to it: {cost.calls:,} calls, with a fold after every hundred, and the medians of
these hundreds. Each call is made in two databases, one of which leaves no marks. Budget: at most
{OF_CALL} × of the call.

{_table(("", "a call", "ratio"), rows)}"""


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

How long a call waits for our answers: its eight requests together, from access token to last
callback; and the request for TwiML alone, for which the rep waits. Measured on the local stack,
where the functions, the REST API, Postgres and the load share the machine's cores. There is no
budget.

{_table(head, rows)}"""


def _kept(
    ratio: float,
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    digits: int = 2,
) -> str:
    """The ratio, with a mark if it misses its budget."""
    missed = (at_most is not None and ratio > at_most) or (
        at_least is not None and ratio < at_least
    )
    return f"{ratio:.{digits}f}{_MISSED if missed else ''}"


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
