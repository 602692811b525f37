"""Whatever a browser sends, docs/openapi.yaml describes the answer. schemathesis asks the functions
with production's settings, on the real stack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection

from stack import Stack
from tests.end_to_end.clients import Rep
from tests.end_to_end.openapi import DESCRIPTION, known_ids
from tests.end_to_end.production import Functions, functions
from tests.soak import SOAK, figure, scaled

# Only this address looks at Accept.
NEGOTIATES = "/api/twilio/twiml"


@pytest.fixture(scope="module")
def rep(stack: Stack) -> Rep:
    return Rep.sign_in(stack)


@pytest.fixture(scope="module")
def production(
    stack: Stack, rep: Rep, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Functions]:
    refused = rep.place_call({"To": "+19005551234"})
    (conversation,) = rep.rows("conversations", call_sid=f"eq.{refused['callSid']}")
    known_ids[:] = [conversation["id"], conversation["business_id"]]
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
@DESCRIPTION.parametrize()
@settings(
    max_examples=scaled(8, 250),
    derandomize=not SOAK,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_described(
    case: schemathesis.Case[Any],
    rep: Rep,
    production: Functions,
    answers: Counter[tuple[str, int]],
) -> None:
    accepted = ("*/*", "application/json") if case.operation.path == NEGOTIATES else ("*/*",)
    for accept in accepted:
        headers = {
            "Authorization": f"Bearer {rep.access_token}",
            "Origin": "https://app.callhenk.com",
            "Accept": accept,
        }
        answer = case.call(base_url=production.url, headers=headers)
        answers[case.operation.label, answer.status_code] += 1
        case.validate_response(
            answer,
            # A body that is too long is refused before it is read.
            excluded_checks=(
                [negative_data_rejection] if answer.status_code == 413 or _is_lenient(case) else []
            ),
        )


def _is_lenient(case: schemathesis.Case[Any]) -> bool:
    """Whether the request breaks the description in a way that we accept: a blank business counts
    as no business, and unknown parameters are ignored."""
    business_id = case.body.get("businessId") if isinstance(case.body, dict) else None
    blank = isinstance(business_id, str) and not business_id.strip()
    return blank or not set(case.query or {}) <= {
        "conversationId",
        "recordingId",
        "download",
        "after",
    }
