"""Who may do what with contacts' stories, call-backs, the day's numbers and what managers do with
queues: tests/contracts.py adds it to the rest."""

from __future__ import annotations

Grants = dict[str, dict[str, set[str]]]

FOR_USERS = {"authenticated": {"execute"}}

TABLES: Grants = {
    "public.call_backs": {"authenticated": {"select"}, "service_role": {"select"}},
    "private.open_call_backs": {},
    "private.queue_counts": {},
    "private.contacts_told_apart": {},
}
SEQUENCES: Grants = {}
COLUMNS: Grants = {}

# Called over REST, and the functions behind them, which run with their owner's rights.
_ASKED = (
    "list_call_backs(uuid,text)",
    "dismiss_call_back(uuid)",
    "lead_story(uuid)",
    "my_day(uuid,timestamp with time zone)",
    "campaign_queues(uuid)",
    "campaign_queue(uuid)",
    "list_entries(uuid,text,text,text,jsonb,integer)",
    "change_entries(uuid,uuid[],jsonb)",
    "list_contacts(uuid,text,text[],jsonb,integer)",
    "save_contact(uuid,uuid,jsonb,jsonb,boolean)",
    "merge_contacts(uuid,uuid,uuid[],jsonb)",
    "duplicate_contacts(uuid,integer)",
    "tell_contacts_apart(uuid,text,text,integer)",
)
# Used by describe_conversation, as the person who asks.
_OF_DESCRIPTIONS = ("call_back_of(uuid)", "write_call_back(uuid,jsonb)")
_TRIGGERS = ("apply_outcome()", "leave_call_backs()")

FUNCTIONS: Grants = {
    **{
        f"{schema}.{function}": FOR_USERS for schema in ("public", "private") for function in _ASKED
    },
    **{f"private.{function}": FOR_USERS for function in _OF_DESCRIPTIONS},
    **{f"private.{function}": {} for function in _TRIGGERS},
    **{
        f"private.{function}": {}
        for function in (
            "trust_new_number()",
            "effect_of(uuid,text)",
            "check_agreement(uuid,timestamp with time zone,uuid)",
            "keeps_call_backs(public.conversations)",
            "is_owed(public.call_backs)",
            "forbid_numbers(uuid,text[],uuid)",
            "apply_effect(uuid,uuid,text,text,uuid)",
            "trust_number_again(uuid,uuid,uuid)",
            "derive_call_back(public.conversations,text,text)",
            "keep_call_backs(public.conversations)",
            "author_of_notes(uuid,uuid)",
            "calls_with_lead(uuid,uuid,integer)",
            "who_talks_to(public.leads,uuid)",
            "count_queue(uuid)",
            "counts_of_queue(uuid)",
            "next_due_at(uuid)",
            "reps_of_campaign(public.campaigns)",
            "next_of_queue(uuid,uuid,integer)",
            "campaign_with_queue(public.campaigns)",
            "group_of_entry(public.queue_entries)",
            "entries_of_part(uuid,integer,text,public.queue_entries,integer)",
            "entries_found(public.campaigns,text,text,text,uuid,integer)",
            "change_entry(public.queue_entries,jsonb)",
            "is_entry_change(jsonb,uuid)",
            "contact_of(public.leads)",
            "write_contact(public.leads)",
            "written_field(text)",
            "wrong_field_of_contact(public.leads)",
            "others_like(public.leads)",
            "merge_entries(uuid,uuid,uuid,uuid[])",
            "is_lead_in_use(uuid,uuid[])",
            "forbid_all_numbers(uuid,uuid[])",
            "choose_fields(public.leads,public.leads[],jsonb)",
            "count_told_apart(uuid,text,text)",
        )
    },
}
DEFINER_FUNCTIONS = [f"private.{function}" for function in (*_ASKED, *_OF_DESCRIPTIONS, *_TRIGGERS)]
POLICIES: dict[str, dict[str, tuple[str, str]]] = {
    "public.call_backs": {
        "members can read the call-backs of their business": ("select", "authenticated"),
    },
    "private.queue_counts": {
        "members can read the counts of their queues": ("select", "authenticated"),
    },
    "private.contacts_told_apart": {
        "nobody reads which contacts were told apart": ("select", "authenticated"),
    },
}
