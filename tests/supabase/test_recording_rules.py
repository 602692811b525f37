"""Whether a call may be recorded, and how the lead must agree: rules can only be stricter."""

from __future__ import annotations

import random
import uuid

import pytest
from psycopg.errors import CheckViolation, InsufficientPrivilege, UniqueViolation
from psycopg.types.json import Jsonb

from tests.soak import scaled
from tests.supabase.decisions import STRANGER, Attempt, limit, preview
from tests.supabase.recorded import RecordedCall, allow
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    add_user,
    as_user,
    attempt,
    begin_call,
    conversation,
    fetch,
    new_call_sid,
)

KEY = "If you do not agree, press 9 now."
MODES = ("all", "on_demand", "off")
CONSENTS = ("announce", "confirm", "both")
PLACES = (("US", "CA"), ("US", "NY"), ("US", None), ("DE", None), (None, None))


@pytest.fixture
def ours(db: Connection) -> Tenant:
    tenant = add_tenant(db, 1)
    limit(db, tenant, allowed_countries=["US", "DE"])
    return tenant


def number(country: str | None, region: str | None) -> Jsonb:
    meaning = {
        "e164": STRANGER,
        "type": "mobile" if country else "twilio_test",
        "country": country,
        "region": region,
    }
    return Jsonb({"dialled": STRANGER, "number": meaning | {"time_zones": []}, "by_country": {}})


def rule(
    db: Connection, tenant: Tenant, country: str, region: str | None, mode: str | None,
    consent: str | None,
) -> None:  # fmt: skip
    db.execute(
        "insert into public.recording_rules (business_id, country, region, mode, consent_mode)"
        " values (%s, %s, %s, %s, %s)",
        (tenant.business_id, country, region, mode, consent),
    )


def expected(
    own: tuple[str, str], rules: list[tuple[str, str | None, str | None, str | None]],
    country: str | None, region: str | None,
) -> tuple[str, str] | None:  # fmt: skip
    """What the strictest of all says: the oracle."""
    applying = [
        (mode, consent)
        for of_country, of_region, mode, consent in rules
        if country in (None, of_country) and (None in (region, of_region) or region == of_region)
    ]
    modes = [own[0], *(mode for mode, _ in applying if mode)]
    if own[0] == "off" or "off" in modes:
        return None
    asked = {
        part
        for consent in (own[1], *(consent for _, consent in applying if consent))
        for part in (("announce", "confirm") if consent == "both" else (consent,))
    }
    return max(modes, key=MODES.index), "both" if len(asked) == 2 else asked.pop()


@pytest.mark.soak
def test_the_strictest_rule_that_may_apply_holds_for_the_preview_and_for_the_call(
    db: Connection, ours: Tenant
) -> None:
    dice = random.Random(18)
    seen = set()
    for _ in range(scaled(40, 1000)):
        own = (dice.choice(MODES), dice.choice(CONSENTS))
        rules: list[tuple[str, str | None, str | None, str | None]] = [
            (country, region, dice.choice((None, *MODES)), dice.choice(CONSENTS))
            for country, region in PLACES
            if country and dice.random() < 0.4
        ]
        place = dice.choice(PLACES)
        with attempt(db):
            allow(db, ours, *own)
            for each in rules:
                rule(db, ours, *each)
            to = number(*place)
            told = preview(db, ours.user_id, ours.business_id, Attempt(to))["recording"]
            sid = new_call_sid()
            begun = begin_call(db, ours, sid, to=to)
            call = conversation(db, sid)
            kept = fetch(
                db,
                "select mode, consent_mode, notice_text, country, region"
                " from public.recording_consents where conversation_id = %s",
                call["id"],
            )
        wanted = expected(own, rules, *place)
        seen.add(wanted)
        if wanted is None:
            assert (told, kept, call["recording_state"]) == (None, [], None)
            assert begun["notice"] is False
            continue
        assert (told["mode"], told["consent_mode"]) == wanted
        assert call["recording_state"] == "waiting"
        assert kept == [
            {
                "mode": told["mode"],
                "consent_mode": told["consent_mode"],
                "notice_text": told["notice"],
                "country": place[0],
                "region": place[1],
            }
        ]
        assert begun["notice"] is (told["notice"] is not None) is (wanted[1] != "confirm")
    assert len(seen) > 4


