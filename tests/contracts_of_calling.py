"""Who may do what with caller IDs and transfer targets: tests/contracts.py adds it to the rest."""

from __future__ import annotations

Grants = dict[str, dict[str, set[str]]]

FOR_USERS = {"authenticated": {"execute"}}

TABLES: Grants = {
    "public.transfer_targets": {"authenticated": {"select"}, "service_role": {"select"}},
}
SEQUENCES: Grants = {}
COLUMNS: Grants = {}

# Called over REST, and the functions behind them, which run with their owner's rights.
_ASKED = (
    "label_caller_id(uuid,text,text)",
    "choose_caller_id(uuid,text)",
    "save_transfer_target(uuid,uuid,text,text)",
    "remove_transfer_target(uuid,uuid)",
)

FUNCTIONS: Grants = {
    **{
        f"{schema}.{function}": FOR_USERS for schema in ("public", "private") for function in _ASKED
    },
    "private.broadcast_change()": {},
}

# They check who asks, or write what nobody may write directly.
DEFINER_FUNCTIONS = [
    *(f"private.{function}" for function in _ASKED),
    "private.broadcast_change()",
]

POLICIES: dict[str, dict[str, tuple[str, str]]] = {
    "public.transfer_targets": {
        "members can read the transfer targets of their business": ("select", "authenticated"),
    },
}
