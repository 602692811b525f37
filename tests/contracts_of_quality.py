"""Who may do what with the quality of calls and the names of networks: tests/contracts.py adds it
to the rest."""

from __future__ import annotations

Grants = dict[str, dict[str, set[str]]]

FOR_USERS = {"authenticated": {"execute"}}
READ_BY_MEMBERS = {"authenticated": {"select"}, "service_role": {"select"}}

TABLES: Grants = {
    "public.call_quality": READ_BY_MEMBERS,
    "public.networks": READ_BY_MEMBERS,
    "private.network_secrets": {},
}
SEQUENCES: Grants = {}
COLUMNS: Grants = {}

_TIME = "timestamp with time zone"
# Called over REST, and the functions behind them, which run with their owner's rights.
_ASKED = (
    "report_call_quality(uuid,text,jsonb)",
    "rate_call(uuid,text,integer,text)",
    f"quality_by(uuid,{_TIME},{_TIME},text,text)",
    f"quality_calls(uuid,{_TIME},{_TIME},text,text,jsonb,integer,text)",
    "conversation_quality(uuid)",
    "name_network(uuid,text,text)",
)

FUNCTIONS: Grants = {
    **{
        f"{schema}.{function}": FOR_USERS for schema in ("public", "private") for function in _ASKED
    },
    # Used by describe_conversation, as the person who asks.
    "private.quality_of_conversation(public.conversations)": FOR_USERS,
    **{
        f"private.{function}": {}
        for function in (
            "too_long_without_audio(integer)",
            "is_silent(integer,integer)",
            "fault_of_quality(public.call_quality)",
            "grade_of_quality(public.call_quality)",
            "judge_quality()",
            "is_report(jsonb)",
            "visible_text(text)",
            "is_serial(text)",
            "number_in(jsonb,text,numeric,numeric)",
            "measure_in(jsonb,text,numeric,numeric)",
            "word_in(jsonb,text)",
            "label_in(jsonb,text,integer)",
            "warnings_in(jsonb)",
            "errors_in(jsonb)",
            "read_quality_report(jsonb)",
            "own_leg_quality(uuid,text)",
            "is_past_reports(uuid)",
            "share_low(bigint,bigint)",
            "quality_key(text,text)",
            "quality_key_as_text(text,text)",
            f"quality_condition(uuid,{_TIME},{_TIME},text,text)",
            "client_address()",
            "network_key(uuid,inet)",
            "network_of_report(public.call_quality)",
        )
    },
}
DEFINER_FUNCTIONS = [f"private.{function}" for function in _ASKED]
POLICIES: dict[str, dict[str, tuple[str, str]]] = {
    "public.call_quality": {
        "members can read the quality of their calls, managers of all": ("select", "authenticated"),
    },
    "public.networks": {
        "members can read the names of their networks": ("select", "authenticated"),
    },
    "private.network_secrets": {
        "nobody can read the secrets of networks": ("select", "authenticated"),
    },
}
