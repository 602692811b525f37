"""One subscriber, one spelling: what is compared, and what is stored as a number."""

from __future__ import annotations

import re
import uuid

import phonenumbers
import pytest
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType
from psycopg import sql
from psycopg.errors import CheckViolation, NotNullViolation

from shared import digit_patterns, phone_numbers
from tests.supabase.decisions import forbid
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    as_role,
    as_user,
    attempt,
    begin_call,
    conversation,
    dialled,
    fetch,
    new_call_sid,
)

# Each row: numbers that reach the same subscriber. The first is the spelling that is compared.
SAME = [
    ("+541112345678", "+5491112345678"),
    ("+542964123456", "+5492964123456"),
    ("+525512345678", "+5215512345678"),
    ("+3780549886377", "+378886377", "+390549886377"),
]
DIFFERENT = [
    "+14155550100",
    "+15215512345",
    "+5491112345",
    "+54911123456789",
    "+52155123456",
    "+521551234567890",
    "+39054988637",
    "+390212345678",
    "+37888637",
    "+15491112345678",
]


@pytest.fixture
def ours(db: Connection) -> Tenant:
    tenant = add_tenant(db, 1)
    db.execute("update public.businesses set allowed_countries = '{US,AR,MX,SM,IT}'")
    return tenant


def subscriber(db: Connection, number: str | None) -> str | None:
    row = db.execute("select private.subscriber(%s)", (number,)).fetchone()
    assert row is not None
    found: str | None = row[0]
    return found


@pytest.mark.parametrize("spellings", SAME, ids=lambda spellings: spellings[0])
def test_numbers_of_one_subscriber_are_compared_as_one(
    db: Connection, spellings: tuple[str, ...]
) -> None:
    assert {subscriber(db, spelling) for spelling in spellings} == {spellings[0]}


def test_any_other_text_stays_as_it_is(db: Connection) -> None:
    for text in [*DIFFERENT, "", "call Ada", "+54", None]:
        assert subscriber(db, text) == text


def test_only_numbers_of_the_three_countries_are_changed(db: Connection) -> None:
    e164s = {
        phonenumbers.format_number(number, PhoneNumberFormat.E164)
        for region in phonenumbers.SUPPORTED_REGIONS
        for number_type in PhoneNumberType.values()
        if (number := phonenumbers.example_number_for_type(region, number_type))
    }
    changed = fetch(
        db,
        "select number, private.subscriber(number) as subscriber from unnest(%s::text[]) as number"
        " where private.subscriber(number) <> number",
        sorted(e164s),
    )
    for row in changed:
        assert row["number"][:4] in ("+549", "+390", "+378"), row


@pytest.mark.parametrize(
    ("listed", "number"),
    [(listed, number) for same in SAME for listed in same for number in same],
    ids=lambda number: str(number),
)
def test_a_subscriber_on_the_do_not_call_list_is_not_called_by_any_number(
    db: Connection, ours: Tenant, listed: str, number: str
) -> None:
    forbid(db, ours, listed)
    for country in ("AR", "MX", "SM", "IT"):
        answer = begin_call(db, ours, new_call_sid(), to=dialled(number, "mobile", country=country))
        assert answer["block_reason"] == "do_not_call"
    other = begin_call(db, ours, new_call_sid(), to=dialled("+541187654321", country="AR"))
    assert other["block_reason"] is None


@pytest.mark.parametrize("same", SAME, ids=lambda same: same[0])
def test_a_call_belongs_to_the_lead_whose_number_reaches_the_same_subscriber(
    db: Connection, ours: Tenant, same: tuple[str, ...]
) -> None:
    for stored in same:
        for number in same:
            with attempt(db):
                lead_id = uuid.uuid4()
                db.execute(
                    "insert into public.leads (id, business_id, name, phone_number)"
                    " values (%s, %s, 'A lead', %s)",
                    (lead_id, ours.business_id, stored),
                )
                agent = new_call_sid()
                begin_call(db, ours, agent, to=dialled(number, "mobile", country="AR"))
                call = conversation(db, agent)
                assert call["lead_id"] == lead_id
                # With the lead chosen, it is the lead's own number as well.
                agent = new_call_sid()
                begin_call(
                    db, ours, agent, to=dialled(number, "mobile", country="AR"), lead_id=lead_id
                )
                call = conversation(db, agent)
                assert (call["lead_id"], call["other_number"]) == (lead_id, False)


def test_that_another_number_than_the_leads_was_dialled_is_on_record(
    db: Connection, ours: Tenant
) -> None:
    db.execute(
        "insert into public.leads (id, business_id, name) values (%s, %s, 'By e-mail only')",
        (without_number := uuid.uuid4(), ours.business_id),
    )
    for lead_id, number, other in (
        (ours.lead_id, ours.lead_number, False),
        (ours.lead_id, "+14155550142", True),
        (without_number, "+14155550142", True),
        (None, "+14155550142", False),
        (None, ours.lead_number, False),
    ):
        agent = new_call_sid()
        begin_call(db, ours, agent, to=dialled(number), lead_id=lead_id)
        assert conversation(db, agent)["other_number"] is other


