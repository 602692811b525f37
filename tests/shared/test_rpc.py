"""shared/rpc.py and its neighbours mirror the SQL functions that endpoints may call: all of them,
exactly."""

from __future__ import annotations

import datetime
import inspect
import json
import types
import typing
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg
import pytest

from shared import errors, rpc
from shared.database import Database
from shared.reconciler_rpc import AsReconciler
from shared.recorder_rpc import AsRecorder
from shared.reporter_rpc import AsReader, AsReporter
from shared.settings import Supabase
from tests.canned_server import CannedServer
from tests.endpoints import CALL_SID, LEAD_CALL_SID, PUBLISHABLE_KEY, SUPABASE_URL
from tests.endpoints import rpc as path_of

Caller = rpc.AsRep | AsReader | rpc.AsWebhook | AsReconciler | AsRecorder | AsReporter
# The database role → the classes whose methods are called as this role.
ROLES: dict[str, Sequence[type[Caller]]] = {
    "authenticated": (rpc.AsRep, AsReader),
    "call_webhook": (rpc.AsWebhook,),
    "call_reconciler": (AsReconciler,),
    "call_recorder": (AsRecorder,),
    "call_reporter": (AsReporter,),
}
# These functions are called by the page over the REST API, and by no endpoint.
FOR_THE_BROWSER = {
    "search_leads",
    "list_conversations",
    "describe_conversation",
    "set_presence",
    "list_colleagues",
    "report_preflight",
    "list_preflights",
    "report_call_quality",
    "rate_call",
    "quality_by",
    "quality_calls",
    "conversation_quality",
    "name_network",
    "change_role",
    "remove_member",
    "hand_over_business",
    "invite_member",
    "withdraw_invitation",
    "my_invitations",
    "answer_invitation",
    "create_business",
    "may_create_business",
    "decline_call",
    "set_legal_hold",
    "delete_recordings",
    "forget_person",
    "next_lead",
    "extend_lease",
    "finish_lead",
    "release_lead",
    "list_call_backs",
    "dismiss_call_back",
    "lead_story",
    "my_day",
    "campaign_queues",
    "campaign_queue",
    "list_entries",
    "change_entries",
    "enqueue_leads",
    "begin_import",
    "import_rows",
    "finish_import",
    "undo_import",
    "look_up_numbers",
    "add_to_do_not_call",
    "begin_contact_import",
    "choose_caller_id",
    "duplicate_contacts",
    "tell_contacts_apart",
    "first_steps",
    "import_do_not_call",
    "label_caller_id",
    "list_contacts",
    "list_do_not_call",
    "list_do_not_call_removals",
    "merge_contacts",
    "remove_transfer_target",
    "report_attempts",
    "report_by",
    "report_hours",
    "report_overview",
    "save_contact",
    "save_transfer_target",
    "settings_news",
    "take_off_do_not_call",
    "undo_do_not_call_import",
}
PYTHON_TYPES = {
    "text": str,
    "uuid": uuid.UUID,
    "integer": int,
    "boolean": bool,
    "date": datetime.date,
    "timestamp with time zone": str,
    "jsonb": Mapping,
}
DIALLED: rpc.Dialled = {
    "dialled": "x",
    "number": None,
    "by_country": {},
    "extension": None,
    "problem": None,
    "several_in": [],
    "left_out": None,
}
EVENT: rpc.CallEvent = {
    "call_sid": LEAD_CALL_SID,
    "agent_call_sid": CALL_SID,
    "source": "status_callback",
    "status": "ringing",
    "sequence_number": 1,
    "occurred_at": "2026-11-18T10:00:49+00:00",
    "duration_seconds": None,
    "payload": {"CallStatus": "ringing"},
    "call_leg_id": None,
    "conference_sid": None,
}
USER_ID, BUSINESS_ID = uuid.uuid4(), uuid.uuid4()
CONVERSATION_ID, ACTION_ID = uuid.uuid4(), uuid.uuid4()
RECORDING_SID = f"RE{uuid.uuid4().hex}"
PERIOD = {
    "business_id": BUSINESS_ID,
    "from_": datetime.date(2026, 11, 1),
    "to": datetime.date(2026, 11, 30),
}
WISHES: rpc.Wishes = {"to": DIALLED, "caller_id": None, "lead_id": None, "campaign_id": None}
# Parameters for each function, for a user who belongs to one business.
ARGUMENTS: dict[str, Mapping[str, Any]] = {
    "grant_access_token": {"business_id": None, "ttl_seconds": 3600},
    "preview_call": {"business_id": None, **WISHES},
    "begin_call": {
        "call_sid": CALL_SID,
        "user_id": USER_ID,
        "business_id": BUSINESS_ID,
        **WISHES,
        "lease_token": None,
    },
    "record_call_event": EVENT,
    "ask_of_call": {
        "conversation_id": CONVERSATION_ID,
        "action": "hold",
        "to_user_id": None,
        "to": None,
        "mode": None,
        "leg_id": None,
        "message_id": None,
        "lease_seconds": 10,
    },
    "note_call_action": {
        "action_id": ACTION_ID,
        "agent_call_sid": CALL_SID,
        "notes": [{"what": "held", "leg_id": None, "call_sid": LEAD_CALL_SID}],
        "result": "done",
        "error": None,
    },
    "continue_call": {
        "call_sid": CALL_SID,
        "agent_call_sid": CALL_SID,
        "after": "dial",
        "call_leg_id": None,
        "status": "completed",
        "dial_call_sid": LEAD_CALL_SID,
        "duration_seconds": 7,
        "payload": {"CallStatus": "in-progress"},
    },
    "ask_of_recording": {
        "conversation_id": CONVERSATION_ID,
        "state": "start",
        "consent": "agreed",
    },
    "ask_to_play": {"conversation_id": CONVERSATION_ID, "recording_id": None, "download": False},
    "note_recording_action": {
        "action_id": ACTION_ID,
        "agent_call_sid": CALL_SID,
        "result": "done",
        "recording_sid": None,
        "error": None,
    },
    "begin_notice": {"agent_call_sid": CALL_SID, "call_sid": LEAD_CALL_SID},
    "end_notice": {"agent_call_sid": CALL_SID, "call_sid": LEAD_CALL_SID, "digit": None},
    "record_recording_event": {
        "agent_call_sid": CALL_SID,
        "recording_id": None,
        "recording_sid": RECORDING_SID,
        "call_sid": CALL_SID,
        "source": "callback",
        "status": "completed",
        "duration_seconds": 7,
        "channels": 2,
        "started_at": "2026-11-18T10:00:49+00:00",
        "error": None,
        "payload": {"RecordingStatus": "completed"},
    },
    "claim_recordings": {"limit": 5, "lease_seconds": 30, "recording_id": None},
    "note_recording_step": {
        "recording_id": ACTION_ID,
        "lease_token": CONVERSATION_ID,
        "step": "stored",
        "fields": {},
    },
    "claim_unsettled_calls": {"limit": 5, "lease_seconds": 30},
    "settle_call": {"agent_call_sid": CALL_SID, "legs": None},
    "pause_reconciliation": {"seconds": 5},
    "report_overview": {**PERIOD, "by": "day", "week_start": 1, "filters": {}},
    "report_by": {**PERIOD, "by": "rep", "week_start": 1, "filters": {}},
    "report_attempts": {**PERIOD, "filters": {}},
    "report_hours": {**PERIOD, "attempts": "first", "filters": {}},
    "report_calls": {
        **PERIOD,
        "by": "all",
        "key": None,
        "metric": "calls",
        "after": None,
        "limit": 5,
        "week_start": 1,
        "filters": {},
    },
    "fold_reports": {"limit": 5},
}


