"""Who may do what with each object of the database: every grant, every policy, and the columns that
each kind of caller may change. Written by hand, and compared with the database by
tests/supabase/test_grants.py and, through the REST API, by tests/attack/test_tenants.py."""

from __future__ import annotations

from tests import (
    contracts_of_calling,
    contracts_of_changes,
    contracts_of_checks,
    contracts_of_contacts,
    contracts_of_do_not_call,
    contracts_of_exports,
    contracts_of_facts,
    contracts_of_filling,
    contracts_of_people,
    contracts_of_quality,
    contracts_of_queues,
    contracts_of_reports,
)

API_ROLES = (
    "anon",
    "authenticated",
    "service_role",
    "call_webhook",
    "call_reconciler",
    "call_recorder",
    "call_reporter",
)

# By object and role, the privileges that anybody except the owner has.
Grants = dict[str, dict[str, set[str]]]

# What managers may change of their business.
LIMITS = frozenset(
    {
        "name",
        "country",
        "allowed_countries",
        "calling_hours_start",
        "calling_hours_end",
        "calls_per_rep_per_minute",
        "calls_per_rep_per_day",
        "concurrent_calls",
        "max_call_seconds",
        "token_grants_per_minute",
        "recording_mode",
        "consent_mode",
        "recording_notice",
        "recording_retention_days",
        "recording_access",
        "time_zone",
        "conversation_seconds",
        "week_start",
    }
)
# What managers may write of a rule about recordings.
RULED_BY_MANAGERS = frozenset({"country", "region", "mode", "consent_mode"})
# What reps may change of a call, and what they may write of a number that must not be called.
DESCRIBED_BY_REPS = frozenset({"outcome", "notes", "lead_id", "campaign_id"})
FORBIDDEN_BY_REPS = frozenset({"business_id", "phone_number", "reason"})
# What members may write of a recorded message of their own, and change afterwards.
RECORDED_BY_MEMBERS = frozenset(
    {"id", "business_id", "name", "duration_seconds", "bytes", "is_shared"}
)
CHANGED_OF_MESSAGES = frozenset({"name", "is_shared", "deleted_at"})
# What members may change of their own membership.
NAMED_BY_MEMBERS = frozenset({"display_name"})
# What the webhook endpoints may change, inside of their functions, of the call that they name.
MOVED_BY_WEBHOOKS = {
    "conversations": frozenset(
        {
            "lead_id",
            "campaign_id",
            "status",
            "block_reason",
            "from_number",
            "to_number",
            "extension",
            "other_number",
            "time_limit_seconds",
            "bridge",
            "begun_at",
            "dialed_at",
            "ringing_at",
            "answered_at",
            "ended_at",
            "duration_seconds",
            "is_plain",
            "stage",
            "hold_seconds",
            "call_back_at",
            "recording_state",
            "answered_by",
            "to_country",
            "lead_time_zone",
            "lead_zone_is_estimate",
        }
    ),
    "call_legs": frozenset(
        {
            "call_sid",
            "role",
            "user_id",
            "to_number",
            "status",
            "initiated_at",
            "ringing_at",
            "answered_at",
            "ended_at",
            "duration_seconds",
            "is_host",
            "on_hold_since",
            "ended_by",
            "dropped_at",
        }
    ),
    "call_holds": frozenset({"ended_at"}),
    "call_events": frozenset({"business_id", "conversation_id"}),
    "call_actions": frozenset({"lease_until", "result", "error", "finished_at"}),
}

READ_BY_MEMBERS = {"authenticated": {"select"}}
RUN_BY_OPERATORS = READ_BY_MEMBERS | {
    "service_role": {"select", "insert", "update"},
    "call_webhook": {"select"},
}
WRITTEN_BY_CALLS = READ_BY_MEMBERS | {
    "service_role": {"select"},
    "call_webhook": {"select", "insert"},
}