def test_the_leads_own_time_zone_counts_whichever_spelling_is_dialled(
    db: Connection, ours: Tenant
) -> None:
    db.execute(
        "update public.leads set phone_number = '+5491112345678', time_zone = 'Asia/Tokyo'"
        " where id = %s",
        (ours.lead_id,),
    )
    hour = "date_trunc('hour', now() at time zone 'Asia/Tokyo')::time"
    db.execute(
        f"update public.businesses set calling_hours_start = {hour},"
        f" calling_hours_end = {hour} + interval '59 minutes 59.9 seconds'"
    )
    own = dialled("+541112345678", country="AR", time_zones=["America/Buenos_Aires"])
    assert begin_call(db, ours, new_call_sid(), to=own)["block_reason"] is None
    other = dialled("+541187654321", country="AR", time_zones=["America/Buenos_Aires"])
    refused = begin_call(db, ours, new_call_sid(), to=other, lead_id=ours.lead_id)
    assert refused["block_reason"] == "outside_calling_hours"


# -- What is stored as a number ------------------------------------------------------------------

TABLES = ("leads", "phone_numbers", "do_not_call")


def store(db: Connection, tenant: Tenant, table: str, text: str | None) -> str | None:
    """What the table keeps of this text, written as an operator writes it over the REST API."""
    columns = {"business_id": tenant.business_id, "phone_number": text}
    if table == "leads":
        columns["name"] = "A lead"
    with as_role(db, "service_role"):
        row = db.execute(
            sql.SQL("insert into public.{} ({}) values ({}) returning phone_number").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, columns)),
                sql.SQL(", ").join(sql.Placeholder() * len(columns)),
            ),
            list(columns.values()),
        ).fetchone()
    assert row is not None
    stored: str | None = row[0]
    return stored


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("+1 415 555 0199", "+14155550199"),
        ("+1 (415) 555-0199", "+14155550199"),
        ("(+1) 415.555.0199", "+14155550199"),
        ("＋1 415 555 0199", "+14155550199"),
        ("+1\u00a0415\u2011555\u20110199", "+14155550199"),
        ("\u202a+14155550199\u202c", "+14155550199"),
        ("+١٤١٥٥٥٥٠١٩٩", "+14155550199"),
        ("+１４１５５５５０１９９", "+14155550199"),
        ("'+14155550199", "+14155550199"),
        (" +14155550199\n", "+14155550199"),
        ("tel:+1-415-555-0199", "+14155550199"),
        ("+44 (0)20 7946 0018", "+442079460018"),
        ("+44 020 7946 0018", "+442079460018"),
        ("+4402079460018", "+442079460018"),
        ("+39 (0)2 1234 5678", "+390212345678"),
        ("+39 02 1234 5678", "+390212345678"),
        ("+225 07 12 34 56 78", "+2250712345678"),
        ("+81 (0)3 1234 5678", "+81312345678"),
        ("+81 03 1234 5678", "+81312345678"),
        ("+8109012345678", "+819012345678"),
        ("+49 30/123456", "+4930123456"),
        ("+4930123456.0", "+4930123456"),
        ("+33.1.23.45.67.00", "+33123456700"),
        ("+54 11 15 1234-5678", "+5491112345678"),
        ("+54 (0)2901 15 412345", "+5492901412345"),
        ("+1 1 415 555 0199", "+14155550199"),
        ("+7 (8) 912 345-67-89", "+79123456789"),
        ("+375 8 029 491-19-11", "+375294911911"),
        ("+993 8 12 34-56-78", "+99312345678"),
        ("+36 06 1 234 5678", "+3612345678"),
        ("+692 1 247 1234", "+6922471234"),
        ("+250 0720 123 456", "+250720123456"),
    ],
)
def test_an_international_number_is_stored_as_e164(
    db: Connection, ours: Tenant, text: str, e164: str
) -> None:
    assert [store(db, ours, table, text) for table in TABLES] == [e164] * len(TABLES)
    read = phone_numbers.read(text, "US", test_numbers=False).number
    assert read is None or read["e164"] == e164


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("(415) 555-0199", "its country code is missing"),
        ("415 555 0199", "its country code is missing"),
        ("0044 20 7946 0018", "its country code is missing"),
        ("+1 415 555 0199 x5", "it is not one number in digits"),
        ("+1 415 555 0199 Ada", "it is not one number in digits"),
        ("+14155550199;ext=5", "it is not one number in digits"),
        ("+14155550199 +14155550198", "it is not one number in digits"),
        ("+1 415 555 01XX", "it is not one number in digits"),
        ("+1 415", "it has 4 digits"),
        ("+1234567890123456", "it has 16 digits"),
        ("+47 02 34 56 78", "a 0 follows its country code"),
        ("+44 0044 20 7946 0018", "a 0 follows its country code"),
        ("+49 30 12345/46", "it may be several numbers"),
        ("+49 30 12345/12346", "it may be several numbers"),
        ("+1 415 555 0199 (0198)", "it may be several numbers"),
        ("+1 415 555 0199.0", "a spreadsheet changed it"),
        ("+14155550199.5", "a spreadsheet changed it"),
        ("+56 600 123 456.00", "a spreadsheet changed it"),
        ("+49 30 1234••••", "digits of it are missing"),
        ("+0 415 555 0199", "it has 11 digits"),
    ],
)
def test_any_other_text_is_refused_with_what_to_do(
    db: Connection, ours: Tenant, text: str, why: str
) -> None:
    for table in TABLES:
        with attempt(db), pytest.raises(CheckViolation) as refusal:
            store(db, ours, table, text)
        message = refusal.value.diag.message_primary or ""
        assert f'"{text}"' in message
        assert why in message
        assert "+1 415 555 0199" in message
        assert "POST /api/twilio/numbers" in message
        assert "constraint" not in message
        assert refusal.value.diag.column_name == "phone_number"