def methods_of(caller: type[Caller]) -> dict[str, Callable[..., object]]:
    return {
        name: method
        for name, method in inspect.getmembers(caller, inspect.isfunction)
        # This one is not a function in SQL.
        if not name.startswith("_") and name != "is_member"
    }


def methods(role: str) -> dict[str, Callable[..., object]]:
    return {name: method for caller in ROLES[role] for name, method in methods_of(caller).items()}


MIRRORED = [(role, name) for role in ROLES for name in methods(role)]
# Reports are read as they are: tests/reports_fn/test_columns.py has the fields that matter.
TYPED = [(role, name) for role, name in MIRRORED if name not in methods_of(AsReader)]


def connect(role: str, name: str, url: str, token: str = "token") -> Caller:
    (caller,) = (each for each in ROLES[role] if name in methods_of(each))
    return caller(Database(Supabase(url, PUBLISHABLE_KEY, None)), token)


def signature_in_sql(db: psycopg.Connection, name: str) -> dict[str, str]:
    """The parameters of an SQL function in their order, each with its type."""
    rows = db.execute(
        """
        select proargnames, array(select format_type(type, null) from unnest(proargtypes) as type)
        from pg_proc where oid = %s::regproc
        """,
        [f"public.{name}"],
    ).fetchall()
    ((names, kinds),) = rows
    return dict(zip(names, kinds, strict=True))