TABLES: Grants = {
    "public.businesses": RUN_BY_OPERATORS,
    "public.business_members": RUN_BY_OPERATORS
    | {"service_role": {"select", "insert", "update", "delete"}},
    "public.leads": RUN_BY_OPERATORS,
    "public.campaigns": RUN_BY_OPERATORS,
    "public.phone_numbers": RUN_BY_OPERATORS,
    "public.do_not_call": RUN_BY_OPERATORS,
    "public.conversations": WRITTEN_BY_CALLS,
    "public.conversation_changes": READ_BY_MEMBERS | {"service_role": {"select"}},
    "public.call_legs": WRITTEN_BY_CALLS,
    "public.call_events": WRITTEN_BY_CALLS,
    "public.call_holds": WRITTEN_BY_CALLS | {"call_webhook": {"select", "insert", "delete"}},
    "public.call_actions": WRITTEN_BY_CALLS,
    "public.rep_presence": READ_BY_MEMBERS | {"service_role": {"select"}},
    "public.token_grants": READ_BY_MEMBERS | {"service_role": {"select"}},
    "public.recording_rules": {
        "authenticated": {"select", "delete"},
        "service_role": {"select"},
        "call_webhook": {"select"},
    },
    "public.recording_consents": READ_BY_MEMBERS
    | {"service_role": {"select"}, "call_webhook": {"select"}},
    "public.recordings": READ_BY_MEMBERS | {"service_role": {"select"}},
    "public.recording_events": READ_BY_MEMBERS | {"service_role": {"select"}},
    "public.recording_actions": READ_BY_MEMBERS | {"service_role": {"select"}},
    "public.recording_plays": READ_BY_MEMBERS | {"service_role": {"select"}},
    "public.legal_holds": READ_BY_MEMBERS | {"service_role": {"select"}},
    "public.voicemail_messages": READ_BY_MEMBERS | {"service_role": {"select"}},
    "public.erasures": READ_BY_MEMBERS | {"service_role": {"select"}},
    "private.unsettled_calls": {"call_reconciler": {"select", "delete"}},
    "private.repeated_callbacks": {"call_webhook": {"insert"}},
    "private.reconciliation": {"call_reconciler": {"select"}},
    "private.memberships": READ_BY_MEMBERS,
    "private.managed": READ_BY_MEMBERS,
}

SEQUENCES: Grants = {
    "public.call_events_id_seq": {},
    "public.call_actions_number_seq": {},
    "public.token_grants_id_seq": {},
    "public.conversation_changes_id_seq": {},
    "public.recording_events_id_seq": {},
    "public.recording_actions_number_seq": {},
    "public.recording_plays_id_seq": {},
}

COLUMNS: Grants = {
    **{
        f"public.conversations.{column}": {"authenticated": {"update"}}
        for column in DESCRIBED_BY_REPS
    },
    **{
        f"public.{table}.{column}": {"call_webhook": {"update"}}
        for table, moved in MOVED_BY_WEBHOOKS.items()
        for column in moved
    },
    **{
        f"public.conversations.{column}": {"authenticated": {"update"}, "call_webhook": {"update"}}
        for column in DESCRIBED_BY_REPS & MOVED_BY_WEBHOOKS["conversations"]
    },
    **{f"public.businesses.{column}": {"authenticated": {"update"}} for column in LIMITS},
    **{
        f"public.business_members.{column}": {"authenticated": {"update"}}
        for column in NAMED_BY_MEMBERS
    },
    **{
        f"public.do_not_call.{column}": {"authenticated": {"insert"}}
        for column in FORBIDDEN_BY_REPS
    },
    **{
        f"public.recording_rules.{column}": {"authenticated": {"insert", "update"}}
        for column in RULED_BY_MANAGERS
    },
    **{
        f"public.voicemail_messages.{column}": {
            "authenticated": {
                *({"insert"} if column in RECORDED_BY_MEMBERS else ()),
                *({"update"} if column in CHANGED_OF_MESSAGES else ()),
            }
        }
        for column in RECORDED_BY_MEMBERS | CHANGED_OF_MESSAGES
    },
    "public.recording_rules.business_id": {"authenticated": {"insert"}},
    **{
        f"public.recording_consents.{column}": {"call_webhook": {"insert"}}
        for column in (
            "business_id",
            "conversation_id",
            "mode",
            "consent_mode",
            "country",
            "region",
            "notice_text",
        )
    },
    **{
        f"private.{column}": {"call_reconciler": {"update"}}
        for column in (
            "unsettled_calls.next_check_at",
            "unsettled_calls.checks",
            "reconciliation.paused_until",
        )
    },
}