def test_a_number_that_is_changed_is_read_as_well(db: Connection, ours: Tenant) -> None:
    with as_role(db, "service_role"):
        db.execute("update public.leads set phone_number = '+44 (0)20 7946 0018'")
    (lead,) = fetch(db, "select phone_number, subscriber from public.leads")
    assert lead == {"phone_number": "+442079460018", "subscriber": "+442079460018"}
    with attempt(db), pytest.raises(CheckViolation), as_role(db, "service_role"):
        db.execute("update public.leads set phone_number = '020 7946 0018'")


def test_a_rep_may_write_a_number_for_the_list_as_they_see_it(db: Connection, ours: Tenant) -> None:
    with as_user(db, ours.user_id):
        db.execute(
            "insert into public.do_not_call (business_id, phone_number) values (%s, %s)",
            (ours.business_id, "+1 (415) 555-0142"),
        )
    (entry,) = fetch(db, "select phone_number, subscriber from public.do_not_call")
    assert entry == {"phone_number": "+14155550142", "subscriber": "+14155550142"}


@pytest.mark.parametrize("blank", ["", "  ", "\u200e", None])
def test_a_blank_number_of_a_lead_is_no_number(
    db: Connection, ours: Tenant, blank: str | None
) -> None:
    assert store(db, ours, "leads", blank) is None
    refused = NotNullViolation if blank is None else CheckViolation
    for table in ("phone_numbers", "do_not_call"):
        with attempt(db), pytest.raises(refused):
            store(db, ours, table, blank)


def test_what_python_reads_can_be_stored_and_sql_reads_it_alike(
    db: Connection, ours: Tenant
) -> None:
    numbers = [
        number
        for region in sorted(phone_numbers.COUNTRIES)
        for number_type in PhoneNumberType.values()
        if (number := phonenumbers.example_number_for_type(region, number_type))
    ]
    for form in (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL):
        texts = {
            phonenumbers.format_number(number, form): phonenumbers.format_number(
                number, PhoneNumberFormat.E164
            )
            for number in numbers
        }
        for text, e164 in texts.items():
            if form == PhoneNumberFormat.INTERNATIONAL and re.match(r"\+\d+ 0", text):
                # Where only special numbers begin with 0, the text is refused.
                with attempt(db):
                    try:
                        assert store(db, ours, "leads", text) == e164
                    except CheckViolation:
                        continue
            elif len(e164) > 7:
                assert store(db, ours, "leads", text) == e164


def codes_with_zero(*kinds: str) -> set[str]:
    """The calling codes with numbers of these types that begin with 0."""
    return {
        str(metadata.country_code)
        for region in phone_numbers.COUNTRIES
        if (metadata := PhoneMetadata.metadata_for_region(region))
        for kind in kinds
        if (desc := getattr(metadata, kind, None))
        and desc.national_number_pattern
        and digit_patterns.can_begin(desc.national_number_pattern, "0")
    }


def test_sql_has_the_leading_zeros_of_the_data(db: Connection) -> None:
    (function,) = fetch(
        db, "select prosrc from pg_proc where oid = 'private.read_phone_number'::regproc"
    )
    source = function["prosrc"]
    with_zero, with_some_zero = (
        set(re.search(rf"{name} constant text :=\s*'\^\\\+\(([\d|]+)\)'", source)[1].split("|"))  # type: ignore[index]
        for name in ("c_with_zero", "c_with_some_zero")
    )
    kinds = [PhoneNumberType.to_string(kind).lower() for kind in PhoneNumberType.values()]
    assert with_zero == codes_with_zero("fixed_line", "mobile")
    assert with_some_zero == codes_with_zero(*kinds) - with_zero
    code = re.search(r"c_code constant text := '(.+)'\s*\|\| '(.+)';", source)
    assert code is not None
    pattern = re.compile(code[1] + code[2])
    assert [
        str(code)
        for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE
        if not pattern.fullmatch(str(code))
    ] == []
