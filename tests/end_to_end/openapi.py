"""docs/openapi.yaml, as schemathesis generates requests from it and checks answers against it."""

from __future__ import annotations

import schemathesis
from hypothesis import strategies as st

from stack import api_description

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
