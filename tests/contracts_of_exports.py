"""Who may do what with the view of calls for tools outside: tests/contracts.py adds it to the
rest."""

from __future__ import annotations

Grants = dict[str, dict[str, set[str]]]

READ_BY_TOOLS = {"report_reader": {"select"}}
# What a tool may read besides the facts of calls: names, and which business is its own.
_NAMES = {
    "private.report_readers": ("login", "business_id"),
    "public.businesses": ("id", "name", "time_zone"),
    "public.business_members": ("business_id", "user_id", "display_name"),
    "public.campaigns": ("business_id", "id", "name"),
    "public.outcomes": ("business_id", "key", "label"),
}

TABLES: Grants = {
    "private.report_readers": {},
    "public.call_facts": READ_BY_TOOLS,
    "public.call_report": READ_BY_TOOLS | {"authenticated": {"select"}, "service_role": {"select"}},
}
SEQUENCES: Grants = {}
COLUMNS: Grants = {
    f"{table}.{column}": READ_BY_TOOLS for table, columns in _NAMES.items() for column in columns
}
FUNCTIONS: Grants = {}
DEFINER_FUNCTIONS: list[str] = []
_READ = ("select", "report_reader")
POLICIES: dict[str, dict[str, tuple[str, str]]] = {
    "private.report_readers": {"a reader can see which business is theirs": _READ},
    "public.call_facts": {"a reader can read the facts of their business": _READ},
    "public.businesses": {"a reader can read their business": _READ},
    "public.business_members": {"a reader can read the names of their business's members": _READ},
    "public.campaigns": {"a reader can read the campaigns of their business": _READ},
    "public.outcomes": {"a reader can read the outcomes of their business": _READ},
}
