"""Checks before a call in tests/contracts.py, which adds these to its lists."""

from __future__ import annotations

Grants = dict[str, dict[str, set[str]]]

_USERS = {"authenticated": {"execute"}}

TABLES: Grants = {
    "public.preflight_reports": {"authenticated": {"select"}, "service_role": {"select"}},
}

SEQUENCES: Grants = {}

COLUMNS: Grants = {}

FUNCTIONS: Grants = {
    "public.report_preflight(uuid,jsonb)": _USERS,
    "private.report_preflight(uuid,jsonb)": _USERS,
    "public.list_preflights(uuid,uuid,integer)": _USERS,
    "private.codes_of(jsonb,integer)": {},
    "private.facts_of_check(jsonb)": {},
    "private.told_time(text)": {},
}

DEFINER_FUNCTIONS = ["private.report_preflight(uuid,jsonb)"]

POLICIES: dict[str, dict[str, tuple[str, str]]] = {
    "public.preflight_reports": {
        "members can read their own checks and managers all": ("select", "authenticated"),
    },
}
