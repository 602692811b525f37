"""Calls and previews to be decided, by businesses whose limits a test sets."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    add_user,
    as_role,
    as_user,
    begin_call,
    dialled,
    new_call_sid,
)

STRANGER = "+14155550142"


REFUSED_TYPES = (
    "premium_rate", "shared_cost", "personal_number", "pager", "uan", "voicemail",
    "a type of tomorrow",
)  # fmt: skip


REFUSED_TYPE = "number_type_not_allowed"


NO_NUMBER = Jsonb({"dialled": "call Anna", "number": None, "by_country": {}})


# Fixed, because the workers of pytest-xdist must collect the same names.
ID = "3f1a6a0e-58c4-4d7b-9a53-6d7c2b1e0f94"
MALFORMED_IDS = ("", "abc", "0" * 36, "a" * 200, f"{ID}\n", f" {ID}")


@dataclass(frozen=True)
class World:
    ours: Tenant
    theirs: Tenant
    former_member: uuid.UUID


def make_world(db: Connection) -> World:
    """Two businesses. They read national numbers as German, and call three countries."""
    ours, theirs = add_tenant(db, 1), add_tenant(db, 2)
    former = add_user(db)
    add_member(db, ours.business_id, former)
    db.execute("delete from public.business_members where user_id = %s", (former,))
    db.execute(
        "update public.businesses set country = 'DE', allowed_countries = '{DE,FR,US}',"
        " max_call_seconds = 600"
    )
    return World(ours, theirs, former)


@dataclass(frozen=True)
class Attempt:
    """The parameters of begin_call, as one rep's browser and Twilio would have them."""

    to: Jsonb
    caller_id: str | None = None
    lead_id: str | None = None
    campaign_id: str | None = None


def begin(
    db: Connection,
    call_sid: str,
    user_id: uuid.UUID | None,
    business_id: uuid.UUID | None,
    trial: Attempt,
) -> dict[str, Any]:
    with as_role(db, "call_webhook"):
        row = db.execute(
            "select public.begin_call(%s, %s, %s, %s, %s, %s, %s, null)",
            (
                call_sid,
                user_id,
                business_id,
                trial.to,
                trial.caller_id,
                trial.lead_id,
                trial.campaign_id,
            ),
        ).fetchone()
    assert row is not None
    answer: dict[str, Any] = row[0]
    return answer


def preview(
    db: Connection, user_id: uuid.UUID, business_id: uuid.UUID | None, trial: Attempt
) -> dict[str, Any]:
    with as_user(db, user_id):
        row = db.execute(
            "select public.preview_call(%s, %s, %s, %s, %s)",
            (business_id, trial.to, trial.caller_id, trial.lead_id, trial.campaign_id),
        ).fetchone()
    assert row is not None
    answer: dict[str, Any] = row[0]
    return answer


def forbid(db: Connection, tenant: Tenant, number: str) -> None:
    db.execute(
        "insert into public.do_not_call (business_id, phone_number) values (%s, %s)",
        (tenant.business_id, number),
    )


def add_lead(db: Connection, tenant: Tenant, number: str | None) -> uuid.UUID:
    lead_id = uuid.uuid4()
    db.execute(
        "insert into public.leads (id, business_id, name, phone_number) values (%s, %s, 'A', %s)",
        (lead_id, tenant.business_id, number),
    )
    return lead_id


def add_caller_id(db: Connection, tenant: Tenant, number: str) -> None:
    db.execute(
        "insert into public.phone_numbers (business_id, phone_number) values (%s, %s)",
        (tenant.business_id, number),
    )


def to_number_of_type(kind: str) -> Callable[[World], Attempt]:
    return lambda _: Attempt(dialled("+19005550123", kind))


def of_lead(text: str) -> Callable[[World], Attempt]:
    return lambda _: Attempt(dialled(STRANGER), lead_id=text)


def of_campaign(text: str) -> Callable[[World], Attempt]:
    return lambda _: Attempt(dialled(STRANGER), campaign_id=text)