FOR_USERS = {"authenticated": {"execute"}}
FOR_WEBHOOKS = {"call_webhook": {"execute"}}
FOR_THE_RECONCILER = {"call_reconciler": {"execute"}}
FOR_THE_RECORDER = {"call_recorder": {"execute"}}
# What a wish about a call goes through. Only the first is called from outside of a function.
_WISH = "uuid,text,uuid,jsonb,text,uuid,uuid,integer"
_ASKED = {
    f"public.ask_of_call({_WISH})": FOR_USERS,
    f"private.ask_of_call({_WISH})": FOR_USERS,
    "private.misfit_of_wish(text,uuid,jsonb,text,uuid,uuid)": {},
    "private.may_use_message(uuid,uuid)": {},
    "private.path_of_message(uuid,uuid)": {},
    "private.note_left_message()": {},
    "private.fit_wish(public.call_actions,public.conversations,private.call_parties)": {},
    "private.is_done(public.call_actions,public.call_legs[],public.call_actions,"
    "private.call_parties)": {},
    "private.is_same_wish(public.call_actions,public.call_actions)": {},
    "private.write_wish(public.conversations,public.call_actions,public.call_actions,integer)": {},
    "private.supersede_action(public.call_actions,text)": {},
    "private.answer_wish(uuid,boolean,boolean,public.call_actions)": {},
    "private.refuse_person(uuid,uuid,uuid,uuid)": {},
    "private.state_of_person(uuid,uuid,uuid)": {},
    "private.people_in_calls(uuid,uuid)": {},
    "private.presence_lasts()": {},
}
# What becomes of a call of which something was asked.
_CONTINUED = {
    "public.continue_call(text,text,text,uuid,text,text,integer,jsonb)": FOR_WEBHOOKS,
    "public.note_call_action(uuid,text,jsonb,text,text)": FOR_WEBHOOKS,
    **{
        f"private.{function}": FOR_WEBHOOKS
        for function in (
            "call_state(uuid)",
            "drop_of_call(public.conversations)",
            "derive_drop(public.conversations,private.voicemail_drop)",
            "continue_after_ring(public.conversations,public.call_legs,text)",
            "continue_after_room(public.conversations,bigint)",
            "follow_ring(public.conversations,public.call_actions,uuid,text)",
            "hang_up(boolean,uuid)",
            "host_of_call(public.conversations)",
            "identity_of(uuid,uuid)",
            "is_alive(public.call_legs)",
            "last_ring(public.conversations)",
            "leg_of_ring(public.call_actions)",
            "may_ring_again(public.call_legs,text)",
            "newest_action(uuid)",
            "ring_again_lasts()",
            "was_here_lately(uuid,uuid)",
            "lead_of_call(public.conversations)",
            "parties_of_call(public.conversations,uuid)",
            "person_of_leg(public.call_legs,public.conversations)",
            "ring_for_lead(public.conversations,uuid,uuid,uuid)",
            "seconds_left(public.conversations)",
            "take_back(public.call_actions,text)",
            "was_sent(public.call_actions)",
        )
    },
}
# The recording of a call: what a person asks, what Twilio tells, and who works on it.
_RECORDING_EVENT = (
    "text,uuid,text,text,text,text,integer,integer,timestamp with time zone,text,jsonb"
)
_BY_PEOPLE = "ask_of_recording(uuid,text,text)"
_BY_CONTROL = "note_recording_action(uuid,text,text,text,text)"
_BY_THE_RECORDER = (
    "begin_notice(text,text)",
    "end_notice(text,text,text)",
    f"record_recording_event({_RECORDING_EVENT})",
    "claim_recordings(integer,integer,uuid)",
    "note_recording_step(uuid,uuid,text,jsonb)",
)
_RECORDING: Grants = {
    **{f"{schema}.{_BY_PEOPLE}": FOR_USERS for schema in ("public", "private")},
    **{f"{schema}.{_BY_CONTROL}": FOR_WEBHOOKS for schema in ("public", "private")},
    **{
        f"{schema}.{function}": FOR_THE_RECORDER
        for schema in ("public", "private")
        for function in _BY_THE_RECORDER
    },
    "private.state_unrecorded(uuid,timestamp with time zone,integer)": FOR_WEBHOOKS,
    "private.notice_text(text,text)": FOR_USERS | FOR_WEBHOOKS,
    "private.terms_of_recording(public.businesses,jsonb)": FOR_USERS | FOR_WEBHOOKS,
    **{
        f"private.{function}": {}
        for function in (
            "has_agreed(public.recording_consents)",
            "orphan_recording()",
            "live_recording(public.conversations)",
            "is_leg_over(public.recordings)",
            "add_recording(public.conversations,text,uuid)",
            "note_started(uuid,text,timestamp with time zone)",
            "last_wish(public.conversations,boolean)",
            "recording_state_of(public.conversations)",
            "derive_recording(uuid,boolean)",
            "unwant_recordings(uuid,text)",
            "write_recording_wish(public.conversations,text,uuid,uuid,integer)",
            "answer_recording_wish(public.conversations,public.recording_actions,text,boolean,"
            "public.recordings)",
            "fit_recording_wish(text,text,public.recordings,public.call_legs)",
            "refuse_recording(public.conversations,uuid)",
            "start_of_recording(public.recordings)",
            "wants_next_part(public.recordings,public.conversations)",
            "end_unstarted(public.recordings,text,boolean)",
            "apply_recording_status(uuid,public.conversations,text,integer,integer,"
            "timestamp with time zone,text)",
            "adopt_recording(public.conversations,text,text,text)",
            "allow_recording(public.recordings)",
            "todo_of_recording(public.recordings)",
            "work_of_recording(public.recordings,text)",
            "path_of_recording(public.recordings)",
            "refresh_recording(public.recordings)",
            "is_gone(public.recordings)",
            "note_gone(public.recordings)",
            "next_look(public.recordings)",
            "may_start(public.recordings,public.conversations)",
            "reason_not_to_start(public.recordings,public.conversations)",
            "postpone_recording(public.recordings,text,numeric)",
            "fail_recording(public.recordings,text)",
        )
    },
}
# Who hears recordings, how long they are kept, and what managers have deleted.
_BY_LISTENERS_AND_MANAGERS = (
    "ask_to_play(uuid,uuid,boolean)",
    "set_legal_hold(uuid,boolean,text)",
    "delete_recordings(uuid)",
    "forget_person(uuid,text,uuid)",
)
_KEEPING: Grants = {
    **{
        f"{schema}.{function}": FOR_USERS
        for schema in ("public", "private")
        for function in _BY_LISTENERS_AND_MANAGERS
    },
    "private.may_touch_object(text,text)": FOR_THE_RECORDER,
    **{
        f"private.{function}": {}
        for function in (
            "role_in(uuid)",
            "refuse_outsider(uuid)",
            "refuse_agent(uuid)",
            "may_hear(public.conversations,text)",
            "is_playable(public.recordings,boolean)",
            "shorten_retention()",
            "managed_call(uuid)",
            "calls_of_person(uuid,text,uuid)",
            "make_anonymous(public.conversations,text,boolean)",
        )
    },
}
_LISTING = "uuid,text,text[],text[],uuid,uuid,boolean,timestamp with time zone,uuid,integer"
_EVENT = "text,text,text,text,integer,timestamp with time zone,integer,jsonb,uuid,text"
FUNCTIONS: Grants = {
    **_ASKED,
    **_CONTINUED,
    **_RECORDING,
    **_KEEPING,
    "public.set_presence(uuid,text)": FOR_USERS,
    "private.set_presence(uuid,text)": FOR_USERS,
    "public.list_colleagues(uuid)": FOR_USERS,
    "private.list_colleagues(uuid)": FOR_USERS,
    "public.decline_call(uuid)": FOR_USERS,
    "private.decline_call(uuid)": FOR_USERS,
    "private.limit_reached_with_added(public.businesses,uuid,text)": {},
    "private.number_of(jsonb,text)": FOR_USERS | FOR_WEBHOOKS,
    "public.search_leads(uuid,text,text[],integer)": FOR_USERS,
    "private.search_leads(uuid,text,text[],integer)": FOR_USERS,
    f"public.list_conversations({_LISTING})": FOR_USERS,
    f"private.list_conversations({_LISTING})": FOR_USERS,
    "public.describe_conversation(uuid,jsonb,jsonb)": FOR_USERS,
    "private.conversation_with_names(public.conversations)": FOR_USERS,
    "private.note_conversation_change()": {},
    "private.name_business()": {},
    "private.name_member()": {},
    "private.with_ascii_digits(text)": {},
    "private.search_form(text)": {},
    "private.search_condition(text,text)": {},
    "private.typed_form(text)": {},
    "private.matching_conversations(uuid,text,text,text,text[],integer)": {},
    "private.number_form(text)": FOR_USERS | FOR_WEBHOOKS,
    "private.lead_form(text,text,text)": {"service_role": {"execute"}},
    "public.claim_unsettled_calls(integer,integer)": FOR_THE_RECONCILER,
    "public.settle_call(text,jsonb)": FOR_THE_RECONCILER,
    "public.pause_reconciliation(integer)": FOR_THE_RECONCILER,
    "private.is_settled(text)": FOR_THE_RECONCILER,
    "private.forget_test_call(text)": FOR_THE_RECONCILER,
    "private.legs_without_end(text)": FOR_THE_RECONCILER,
    "private.unnamed_legs(text)": FOR_THE_RECONCILER,
    "private.question_about(text)": FOR_THE_RECONCILER,
    "private.address_of(public.call_legs)": FOR_THE_RECONCILER,
    "private.attribute_legs(text,jsonb)": FOR_THE_RECONCILER,
    "private.with_lost_legs(text,jsonb,boolean)": FOR_THE_RECONCILER,
    "private.news_of_holds(text,jsonb)": FOR_THE_RECONCILER,
    "private.watch_call()": {},
    "public.grant_access_token(uuid,integer)": FOR_USERS,
    "public.preview_call(uuid,jsonb,text,text,text)": FOR_USERS,
    "public.begin_call(text,uuid,uuid,jsonb,text,text,text,text)": FOR_WEBHOOKS,
    f"public.record_call_event({_EVENT})": FOR_WEBHOOKS,
    f"private.store_call_event({_EVENT})": FOR_WEBHOOKS,
    "private.choose_business(uuid)": FOR_USERS,
    "private.log_token_grant(uuid,integer)": FOR_USERS,
    "private.decide_call(uuid,uuid,jsonb,text,text,text,text)": FOR_USERS | FOR_WEBHOOKS,
    "private.call_warnings(uuid,jsonb,private.call_decision)": FOR_USERS,
    "private.subscriber(text)": FOR_USERS | FOR_WEBHOOKS | {"service_role": {"execute"}},
    "private.read_phone_number()": {},
    "private.to_uuid(text)": FOR_USERS | FOR_WEBHOOKS,
    "private.call_limit_reached(public.businesses,uuid)": FOR_USERS | FOR_WEBHOOKS,
    "private.is_calling_time(text[],time without time zone,time without time zone,"
    "timestamp with time zone)": FOR_USERS | FOR_WEBHOOKS,
    "private.agreed_zone(text[],timestamp with time zone)": FOR_USERS | FOR_WEBHOOKS,
    "private.is_time_zone(text)": FOR_USERS | FOR_WEBHOOKS | {"service_role": {"execute"}},
    "private.are_countries(text[])": FOR_USERS | {"service_role": {"execute"}},
    "private.call_answer(public.conversations)": FOR_WEBHOOKS,
    "private.call_status_rank(text)": FOR_WEBHOOKS,
    "private.is_final(text)": FOR_WEBHOOKS,
    "private.is_signed_in()": FOR_USERS,
    "private.attach_events(public.conversations)": FOR_WEBHOOKS,
    "private.derive_call(public.conversations)": FOR_WEBHOOKS,
    "private.note_unbegun_call(text)": FOR_WEBHOOKS,
    "private.longest_call()": FOR_WEBHOOKS | FOR_USERS,
    "private.enter_call(text,uuid)": FOR_WEBHOOKS,
    "private.leave_call()": FOR_WEBHOOKS,
    "private.legs_of_call(text,boolean,jsonb,private.voicemail_drop)": FOR_WEBHOOKS,
    "private.derive_answer(public.conversations)": FOR_WEBHOOKS,
    "private.is_about_request(public.call_events)": FOR_WEBHOOKS,
    "private.is_asked_leg(public.call_legs,text)": FOR_WEBHOOKS,
    "private.restore_asked_legs(public.conversations)": FOR_WEBHOOKS,
    "private.name_legs(public.conversations)": FOR_WEBHOOKS,
    "private.holds_of_call(public.conversations)": FOR_WEBHOOKS,
    "private.derive_holds(public.conversations)": FOR_WEBHOOKS,
    "private.room_name(uuid)": FOR_WEBHOOKS,
    "private.stage_of_call(public.conversations)": FOR_WEBHOOKS,
    "private.is_present(public.call_legs,text)": FOR_WEBHOOKS,
    "private.derive_stage(public.conversations)": FOR_WEBHOOKS,
    "private.webhook_call_sid()": FOR_WEBHOOKS,
    "private.broadcast_conversation()": {},
    "private.touch_updated_at()": {},
}

