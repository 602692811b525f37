"""Campaigns and their queues in tests/attack/model.py, which adds these to its lists."""

from __future__ import annotations

from tests.attack.tables import Table
from tests.contracts_of_queues import (
    CAMPAIGN_BY_MANAGERS,
    OUTCOME_BY_MANAGERS,
    RULE_BY_MANAGERS,
)

_MANAGERS = ("owner", "manager")

TABLES = {
    "campaigns": Table(
        writable=CAMPAIGN_BY_MANAGERS,
        insertable=CAMPAIGN_BY_MANAGERS | {"business_id"},
        writers=_MANAGERS,
    ),
    "outcomes": Table(
        writable=OUTCOME_BY_MANAGERS,
        insertable=OUTCOME_BY_MANAGERS | {"business_id", "key"},
        writers=_MANAGERS,
    ),
    "retry_rules": Table(
        writable=RULE_BY_MANAGERS,
        insertable=RULE_BY_MANAGERS,
        writers=_MANAGERS,
        deletable=True,
        sample="insert into public.retry_rules (business_id, campaign_id, result)"
        " values (%(business_id)s, %(campaign_id)s, 'busy')",
    ),
    "queue_entries": Table(
        sample="insert into public.queue_entries (business_id, campaign_id, lead_id)"
        " values (%(business_id)s, %(campaign_id)s, %(lead_id)s)"
    ),
}

EXECUTED_BY = {
    "next_lead": {"authenticated"},
    "extend_lease": {"authenticated"},
    "finish_lead": {"authenticated"},
    "release_lead": {"authenticated"},
}
