"""Campaigns and their queues in tests/contracts.py, which adds these to its lists."""

from __future__ import annotations

Grants = dict[str, dict[str, set[str]]]

_USERS = {"authenticated": {"execute"}}
_WEBHOOKS = {"call_webhook": {"execute"}}
_READ = {"authenticated": {"select"}}

# What managers write of a campaign, of a retry rule and of an outcome.
CAMPAIGN_BY_MANAGERS = frozenset(
    {
        "name",
        "script",
        "caller_id",
        "mode",
        "wrap_up_seconds",
        "max_attempts",
        "max_attempts_per_day",
        "machine_detection",
        "is_paused",
    }
)
RULE_BY_MANAGERS = frozenset({"business_id", "campaign_id", "result", "after_minutes", "max_times"})
OUTCOME_BY_MANAGERS = frozenset({"label", "effect", "is_success", "position", "is_archived"})

TABLES: Grants = {
    "public.queue_entries": _READ | {"call_webhook": {"select"}, "service_role": {"select"}},
    "public.outcomes": _READ | {"service_role": {"select", "insert", "update"}},
    "public.retry_rules": {
        "authenticated": {"select", "delete"},
        "service_role": {"select", "insert", "update", "delete"},
    },
}

SEQUENCES: Grants = {}
COLUMNS: Grants = {
    **{
        f"public.campaigns.{column}": {"authenticated": {"insert", "update"}}
        for column in CAMPAIGN_BY_MANAGERS
    },
    "public.campaigns.business_id": {"authenticated": {"insert"}},
    **{
        f"public.retry_rules.{column}": {"authenticated": {"insert", "update"}}
        for column in RULE_BY_MANAGERS
    },
    **{
        f"public.outcomes.{column}": {"authenticated": {"insert", "update"}}
        for column in OUTCOME_BY_MANAGERS
    },
    "public.outcomes.business_id": {"authenticated": {"insert"}},
    "public.outcomes.key": {"authenticated": {"insert"}},
}

_NEXT = "next_lead(uuid)"
_EXTEND = "extend_lease(uuid,uuid)"
_FINISH = "finish_lead(uuid,uuid,text,timestamp with time zone,uuid)"
_RELEASE = "release_lead(uuid,uuid,text,timestamp with time zone)"
_BY_REPS = (_NEXT, _EXTEND, _FINISH, _RELEASE)
_OF_WEBHOOKS = (
    "check_lease(uuid,uuid,text,text,text)",
    "note_leased_call(text,public.conversations,timestamp with time zone)",
)
_TRIGGERS = (
    "add_first_outcomes()",
    "check_outcome()",
    "move_entries_of_call()",
    "move_entries_of_call_back()",
    "move_entries_of_lead()",
    "move_entries_of_subscriber()",
    "open_call_backs_of_member()",
)

FUNCTIONS: Grants = {
    **{f"{schema}.{function}": _USERS for schema in ("public", "private") for function in _BY_REPS},
    **{f"private.{function}": _WEBHOOKS for function in _OF_WEBHOOKS},
    **{
        f"private.{function}": _USERS | _WEBHOOKS
        for function in (
            "is_call_open(uuid)",
            "next_calling_time(text[],time without time zone,time without time zone,"
            "timestamp with time zone)",
        )
    },
    "private.with_one_spelling(jsonb)": _USERS,
    **{
        f"private.{function}": {}
        for function in (
            *_TRIGGERS,
            "after_lease(uuid,uuid)",
            "agreed_call(public.queue_entries,text,timestamp with time zone)",
            "day_of(timestamp with time zone,text)",
            "default_rule(text,text)",
            "derive_entry(public.queue_entries)",
            "end_lease(public.queue_entries,uuid)",
            "entry_answer(public.queue_entries)",
            "follow_result(public.queue_entries,text,text,timestamp with time zone,"
            "timestamp with time zone,timestamp with time zone,timestamp with time zone)",
            "hold_entry(public.queue_entries,timestamp with time zone,text)",
            "lease_entry(public.queue_entries,uuid)",
            "lease_lasts()",
            "leased_entry(public.queue_entries)",
            "lock_first_entry(uuid,uuid)",
            "lock_lease(uuid,uuid)",
            "may_go_on(public.queue_entries)",
            "nothing_to_call(uuid,uuid)",
            "reason_to_wait(public.queue_entries)",
            "retry_rule(uuid,uuid,text,text)",
            "say_of_lead(public.queue_entries,text,text,timestamp with time zone,uuid)",
            "settle_entries_of_leads(uuid,uuid[],uuid[])",
            "settle_entry(uuid)",
            "settle_leases(uuid)",
            "write_entry(public.queue_entries)",
            "zones_of_lead(public.leads)",
        )
    },
}

DEFINER_FUNCTIONS = [
    *(f"private.{function}" for function in (*_BY_REPS, *_OF_WEBHOOKS, *_TRIGGERS)),
    "private.is_call_open(uuid)",
]

POLICIES: dict[str, dict[str, tuple[str, str]]] = {
    "public.queue_entries": {
        "a webhook can read the leases of its call's business": ("select", "call_webhook"),
        "members can read the queues of their business": ("select", "authenticated"),
    },
    "public.outcomes": {
        "managers can add outcomes to their business": ("insert", "authenticated"),
        "managers can change the outcomes of their business": ("update", "authenticated"),
        "members can read the outcomes of their business": ("select", "authenticated"),
    },
    "public.retry_rules": {
        "managers can add retry rules of their business": ("insert", "authenticated"),
        "managers can change retry rules of their business": ("update", "authenticated"),
        "managers can remove retry rules of their business": ("delete", "authenticated"),
        "members can read the retry rules of their business": ("select", "authenticated"),
    },
    "public.campaigns": {
        "a webhook can read the campaigns of its call's business": ("select", "call_webhook"),
        "managers can add campaigns to their business": ("insert", "authenticated"),
        "managers can change the campaigns of their business": ("update", "authenticated"),
        "members can read the campaigns of their business": ("select", "authenticated"),
    },
}
