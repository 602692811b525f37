"""docs/openapi.yaml, as schemathesis generates requests from it and checks answers against it.

schemathesis has a decorator for tests, too. That one generates a part of the requests when pytest
collects the tests, which each worker does, and takes seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.checks import load_all_checks
from schemathesis.core.transport import Response as Answer
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.python._constants.orchestrator import make_constants_value_source
from schemathesis.specs.openapi.checks import negative_data_rejection

from stack import api_description
from tests.soak import SOAK, scaled

Case = schemathesis.Case[Any]

DOCUMENT = api_description.read()
for schema in ("Conversation", "Leg"):
    for column in DOCUMENT["components"]["schemas"][schema]["properties"].values():
        # Supabase Lite writes times as Postgres does, with a space; PostgREST writes ISO 8601.
        if column.get("format") == "date-time":
            del column["format"]
# It cannot say that a period does not end before it begins.
_PERIOD = {"from": ["2026-10-01", "2026-11-02"], "to": ["2026-11-30", "2027-01-31"]}
for parameter in DOCUMENT["paths"]["/api/twilio/reports"]["get"]["parameters"]:
    if parameter["name"] in _PERIOD:
        parameter["schema"] = {"enum": _PERIOD[parameter["name"]]}
DESCRIPTION = schemathesis.openapi.from_dict(DOCUMENT)

# Ids of rows in the running stack. With random ids only, every request would be refused.
known_ids: list[str] = []
schemathesis.openapi.format(
    "uuid",
    st.builds(
        lambda made_up, number: (known_ids or [made_up])[number % len(known_ids or [made_up])],
        st.uuids().map(str),
        st.integers(0, 1),
    )
    | st.uuids().map(str),
)


def ask_everything(operation: str, ask: Callable[[Case], None]) -> None:
    """Calls ``ask`` with each request that schemathesis makes up for an operation (``GET /path``):
    its examples, the edges of each parameter, and random ones."""

    @settings(
        max_examples=scaled(8, 250),
        derandomize=not SOAK,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def test(case: Case) -> None:
        ask(case)

    load_all_checks()
    method, _, path = operation.partition(" ")
    build_operation_test(
        config=DESCRIPTION.config,
        operation=DESCRIPTION[path][method],
        test_func=test,
        given_kwargs={},
        feedback=FeedbackSources(constants_value_source=make_constants_value_source(DESCRIPTION)),
    )()


def check(case: Case, answer: Answer) -> None:
    """Fails unless the answer is as the document describes."""
    # A body that is too long is refused before it is read.
    spared = answer.status_code == 413 or _is_lenient(case)
    case.validate_response(answer, excluded_checks=[negative_data_rejection] if spared else [])


def _is_lenient(case: Case) -> bool:
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