SCHEMAS: Grants = {
    "private": {
        "authenticated": {"usage"},
        "call_webhook": {"usage"},
        "call_recorder": {"usage"},
        "report_reader": {"usage"},
        "call_reporter": {"usage"},
    },
    "public": {
        "PUBLIC": {"usage"},
        "postgres": {"usage"},
        "report_reader": {"usage"},
        **{role: {"usage"} for role in API_ROLES if role != "call_reconciler"},
    },
}

# Functions that run with their owner's rights; the migrations say why.
DEFINER_FUNCTIONS = [
    f"private.{_BY_PEOPLE}",
    f"private.{_BY_CONTROL}",
    *(f"private.{function}" for function in _BY_THE_RECORDER),
    *(f"private.{function}" for function in _BY_LISTENERS_AND_MANAGERS),
    "private.forget_test_call(text)",
    "private.may_touch_object(text,text)",
    "private.shorten_retention()",
    f"private.ask_of_call({_WISH})",
    "private.set_presence(uuid,text)",
    "private.list_colleagues(uuid)",
    "private.decline_call(uuid)",
    "private.broadcast_conversation()",
    "private.call_limit_reached(public.businesses,uuid)",
    "private.is_signed_in()",
    "private.lead_form(text,text,text)",
    f"private.list_conversations({_LISTING})",
    "private.log_token_grant(uuid,integer)",
    "private.name_business()",
    "private.name_member()",
    "private.note_conversation_change()",
    "private.note_left_message()",
    "private.number_form(text)",
    "private.read_phone_number()",
    "private.search_leads(uuid,text,text[],integer)",
    "private.watch_call()",
    "private.was_here_lately(uuid,uuid)",
]

