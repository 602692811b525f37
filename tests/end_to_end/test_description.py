"""Whatever a browser sends, docs/openapi.yaml describes the answer. schemathesis asks the functions
with production's settings, on the real stack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from stack import Stack, api_description
from tests.end_to_end.clients import Rep
from tests.end_to_end.production import Functions, functions
from tests.soak import figure

# Only this address looks at Accept.
NEGOTIATES = "/api/twilio/twiml"

OPERATIONS = [
    f"{method.upper()} {path}"
    for path, operations in api_description.read()["paths"].items()
    for method in operations
]


@pytest.fixture(scope="module")
def rep(stack: Stack) -> Rep:
    return Rep.sign_in(stack)


@pytest.fixture(scope="module")
def production(
    stack: Stack, rep: Rep, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Functions]:
    from tests.end_to_end import openapi  # by the worker that needs it: it takes a second

    refused = rep.place_call({"To": "+19005551234"})
    (conversation,) = rep.rows("conversations", call_sid=f"eq.{refused['callSid']}")
    openapi.known_ids[:] = [conversation["id"], conversation["business_id"]]
    with functions(stack, tmp_path_factory.mktemp("functions") / "functions.log") as running:
        yield running


@pytest.fixture(scope="module")
def answers() -> Iterator[Counter[tuple[str, int]]]:
    """How often each operation answered with each status."""
    counts: Counter[tuple[str, int]] = Counter()
    yield counts
    statuses = sorted({status for _, status in counts})
    by_status = ", ".join(
        f"{sum(n for (_, s), n in counts.items() if s == status)} × {status}" for status in statuses
    )
    figure(f"{counts.total()} generated requests of browsers, all as described: {by_status}")


@pytest.mark.soak
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_answer_is_as_described(
    operation: str, rep: Rep, production: Functions, answers: Counter[tuple[str, int]]
) -> None:
    from tests.end_to_end import openapi

    def ask(case: openapi.Case) -> None:
        accepted = ("*/*", "application/json") if case.operation.path == NEGOTIATES else ("*/*",)
        for accept in accepted:
            headers = {
                "Authorization": f"Bearer {rep.access_token}",
                "Origin": "https://app.callhenk.com",
                "Accept": accept,
            }
            answer = case.call(base_url=production.url, headers=headers)
            answers[operation, answer.status_code] += 1
            openapi.check(case, answer)

    openapi.ask_everything(operation, ask)
