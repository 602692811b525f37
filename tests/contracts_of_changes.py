"""Who may do what with the record of changes and the first steps: tests/contracts.py adds it to the
rest."""

from __future__ import annotations

Grants = dict[str, dict[str, set[str]]]

TABLES: Grants = {"public.changes": {"authenticated": {"select"}, "service_role": {"select"}}}
SEQUENCES: Grants = {"public.changes_id_seq": {}}
COLUMNS: Grants = {}

FUNCTIONS: Grants = {
    "public.first_steps(uuid)": {"authenticated": {"execute"}},
    "private.first_steps(uuid)": {"authenticated": {"execute"}},
    "public.settings_news(uuid)": {"authenticated": {"execute"}},
    "private.settings_news(uuid)": {"authenticated": {"execute"}},
    **{
        f"private.{function}": {}
        for function in (
            "add_change(uuid,text,text,text,jsonb,jsonb)",
            "named_in(jsonb,text)",
            "note_change()",
            "is_one_change()",
            "begin_one_change()",
            "end_one_change()",
            "forget_changes(uuid,text,uuid)",
            "steps_of(uuid)",
            "findings_of(uuid)",
        )
    },
}

DEFINER_FUNCTIONS = [
    "private.note_change()",
    "private.first_steps(uuid)",
    "private.settings_news(uuid)",
]

POLICIES: dict[str, dict[str, tuple[str, str]]] = {
    "public.changes": {
        "managers can read what changed in their business": ("select", "authenticated"),
    },
}