# By table and policy, the command and the role that it is for.
POLICIES: dict[str, dict[str, tuple[str, str]]] = {
    "public.businesses": {
        "a webhook can read the business of its call": ("select", "call_webhook"),
        "managers can change the limits of their business": ("update", "authenticated"),
        "members can read their business": ("select", "authenticated"),
    },
    "public.business_members": {
        "a webhook can read the members of its call's business": ("select", "call_webhook"),
        "members can name themselves": ("update", "authenticated"),
        "members can read who else is in their business": ("select", "authenticated"),
    },
    "public.leads": {
        "a webhook can read the leads of its call's business": ("select", "call_webhook"),
        "members can read the leads of their business": ("select", "authenticated"),
    },
    "public.phone_numbers": {
        "a webhook can read the caller IDs of its call's business": ("select", "call_webhook"),
        "members can read the caller IDs of their business": ("select", "authenticated"),
    },
    "public.do_not_call": {
        "a webhook can read the do-not-call list of its business": ("select", "call_webhook"),
        "members can forbid their business to call a number": ("insert", "authenticated"),
        "members can read the do-not-call list of their business": ("select", "authenticated"),
    },
    "public.conversations": {
        "a webhook can begin its call": ("insert", "call_webhook"),
        "a webhook can move its call on": ("update", "call_webhook"),
        "a webhook can read its call": ("select", "call_webhook"),
        "members can describe their own calls and managers all": ("update", "authenticated"),
        "members can read the calls of their business": ("select", "authenticated"),
    },
    "public.conversation_changes": {
        "members can read how calls of their business were described": ("select", "authenticated"),
    },
    "public.call_holds": {
        "members can read the holds of their business": ("select", "authenticated"),
        "a webhook can write the holds of its call": ("all", "call_webhook"),
    },
    "public.call_events": {
        "a webhook can add events to its call": ("insert", "call_webhook"),
        "a webhook can attach waiting events to its call": ("update", "call_webhook"),
        "a webhook can read the events of its call": ("select", "call_webhook"),
        "members can read the events of their business": ("select", "authenticated"),
    },
    "public.call_legs": {
        "a webhook can add legs to its call": ("insert", "call_webhook"),
        "a webhook can move the legs of its call on": ("update", "call_webhook"),
        "a webhook can read the legs of its call": ("select", "call_webhook"),
        "members can read the legs of their business": ("select", "authenticated"),
    },
    "public.call_actions": {
        "a webhook can have somebody rung for the lead of its call": ("insert", "call_webhook"),
        "a webhook can note what became of a wish of its call": ("update", "call_webhook"),
        "a webhook can read what was asked of its call": ("select", "call_webhook"),
        "members can read what was asked of calls of their business": ("select", "authenticated"),
    },
    "public.rep_presence": {
        "members can read the presence of their colleagues": ("select", "authenticated"),
    },
    "public.token_grants": {
        "members can read the token grants of their business": ("select", "authenticated"),
    },
    "public.recording_rules": {
        "a webhook can read the recording rules of its call's business": (
            "select",
            "call_webhook",
        ),
        "managers can add recording rules to their business": ("insert", "authenticated"),
        "managers can change the recording rules of their business": ("update", "authenticated"),
        "managers can remove recording rules of their business": ("delete", "authenticated"),
        "members can read the recording rules of their business": ("select", "authenticated"),
    },
    "public.recording_consents": {
        "a webhook can keep the terms of its call": ("insert", "call_webhook"),
        "a webhook can read the terms of its call": ("select", "call_webhook"),
        "members can read the consents of their business": ("select", "authenticated"),
    },
    "public.recordings": {
        "members can read about the recordings of their business": ("select", "authenticated"),
    },
    "public.recording_events": {
        "members can read the events of recordings of their business": (
            "select",
            "authenticated",
        ),
    },
    "public.recording_actions": {
        "members can read what was asked of recordings of their business": (
            "select",
            "authenticated",
        ),
    },
    "public.recording_plays": {
        "members can read who heard the recordings of their business": (
            "select",
            "authenticated",
        ),
    },
    "public.legal_holds": {
        "members can read the legal holds of their business": ("select", "authenticated"),
    },
    "public.voicemail_messages": {
        "members can add messages of their own": ("insert", "authenticated"),
        "members can change their own messages and managers all": ("update", "authenticated"),
        "members can read the messages of their business": ("select", "authenticated"),
    },
    "public.erasures": {
        "members can read what their business has forgotten": ("select", "authenticated"),
    },
    "private.repeated_callbacks": {
        "a webhook can note that a callback of its call came again": ("insert", "call_webhook"),
    },
    "private.unsettled_calls": {
        "the reconciler can see and settle unsettled calls": ("all", "call_reconciler"),
    },
    "private.reconciliation": {
        "the reconciler can see and set its pause": ("all", "call_reconciler"),
    },
}

for _more in (
    contracts_of_queues,
    contracts_of_filling,
    contracts_of_contacts,
    contracts_of_do_not_call,
    contracts_of_checks,
    contracts_of_quality,
    contracts_of_exports,
    contracts_of_facts,
    contracts_of_reports,
    contracts_of_people,
    contracts_of_changes,
    contracts_of_calling,
):
    DEFINER_FUNCTIONS += _more.DEFINER_FUNCTIONS
    for _name, _policies in _more.POLICIES.items():
        POLICIES[_name] = POLICIES.get(_name, {}) | _policies
    for _all, _added in (
        (TABLES, _more.TABLES),
        (SEQUENCES, _more.SEQUENCES),
        (COLUMNS, _more.COLUMNS),
        (FUNCTIONS, _more.FUNCTIONS),
    ):
        for _name, _grants in _added.items():
            _all[_name] = _all.get(_name, {}) | _grants