@pytest.mark.parametrize(
    ("mode", "own", "heard"),
    [
        ("all", None, f"This call is recorded. {KEY}"),
        ("on_demand", None, f"This call may be recorded. {KEY}"),
        ("all", "We record. ", f"We record. {KEY}"),
        ("all", "Wir zeichnen auf", f"Wir zeichnen auf. {KEY}"),
    ],
)
def test_whatever_the_notice_says_the_lead_learns_how_to_refuse(
    db: Connection, ours: Tenant, mode: str, own: str | None, heard: str
) -> None:
    allow(db, ours, mode)
    limit(db, ours, recording_notice=own)
    assert RecordedCall(db, ours).begin_notice()["text"] == heard


def test_a_change_of_the_settings_changes_no_call_that_has_begun(
    db: Connection, ours: Tenant
) -> None:
    allow(db, ours, "all")
    sid = new_call_sid()
    first = begin_call(db, ours, sid)
    limit(db, ours, recording_mode="off", recording_notice="Something else.")
    rule(db, ours, "US", None, "off", None)
    assert begin_call(db, ours, sid) == first
    assert first["notice"] is True
    (consent,) = fetch(db, "select * from public.recording_consents")
    assert consent["notice_text"] == f"This call is recorded. {KEY}"


def test_a_call_that_is_refused_or_not_recorded_has_no_terms(db: Connection, ours: Tenant) -> None:
    begin_call(db, ours, new_call_sid())
    allow(db, ours, "all")
    begin_call(db, ours, new_call_sid(), lead_id=uuid.uuid4())
    assert fetch(db, "select * from public.recording_consents") == []
    assert fetch(db, "select * from public.conversations where recording_state is not null") == []


@pytest.mark.parametrize(
    "values",
    [
        "'us', null, 'off', null",
        "'US', 'XX', 'off', null",
        "'DE', 'CA', 'off', null",
        "'US', null, null, null",
        "'US', null, 'never', null",
        "'US', null, null, 'maybe'",
    ],
)
def test_a_rule_that_could_bind_nobody_is_refused(
    db: Connection, ours: Tenant, values: str
) -> None:
    with pytest.raises(CheckViolation):
        db.execute(
            "insert into public.recording_rules (business_id, country, region, mode, consent_mode)"
            f" values ('{ours.business_id}', {values})".encode()
        )


def test_there_is_one_rule_for_a_place(db: Connection, ours: Tenant) -> None:
    rule(db, ours, "US", None, "off", None)
    with pytest.raises(UniqueViolation):
        rule(db, ours, "US", None, "all", None)


def test_managers_write_the_rules_of_their_business_and_every_change_is_on_record(
    db: Connection, ours: Tenant
) -> None:
    theirs, manager = add_tenant(db, 2), add_user(db)
    add_member(db, ours.business_id, manager, "manager")
    add_member(db, theirs.business_id, manager)
    with as_user(db, manager):
        rule(db, ours, "US", "CA", None, "both")
        db.execute("update public.recording_rules set mode = 'off'")
        db.execute("delete from public.recording_rules")
        record = fetch(
            db,
            "select changed_by, before, after from public.changes"
            " where subject = 'recording_rule' order by id",
        )
    asked = {"country": "US", "region": "CA", "mode": None, "consent_mode": "both"}
    off = asked | {"mode": "off"}
    assert [(row["before"], row["after"]) for row in record] == [
        (None, asked),
        ({"mode": None}, {"mode": "off"}),
        (off, None),
    ]
    assert {row["changed_by"] for row in record} == {manager}
    # In the other business they are an agent.
    with attempt(db), as_user(db, manager), pytest.raises(InsufficientPrivilege):
        rule(db, theirs, "US", None, "off", None)
    rule(db, theirs, "US", None, "off", None)
    with as_user(db, manager):
        assert db.execute("update public.recording_rules set mode = 'all'").rowcount == 0
        assert db.execute("delete from public.recording_rules").rowcount == 0
        assert len(fetch(db, "select * from public.recording_rules")) == 1
