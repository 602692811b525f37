"""Who may do what with the do-not-call list: tests/contracts.py adds it to the rest."""

from __future__ import annotations

Grants = dict[str, dict[str, set[str]]]

FOR_USERS = {"authenticated": {"execute"}}
READ_BY_MANAGERS = {"authenticated": {"select"}, "service_role": {"select"}}

TABLES: Grants = {
    "public.do_not_call_removals": READ_BY_MANAGERS,
    "public.do_not_call_imports": READ_BY_MANAGERS,
}
SEQUENCES: Grants = {"public.do_not_call_removals_id_seq": {}}
COLUMNS: Grants = {}

# Called over REST, and the functions behind them, which run with their owner's rights.
_ASKED = (
    "take_off_do_not_call(uuid,text[],text)",
    "list_do_not_call_removals(uuid,text,text[],bigint,integer)",
    "list_do_not_call(uuid,text,text[],timestamp with time zone,text,integer)",
    "add_to_do_not_call(uuid,text,text)",
    "import_do_not_call(uuid,uuid,text,integer,jsonb)",
    "undo_do_not_call_import(uuid,text)",
)

FUNCTIONS: Grants = {
    **{
        f"{schema}.{function}": FOR_USERS for schema in ("public", "private") for function in _ASKED
    },
    # Whoever writes an entry evaluates it.
    "private.do_not_call_form(text,text)": {
        "authenticated": {"execute"},
        "service_role": {"execute"},
    },
    **{
        f"private.{function}": {}
        for function in (
            "subscribers(text[])",
            "do_not_call_answer(public.do_not_call)",
            "note_do_not_call_removal()",
        )
    },
}

# They check who asks, or write what nobody may write directly. do_not_call_form reads no table.
DEFINER_FUNCTIONS = [
    "private.do_not_call_form(text,text)",
    "private.note_do_not_call_removal()",
    *(f"private.{function}" for function in _ASKED),
]

POLICIES: dict[str, dict[str, tuple[str, str]]] = {
    "public.do_not_call_removals": {
        "managers can read which numbers may be called again": ("select", "authenticated"),
    },
    "public.do_not_call_imports": {
        "managers can read which files added to the do-not-call list": ("select", "authenticated"),
    },
}
