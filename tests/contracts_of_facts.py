"""Who may do what with the facts of calls, their sums and the marks of what has changed:
tests/contracts.py adds it to the rest."""

from __future__ import annotations

Grants = dict[str, dict[str, set[str]]]

FOR_THE_REPORTER = {"call_reporter": {"execute"}}
READ_BY_MEMBERS = {"authenticated": {"select"}}
SUMS = ("report_days", "report_outcomes", "report_hours", "report_attempts", "report_people")

TABLES: Grants = {
    "public.call_facts": READ_BY_MEMBERS | {"service_role": {"select"}},
    "public.call_helpers": READ_BY_MEMBERS | {"service_role": {"select"}},
    **{f"private.{table}": READ_BY_MEMBERS for table in SUMS},
    "private.report_state": READ_BY_MEMBERS,
    "private.fold_marks": {},
    "private.fold_businesses": {},
}
SEQUENCES: Grants = {
    f"private.{table}_id_seq": {} for table in (*SUMS, "fold_marks", "fold_businesses")
}
COLUMNS: Grants = {}

_FACTS = "public.call_facts[],public.call_facts[]"
_HELPERS = "public.call_helpers[],public.call_helpers[]"

FUNCTIONS: Grants = {
    "public.fold_reports(integer)": FOR_THE_REPORTER,
    "private.fold_calls(integer)": FOR_THE_REPORTER,
    "private.reports_as_of()": {"authenticated": {"execute"}},
    **{
        f"private.{function}": {}
        for function in (
            "facts_of_calls(uuid[])",
            "helpers_of_calls(uuid[])",
            "places_of_dials(uuid[])",
            f"add_to_sums({_FACTS})",
            f"add_to_people({_HELPERS})",
            "count_calls(uuid[])",
            "count_calls_safely(uuid[])",
            "fold_business(integer)",
            "rebuild_reports(uuid)",
            "mark_call()",
            "mark_call_of_leg()",
            "mark_call_of_row()",
            "mark_outcome()",
            "mark_business()",
        )
    },
}
DEFINER_FUNCTIONS = [
    "private.fold_calls(integer)",
    "private.reports_as_of()",
    "private.mark_call()",
    "private.mark_call_of_leg()",
    "private.mark_call_of_row()",
    "private.mark_outcome()",
    "private.mark_business()",
]
_OWN_SUMS = {"members can read their own sums, managers all": ("select", "authenticated")}
POLICIES: dict[str, dict[str, tuple[str, str]]] = {
    "public.call_facts": {
        "members can read the facts of their calls, managers of all": ("select", "authenticated"),
    },
    "public.call_helpers": {
        "members can read where they helped, managers of all": ("select", "authenticated"),
    },
    **{f"private.{table}": _OWN_SUMS for table in SUMS},
    "private.report_state": {
        "everybody can read how far the sums are": ("select", "authenticated"),
    },
    "private.fold_marks": {"nobody can read marks": ("select", "authenticated")},
    "private.fold_businesses": {
        "nobody can read which businesses are counted again": ("select", "authenticated"),
    },
}