@pytest.mark.parametrize("role", ROLES)
def test_every_sql_function_that_a_role_may_call_is_mirrored(
    db: psycopg.Connection, role: str
) -> None:
    rows = db.execute(
        """
        select proname from pg_proc
        where pronamespace = 'public'::regnamespace
          and exists (
            select from aclexplode(coalesce(proacl, acldefault('f', proowner))) as granted
            where granted.grantee in (0, %s::regrole)
          )
        """,
        [role],
    ).fetchall()
    called_by_the_browser = FOR_THE_BROWSER if role == "authenticated" else set()
    assert {name for (name,) in rows} == set(methods(role)) | called_by_the_browser


@pytest.mark.parametrize(("role", "name"), MIRRORED)
def test_parameters_have_the_names_and_types_of_the_sql_function(
    db: psycopg.Connection, role: str, name: str
) -> None:
    method = methods(role)[name]
    hints = typing.get_type_hints(method)
    parameters = [each for each in inspect.signature(method).parameters if each != "self"]
    expected = signature_in_sql(db, name)
    # `from` cannot be a name in Python.
    names = [f"p_{each.removesuffix('_')}" for each in parameters]
    assert names == list(expected)
    for name_in_sql, each in zip(names, parameters, strict=True):
        assert PYTHON_TYPES[expected[name_in_sql]] in kinds(hints[each]), each


def kinds(hint: object) -> list[object]:
    """The classes that a type hint allows, without None; JSON's lists and objects are Mapping."""
    if typing.get_origin(hint) is typing.Literal:
        return [str]
    if isinstance(hint, types.UnionType):
        return [
            kind for part in hint.__args__ if part is not types.NoneType for kind in kinds(part)
        ]
    if typing.is_typeddict(hint) or typing.get_origin(hint) in (Mapping, Sequence):
        return [Mapping]
    return [hint]


@pytest.mark.parametrize(("role", "name"), MIRRORED)
def test_a_call_sends_every_parameter_with_the_token_it_was_given(
    db: psycopg.Connection, canned: CannedServer, role: str, name: str
) -> None:
    canned.on_post(path_of(name), {"answer": 1})
    caller = connect(role, name, SUPABASE_URL, f"token of {role}")
    answer = getattr(caller, name)(**ARGUMENTS[name])
    assert answer == {"answer": 1}
    asked = canned.only()
    assert asked.header("Authorization") == f"Bearer token of {role}"
    sent = asked.json()
    assert list(sent) == list(signature_in_sql(db, name))
    values = [
        str(value) if isinstance(value, uuid.UUID | datetime.date) else value
        for value in ARGUMENTS[name].values()
    ]
    assert list(sent.values()) == values


