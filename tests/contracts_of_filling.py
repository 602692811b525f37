"""Filling queues in tests/contracts.py, which adds these to its lists."""

from __future__ import annotations

Grants = dict[str, dict[str, set[str]]]

_USERS = {"authenticated": {"execute"}}
_BY_MEMBERS = (
    "enqueue_leads(uuid,uuid[],text,uuid,integer,boolean,uuid)",
    "begin_import(uuid,text,text,integer,integer)",
    "begin_contact_import(uuid,text,text,integer)",
    "import_rows(uuid,integer,jsonb)",
    "finish_import(uuid)",
    "undo_import(uuid)",
    "look_up_numbers(uuid,text[])",
)

TABLES: Grants = {
    "public.lead_imports": {"authenticated": {"select"}, "service_role": {"select"}},
    "private.lead_import_rows": {},
}
SEQUENCES: Grants = {}
COLUMNS: Grants = {}

FUNCTIONS: Grants = {
    **{
        f"{schema}.{function}": _USERS
        for schema in ("public", "private")
        for function in _BY_MEMBERS
    },
    **{
        f"private.{function}": {}
        for function in (
            "add_to_queue(uuid,uuid,uuid[],integer,boolean,timestamp with time zone)",
            "campaign_to_fill(uuid)",
            "forget_number_zones()",
            "import_answer(public.lead_imports)",
            "import_to_change(uuid)",
            "is_on_do_not_call_list(uuid,text)",
            "lead_with(uuid,text)",
            "nothing_added()",
            "store_import_rows(public.lead_imports,integer,jsonb)",
            "sum_of(jsonb,jsonb)",
            "wrong_field_of_import(text,text,integer)",
            "delete_imports_of_business()",
        )
    },
}

DEFINER_FUNCTIONS = [
    *(f"private.{function}" for function in _BY_MEMBERS),
    "private.delete_imports_of_business()",
]

POLICIES: dict[str, dict[str, tuple[str, str]]] = {
    "public.lead_imports": {
        "members can read the imports of their business": ("select", "authenticated"),
    },
    "private.lead_import_rows": {
        "nobody reads the rows of imports": ("select", "authenticated"),
    },
}
