"""docs/benchmarks.md marks a missed budget, and only a missed one."""

from __future__ import annotations

from bench import calls, report
from bench.database import SIZES, Cost
from bench.folding import Folding
from bench.functions import Figures, RoundTrips
from bench.ledger import Rates
from bench.reports import TOTALS, Reports
from bench.searches import Searches, Taken
from bench.stub import Stub, _request_length


def figures(start: float, memory: float, rate: float) -> Figures:
    return Figures(starts=[start], memory=[memory], rates=[rate])


def searches(seconds: float) -> Searches:
    taken = {"leads": Taken(seconds, 0.2), "calls": Taken(0.01, 0.02)}
    return Searches(1_000_000, {"a rare word": taken})


def reports(smallest: float, largest: float) -> Reports:
    return Reports(100_000, (10_000, 1_000_000), {TOTALS: (smallest, largest)}, raw=2.3)


def results(**changes: object) -> report.Results:
    """Results that are all within their budgets, with these changes."""
    kept = {
        "functions": {
            "empty": figures(0.2, 40e6, 2000),
            "token_fn": figures(0.3, 60e6, 800),
            "usual token_fn": figures(0.5, 90e6, 250),
            "usual token_fn, a client per request": figures(0.5, 90e6, 20),
            "reconcile_fn": figures(0.39, 60e6, 500),
        },
        "round_trips": {"an event": RoundTrips(1, 1), "an event, forged": RoundTrips(0, 0)},
        "statements": {
            "one event": {SIZES[0]: Cost(0.0011, 0.001), SIZES[2]: Cost(0.0012, 0.0011)}
        },
        "searches": searches(0.049),
        "reports": reports(0.11, 0.14),
        "bytes_of_a_call": {"call_events": 6000.0},
        "rates": Rates(events=600, updates=1000),
        "folding": Folding(1000, call=0.0105, marks=0.0001, fold=0.0004),
        "waits": [calls.Waits(1, [0.1, 0.2], [0.01, 0.02], 16, 0)],
    }
    return report.Results(**(kept | changes))  # type: ignore[arg-type]


def missed(**changes: object) -> int:
    return report.markdown(results(**changes)).count("missed")


def test_with_everything_in_its_budget_nothing_is_missed() -> None:
    text = report.markdown(results())
    assert "missed" not in text
    for part in (
        "1.50",
        "1.95",
        "3.2",
        "40",
        "1,000",
        "0.60",
        "10,000,000",
        "call_events",
        "49.0 ms",
        "150 ms",
    ):
        assert part in text, part


def test_what_is_missed_is_marked() -> None:
    empty = {"empty": figures(0.2, 40e6, 2000)}
    usual = {
        "usual token_fn": figures(0.5, 90e6, 250),
        "usual token_fn, a client per request": figures(0.5, 90e6, 17),
    }
    assert missed(functions=empty | {"token_fn": figures(0.312, 61e6, 590)} | usual) == 4
    assert missed(functions=empty | {"reconcile_fn": figures(0.41, 60e6, 500)}) == 1
    for count, budget in ((0, 1), (2, 1), (1, 0)):
        assert missed(round_trips={"an event": RoundTrips(count, budget)}) == 1
    assert missed(searches=searches(0.051)) == 1
    assert missed(reports=reports(0.13, 0.151)) == 2
    assert missed(reports=reports(0.1, 0.131)) == 1
    assert missed(folding=Folding(1000, call=0.0105, marks=0.0002, fold=0.0004)) == 1
    assert missed(rates=Rates(events=499, updates=1000)) == 1
    grown = {SIZES[0]: Cost(0.001, 0.001), SIZES[2]: Cost(0.0014, 0.001)}
    assert missed(statements={"one event": grown}) == 2


def test_a_machine_without_pgbench_is_told_so() -> None:
    text = report.markdown(results(rates=None, no_pgbench=True))
    assert "there is no `pgbench`" in text


def test_the_short_form_says_that_it_is_one() -> None:
    assert "short form" in report.markdown(results(smoke=True))


def test_the_stub_counts_and_forgets() -> None:
    stub = Stub()
    assert b'"new": true' in stub._answer("/rest/v1/rpc/record_call_event")
    assert stub._answer("/nothing").startswith(b"HTTP/1.1 404")
    assert b'{"/rest/v1/rpc/record_call_event": 1, "/nothing": 1}' in stub._answer("/counted")
    assert stub._answer("/counted").endswith(b"{}")


def test_a_request_is_whole_with_all_of_its_body() -> None:
    request = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
    assert [_request_length(request[:n]) for n in (10, len(request) - 1)] == [None, None]
    assert _request_length(request + b"GET /") == len(request)
    assert _request_length(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == 27


def test_percentiles_are_of_what_was_measured() -> None:
    assert calls.percentiles([0.1]) == (0.1, 0.1, 0.1)
    p50, p95, p99 = calls.percentiles([n / 100 for n in range(101)])
    assert (round(p50, 3), round(p95, 3), round(p99, 3)) == (0.5, 0.95, 0.99)