@pytest.fixture
def world(db: psycopg.Connection) -> psycopg.Connection:
    """A business with one signed-in rep, in a call that somebody puts on hold at this moment."""
    session_id = uuid.uuid4()
    db.execute("insert into auth.users (id) values (%s)", [USER_ID])
    db.execute("insert into auth.sessions (id, user_id) values (%s, %s)", [session_id, USER_ID])
    db.execute("insert into public.businesses (id, name) values (%s, 'Ada')", [BUSINESS_ID])
    db.execute(
        "insert into public.business_members (business_id, user_id, role) values (%s, %s, 'agent')",
        [BUSINESS_ID, USER_ID],
    )
    db.execute(
        "insert into public.conversations (id, business_id, user_id, status, to_number,"
        " from_number, call_sid, begun_at, answered_at, time_limit_seconds, bridge, is_plain)"
        " values (%s, %s, %s, 'in-progress', '+14155550100', '+14155550200', %s, now(), now(), 600,"
        " 'room', false)",
        [CONVERSATION_ID, BUSINESS_ID, USER_ID, CALL_SID],
    )
    for sid, role in ((CALL_SID, "agent"), (LEAD_CALL_SID, "lead")):
        db.execute(
            "insert into public.call_legs (business_id, conversation_id, call_sid, role, status)"
            " values (%s, %s, %s, %s, 'in-progress')",
            [BUSINESS_ID, CONVERSATION_ID, sid, role],
        )
    db.execute(
        "insert into public.call_actions (id, business_id, conversation_id, action, asked_by,"
        " lease_until) values (%s, %s, %s, 'hold', %s, now() + interval '1 minute')",
        [ACTION_ID, BUSINESS_ID, CONVERSATION_ID, USER_ID],
    )
    db.execute(
        "insert into public.recording_consents (business_id, conversation_id, mode, consent_mode)"
        " values (%s, %s, 'on_demand', 'confirm')",
        [BUSINESS_ID, CONVERSATION_ID],
    )
    db.execute(
        "insert into public.recordings (business_id, conversation_id, state, object_path)"
        " values (%s, %s, 'kept', 'a.mp3')",
        [BUSINESS_ID, CONVERSATION_ID],
    )
    db.execute(
        "insert into public.recording_actions (id, business_id, conversation_id, action, asked_by,"
        " result, finished_at) values (%s, %s, %s, 'pause', %s, 'done', now())",
        [ACTION_ID, BUSINESS_ID, CONVERSATION_ID, USER_ID],
    )
    claims = {"sub": str(USER_ID), "role": "authenticated", "session_id": str(session_id)}
    db.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps(claims)])
    return db


@pytest.mark.parametrize(("role", "name"), TYPED)
def test_an_answer_has_the_fields_that_its_type_says(
    world: psycopg.Connection, canned: CannedServer, role: str, name: str
) -> None:
    canned.on_post(path_of(name), {})
    getattr(connect(role, name, SUPABASE_URL), name)(**ARGUMENTS[name])
    sent = canned.only().json()
    names = ", ".join(f"{each} => %({each})s" for each in sent)
    values = {k: json.dumps(v) if isinstance(v, dict | list) else v for k, v in sent.items()}
    world.execute(f"set local role {role}")
    ((answer,),) = world.execute(f"select public.{name}({names})", values).fetchall()
    hints = typing.get_type_hints(typing.get_type_hints(methods(role)[name])["return"])
    assert set(answer) == set(hints)
    for field, value in answer.items():
        (kind,) = kinds(hints[field])
        assert value is None or isinstance(value, typing.get_origin(kind) or kind), field  # type: ignore[arg-type]
        assert value is not None or type(None) in getattr(hints[field], "__args__", ()), field


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("signed_out", errors.Unauthenticated),
        ("business_required", errors.BusinessRequired),
        ("not_a_member", errors.NotAMember),
        ("rate_limited", errors.RateLimited),
        ("a_code_of_tomorrow", errors.PhoneSystemError),
        ("Grace Hopper", errors.PhoneSystemError),
        (7, errors.PhoneSystemError),
        (None, errors.PhoneSystemError),
    ],
)
@pytest.mark.parametrize("name", methods_of(rpc.AsRep))
def test_what_the_database_refuses_a_rep_is_raised(
    canned: CannedServer, name: str, code: object, error: type[errors.RequestError]
) -> None:
    canned.on_post(path_of(name), {"error": code, "retry_after": 17})
    with pytest.raises(error) as raised:
        getattr(connect("authenticated", name, SUPABASE_URL), name)(**ARGUMENTS[name])
    assert raised.value.retry_after == (17 if code == "rate_limited" else None)
    assert "Grace" not in str(getattr(raised.value, "detail", ""))
