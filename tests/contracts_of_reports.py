"""Who may ask for reports: tests/contracts.py adds it to the rest. The policies of what is read
decide whose numbers they get: tests/contracts_of_facts.py."""

from __future__ import annotations

Grants = dict[str, dict[str, set[str]]]

FOR_USERS = {"authenticated": {"execute"}}
TABLES: Grants = {}
SEQUENCES: Grants = {}
COLUMNS: Grants = {}

_THREE = "double precision,double precision,double precision"

# All run with the rights of whoever asks, so that these need them, too.
FUNCTIONS: Grants = dict.fromkeys(
    (
        "public.report_overview(uuid,date,date,text,integer,jsonb)",
        "public.report_by(uuid,date,date,text,integer,jsonb)",
        "public.report_attempts(uuid,date,date,jsonb)",
        "public.report_hours(uuid,date,date,text,jsonb)",
        "public.report_calls(uuid,date,date,text,text,text,jsonb,integer,integer,jsonb)",
        "private.report_filter(text,jsonb,text)",
        "private.report_condition(uuid,date,date,jsonb,boolean)",
        "private.report_bucket(date,text,integer)",
        "private.report_measures()",
        "private.report_sums(text)",
        "private.report_rates()",
        "private.report_trend(text,date,date,text,integer)",
        "private.report_groups(uuid,text,date,text,text)",
        "private.report_by_outcome(uuid,text,date)",
        "private.report_by_date(text,date,date,text,integer)",
        "private.normal_deviate(double precision)",
        f"private.likelihood_bound({_THREE})",
        f"private.interval_of_share({_THREE})",
        "private.add_up_times(text)",
        "private.compare_times(private.time_sums[])",
        "private.report_line(text,text,integer)",
        "private.report_page(text,text,text,text,jsonb,integer,integer)",
    ),
    FOR_USERS,
)
DEFINER_FUNCTIONS: list[str] = []
POLICIES: dict[str, dict[str, tuple[str, str]]] = {}
