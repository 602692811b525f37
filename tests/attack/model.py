"""The oracle: what each principal may see and do, in Python, and not derived from the SQL.

A table or function that the API serves and that is not listed here fails `test_tenants.py`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from tests.attack import (
    model_of_calling,
    model_of_do_not_call,
    model_of_exports,
    model_of_facts,
    model_of_people,
    model_of_quality,
    model_of_queues,
    model_of_reports,
)
from tests.attack.tables import ROLES, Table
from tests.contracts import (
    CHANGED_OF_MESSAGES,
    DESCRIBED_BY_REPS,
    FORBIDDEN_BY_REPS,
    LIMITS,
    NAMED_BY_MEMBERS,
    RECORDED_BY_MEMBERS,
    RULED_BY_MANAGERS,
)

# Roles of the database that have a token or key of their own, besides the users'.
OTHER_ROLES = ("anon", "call_webhook", "call_reconciler", "call_recorder", "call_reporter")


def _of_each_call(table: str, columns: str, values: str) -> str:
    """A sample: a row of this table for each call of the business."""
    return (
        f"insert into public.{table} (business_id, conversation_id, {columns})"
        f" select business_id, id, {values}"
        " from public.conversations where business_id = %(business_id)s"
    )


TABLES = {
    "businesses": Table(
        owner="id",
        writable=LIMITS,
        writers=("owner", "manager"),
    ),
    "business_members": Table(writable=NAMED_BY_MEMBERS, own_rows_only=ROLES),
    "leads": Table(),
    "phone_numbers": Table(),
    "do_not_call": Table(
        insertable=FORBIDDEN_BY_REPS,
        sample="insert into public.do_not_call (business_id, phone_number)"
        " values (%(business_id)s, %(caller_id)s)",
    ),
    "conversations": Table(writable=DESCRIBED_BY_REPS, own_rows_only=("agent",)),
    "call_legs": Table(),
    "call_events": Table(),
    # Of every leg, so that an embedding finds some.
    "call_actions": Table(
        sample="insert into public.call_actions"
        " (business_id, conversation_id, action, call_leg_id, asked_by, result, finished_at)"
        " select business_id, conversation_id, 'remove', id, %(user_id)s, 'done', now()"
        " from public.call_legs where business_id = %(business_id)s"
    ),
    "call_holds": Table(
        sample="insert into public.call_holds"
        " (business_id, conversation_id, call_leg_id, started_at)"
        " select business_id, conversation_id, id, now()"
        " from public.call_legs where business_id = %(business_id)s"
    ),
    "rep_presence": Table(
        sample="insert into public.rep_presence (business_id, user_id, state, seen_at, since)"
        " values (%(business_id)s, %(user_id)s, 'available', now() + interval '1 day', now())"
    ),
    "preflight_reports": Table(
        seen_own_only=("agent",),
        sample="insert into public.preflight_reports"
        " (business_id, user_id, verdict, seconds, facts)"
        " values (%(business_id)s, %(user_id)s, 'ok', 9, '{}')",
    ),
    "token_grants": Table(
        sample="insert into public.token_grants (business_id, user_id, expires_at)"
        " values (%(business_id)s, %(user_id)s, now() + interval '1 hour')"
    ),
    "conversation_changes": Table(),
    # Of every call, so that an embedding finds some.
    "call_backs": Table(
        sample=_of_each_call(
            "call_backs",
            "lead_id, campaign_id, to_number, user_id, due_at",
            "lead_id, campaign_id, to_number, %(user_id)s, now()",
        )
    ),
    "recording_rules": Table(
        writable=RULED_BY_MANAGERS,
        insertable=RULED_BY_MANAGERS | {"business_id"},
        writers=("owner", "manager"),
        deletable=True,
        sample="insert into public.recording_rules (business_id, country, mode)"
        " values (%(business_id)s, 'DE', 'off')",
    ),
    # Of every call, so that an embedding finds some.
    "recording_consents": Table(
        sample=_of_each_call("recording_consents", "mode, consent_mode", "'all', 'confirm'")
    ),
    "recordings": Table(
        sample=_of_each_call("recordings", "agent_call_sid, state", "call_sid, 'kept'")
    ),
    "recording_events": Table(
        sample=_of_each_call(
            "recording_events",
            "recording_id, source, status, payload",
            "gen_random_uuid(), 'callback', 'completed', '{}'",
        )
    ),
    "recording_actions": Table(
        sample=_of_each_call(
            "recording_actions",
            "action, asked_by, result, finished_at",
            "'start', %(user_id)s, 'done', now()",
        )
    ),
    "recording_plays": Table(
        sample=_of_each_call(
            "recording_plays",
            "recording_id, user_id, kind",
            "gen_random_uuid(), %(user_id)s, 'play'",
        )
    ),
    "legal_holds": Table(
        sample=_of_each_call("legal_holds", "held_by, reason", "%(user_id)s, 'a dispute'")
    ),
    "voicemail_messages": Table(
        writable=CHANGED_OF_MESSAGES,
        insertable=RECORDED_BY_MEMBERS,
        own_rows_only=("agent",),
        # Of everybody who has called.
        sample="insert into public.voicemail_messages"
        " (business_id, user_id, name, duration_seconds, bytes)"
        " select distinct business_id, user_id, 'Call me back', 2, 32044"
        " from public.conversations where business_id = %(business_id)s",
    ),
    "erasures": Table(
        sample="insert into public.erasures"
        " (business_id, asked_by, leads, conversations, recording_ids, held)"
        " values (%(business_id)s, %(user_id)s, 1, 1, '{}', 0)"
    ),
    "lead_imports": Table(
        sample="insert into public.lead_imports"
        " (business_id, campaign_id, file_name, fingerprint, row_count, priority, created_by)"
        " values (%(business_id)s, %(campaign_id)s, 'a.csv', repeat('0', 64), 1, 0, %(user_id)s)"
    ),
    **model_of_queues.TABLES,
    **model_of_quality.TABLES,
    **model_of_exports.TABLES,
    **model_of_facts.TABLES,
    **model_of_calling.TABLES,
    **model_of_people.TABLES,
    **model_of_do_not_call.TABLES,
}

# Every function, and the roles that may execute it.
EXECUTED_BY = {
    "grant_access_token": {"authenticated"},
    "preview_call": {"authenticated"},
    "search_leads": {"authenticated"},
    "list_conversations": {"authenticated"},
    "describe_conversation": {"authenticated"},
    "list_call_backs": {"authenticated"},
    "dismiss_call_back": {"authenticated"},
    "lead_story": {"authenticated"},
    "my_day": {"authenticated"},
    "campaign_queues": {"authenticated"},
    "campaign_queue": {"authenticated"},
    "list_entries": {"authenticated"},
    "change_entries": {"authenticated"},
    "ask_of_call": {"authenticated"},
    "set_presence": {"authenticated"},
    "report_preflight": {"authenticated"},
    "list_preflights": {"authenticated"},
    "list_colleagues": {"authenticated"},
    "decline_call": {"authenticated"},
    "ask_of_recording": {"authenticated"},
    "ask_to_play": {"authenticated"},
    "set_legal_hold": {"authenticated"},
    "delete_recordings": {"authenticated"},
    "forget_person": {"authenticated"},
    "enqueue_leads": {"authenticated"},
    "begin_import": {"authenticated"},
    "begin_contact_import": {"authenticated"},
    "list_contacts": {"authenticated"},
    "save_contact": {"authenticated"},
    "merge_contacts": {"authenticated"},
    "duplicate_contacts": {"authenticated"},
    "tell_contacts_apart": {"authenticated"},
    "import_rows": {"authenticated"},
    "finish_import": {"authenticated"},
    "undo_import": {"authenticated"},
    "look_up_numbers": {"authenticated"},
    "note_recording_action": {"call_webhook", "call_reconciler"},
    "begin_notice": {"call_recorder"},
    "end_notice": {"call_recorder"},
    "record_recording_event": {"call_recorder"},
    "claim_recordings": {"call_recorder"},
    "note_recording_step": {"call_recorder"},
    "note_call_action": {"call_webhook", "call_reconciler"},
    "continue_call": {"call_webhook", "call_reconciler"},
    "begin_call": {"call_webhook", "call_reconciler"},
    "record_call_event": {"call_webhook", "call_reconciler"},
    "claim_unsettled_calls": {"call_reconciler"},
    "settle_call": {"call_reconciler"},
    "pause_reconciliation": {"call_reconciler"},
    **model_of_queues.EXECUTED_BY,
    **model_of_quality.EXECUTED_BY,
    **model_of_facts.EXECUTED_BY,
    **model_of_reports.EXECUTED_BY,
    **model_of_calling.EXECUTED_BY,
    **model_of_people.EXECUTED_BY,
    **model_of_do_not_call.EXECUTED_BY,
}


@dataclass(frozen=True)
class Principal:
    """Who asks. ``role`` is the database's; ``member_of``: the user's role in each business."""

    role: str
    member_of: Mapping[str, str] = field(default_factory=dict)
    user_id: str | None = None

    def may_see(self, business_id: str) -> bool:
        """Whether rows of this business are shown: of most tables all of them."""
        return self.role == "authenticated" and business_id in self.member_of

    def may_see_row(self, table: str, row: Mapping[str, object]) -> bool:
        """Whether this row is shown."""
        business_id = str(row[TABLES[table].owner])
        if not self.may_see(business_id):
            return False
        if self.member_of[business_id] not in TABLES[table].readers:
            return False
        own_only = self.member_of[business_id] in TABLES[table].seen_own_only
        return not own_only or row["user_id"] == self.user_id

    def may_update(self, table: str, column: str, business_id: str) -> bool:
        """Whether an update of this column reaches rows of the business."""
        return column in TABLES[table].writable and self._writes(table, business_id)

    def may_update_row(self, table: str, column: str, row: Mapping[str, object]) -> bool:
        """Whether an update of this column reaches this row."""
        business_id = str(row[TABLES[table].owner])
        if not self.may_update(table, column, business_id):
            return False
        own_only = self.member_of[business_id] in TABLES[table].own_rows_only
        return not own_only or row["user_id"] == self.user_id

    def may_insert(self, table: str, columns: Collection[str], business_id: str) -> bool:
        """Whether a row of these columns can be made the business's."""
        return TABLES[table].insertable.issuperset(columns) and self._writes(table, business_id)

    def may_control(self, call: Mapping[str, object]) -> bool:
        """Whether a call in which nobody else has taken part can be put on hold, transferred and so
        on: by who placed it, and by those who manage its business."""
        role = self.member_of.get(str(call["business_id"]))
        return role in ("owner", "manager") or (
            role is not None and call["user_id"] == self.user_id
        )

    def may_execute(self, function: str) -> bool:
        """Whether the function can be called at all."""
        return self.role in EXECUTED_BY[function]

    def _writes(self, table: str, business_id: str) -> bool:
        may_see = self.may_see(business_id)
        return may_see and self.member_of[business_id] in TABLES[table].writers
