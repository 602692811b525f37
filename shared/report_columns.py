"""The columns of each report as a CSV file: the names of docs/metrics.md, in its order."""

from __future__ import annotations

from collections.abc import Mapping

COUNTS = (
    "calls", "refused", "dials", "answered", "machines", "connected", "conversations", "successes",
    "undescribed", "leads_reached", "transferred", "talk_seconds", "hold_seconds", "ring_seconds",
    "rings", "wrap_up_seconds", "wrap_ups", "measured", "fair", "poor",
)  # fmt: skip
RATES = (
    "answer_rate", "connect_rate", "conversation_rate", "success_rate", "success_of_dials",
    "average_talk_seconds", "average_ring_seconds", "average_wrap_up_seconds", "poor_rate",
)  # fmt: skip
METRICS = (*COUNTS, *RATES)

# The name of a report → the name of a column → the field of the answer that it shows.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    **{
        f"{period}s": {period: "key", "days": "days", **{name: name for name in METRICS}}
        for period in ("week", "month")
    },
    "days": {"day": "key", **{name: name for name in METRICS}},
    "campaigns": {
        "campaign_id": "key",
        "campaign": "label",
        **{name: name for name in METRICS},
    },
    "reps": {
        "user_id": "key",
        "rep": "label",
        **{name: name for name in (*METRICS, "helped", "helped_seconds")},
    },
    "outcomes": {
        "outcome": "key",
        "label": "label",
        **{name: name for name in ("calls", "connected", "talk_seconds", "share")},
    },
    "countries": {"country": "key", **{name: name for name in METRICS}},
    "attempts": {
        name: name
        for name in (
            "attempt", "dials", "connected", "unreached", "first_reaches", "reach_rate",
        )
    },
    "hours": {
        name: name
        for name in (
            "weekday", "hour", "dials", "answered", "connected", "conversations", "successes",
            "rate", "estimate", "low", "high", "is_enough", "is_better",
        )
    },
    "calls": {
        name: name
        for name in (
            "id", "call_sid", "day", "created_at", "user_id", "user_name", "lead_id", "lead_name",
            "campaign_id", "campaign_name", "to_number", "country", "status", "block_reason",
            "outcome", "attempt", "answered_at", "ended_at", "talk_seconds", "hold_seconds",
            "ring_seconds", "wrap_up_seconds", "is_machine", "is_connected", "is_conversation",
            "is_success", "grade",
        )
    },
}  # fmt: skip