# The trials of test_a_refused_call_is_on_record_with_its_reason and of the preview: what is tried,
# and why it is refused (None: it is not).
TRIALS: dict[str, tuple[Callable[[World], Attempt], str | None]] = {
    "a number": (lambda _: Attempt(dialled(STRANGER)), None),
    "a lead's number": (lambda w: Attempt(dialled(w.ours.lead_number)), None),
    "with lead and campaign": (
        lambda w: Attempt(
            dialled(STRANGER), w.ours.caller_id, str(w.ours.lead_id), str(w.ours.campaign_id)
        ),
        None,
    ),
    "letters": (lambda _: Attempt(NO_NUMBER), "invalid_number"),
    "nothing parsed": (lambda _: Attempt(Jsonb({"dialled": "1"})), "invalid_number"),
    "200 digits": (
        lambda _: Attempt(Jsonb({"dialled": "9" * 200, "number": None, "by_country": {}})),
        "invalid_number",
    ),
    "another country's national number": (
        lambda _: Attempt(
            Jsonb(
                {
                    "dialled": "(415) 555-0142",
                    "number": None,
                    "by_country": {"US": {"e164": STRANGER, "type": "mobile"}},
                }
            )
        ),
        "invalid_number",
    ),
    "a number nobody may dial from here": (
        lambda _: Attempt(
            Jsonb({"dialled": "030 1", "number": None, "by_country": {"DE": None, "US": {}}})
        ),
        "invalid_number",
    ),
    **{kind: (to_number_of_type(kind), REFUSED_TYPE) for kind in REFUSED_TYPES},
    "the other business's caller ID": (
        lambda w: Attempt(dialled(STRANGER), w.theirs.caller_id),
        "caller_id_not_owned",
    ),
    "a made-up caller ID": (
        lambda _: Attempt(dialled(STRANGER), "+14155559999"),
        "caller_id_not_owned",
    ),
    "a caller ID of letters": (lambda _: Attempt(dialled(STRANGER), "me"), "caller_id_not_owned"),
    "the other business's lead": (
        lambda w: Attempt(dialled(STRANGER), lead_id=str(w.theirs.lead_id)),
        "unknown_lead",
    ),
    "no such lead": (
        lambda _: Attempt(dialled(STRANGER), lead_id=str(uuid.uuid4())),
        "unknown_lead",
    ),
    "the other business's campaign": (
        lambda w: Attempt(dialled(STRANGER), campaign_id=str(w.theirs.campaign_id)),
        "unknown_campaign",
    ),
    "no such campaign": (
        lambda _: Attempt(dialled(STRANGER), campaign_id=str(uuid.uuid4())),
        "unknown_campaign",
    ),
    **{f"lead id {text!r:.20}": (of_lead(text), "unknown_lead") for text in MALFORMED_IDS},
    **{
        f"campaign id {text!r:.20}": (of_campaign(text), "unknown_campaign")
        for text in MALFORMED_IDS
    },
    "a number on the list": (lambda _: Attempt(dialled("+14155550199")), "do_not_call"),
}


def typed(trial: Attempt) -> str:
    text: str = trial.to.obj["dialled"]
    return text[:64]


def limit(db: Connection, tenant: Tenant, **limits: object) -> None:
    """Sets limits as an operator."""
    changes = [sql.SQL("{} = {}").format(sql.Identifier(n), v) for n, v in limits.items()]
    db.execute(
        sql.SQL("update public.businesses set {} where id = {}").format(
            sql.SQL(", ").join(changes), tenant.business_id
        )
    )


def to(number: str, country: str | None, *time_zones: str, kind: str = "mobile") -> Jsonb:
    """What shared.phone_numbers.parse makes of this number of this country."""
    return dialled(number, kind, country=country, time_zones=time_zones)


def reason(db: Connection, tenant: Tenant, number: Jsonb | None = None, **more: Any) -> str | None:
    """Why a call now is refused, or None. Checks that the preview before it says the same."""
    number = number or dialled(tenant.lead_number)
    with as_user(db, more.get("user_id", tenant.user_id)):
        row = db.execute(
            "select public.preview_call(%s, %s, null, %s, null) ->> 'block_reason'",
            (tenant.business_id, number, str(more["lead_id"]) if "lead_id" in more else None),
        ).fetchone()
    refused = begin_call(db, tenant, new_call_sid(), to=number, **more)["block_reason"]
    assert row == (refused,)
    return refused if refused is None else str(refused)
