"""Finding leads: whoever types a name or a number in another spelling finds the same person."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Sequence

import pytest
from psycopg.errors import InvalidParameterValue

from tests.supabase.tenants import Connection, Tenant, add_tenant, as_user, attempt

LEADS = (
    ("José Ångström", None, "+442079460018"),
    ("Pat O'Brien", "Harbour Garage", "+14155550133"),
    ("Siân O’Neill-Jones", "A.B.C. Ltd", "+442079460019"),
    ("Jürgen Müller", "Straßenbau GmbH", "+493012345678"),
    ("Mueller, Anna", None, "+41446681800"),
    ("Søren Kjærgård", "Smørrebrød ApS", "+4532123456"),
    ("Łukasz Đurić", None, "+48221234567"),
    ("Nagy Éva", None, "+3612345678"),
    ("Иван Петров", "Ромашка", "+79161234567"),
    ("王伟", "東京株式会社", "+81312345678"),
    ("شركة أحمد", None, "+971501234567"),
    ("100% Solar_x", "C:\\Solar & Co", None),
    ("24-7 Services", "Plan 2026-11", None),
    ("Smith 0001", None, "+12125550142"),
    ("Smith 0002", None, "+12125550143"),
    ("Nguyễn Thị Ánh", None, "+84912345678"),
    ("김철수", None, "+82298765432"),
    ("Ολύμπιος Παπάς", None, "+302101234567"),
)


@pytest.fixture
def ours(db: Connection) -> Tenant:
    tenant = add_tenant(db, 1)
    db.execute("delete from public.leads where id = %s", (tenant.lead_id,))
    add_leads(db, tenant, LEADS)
    return tenant


def add_leads(
    db: Connection, tenant: Tenant, leads: Sequence[tuple[str, str | None, str | None]]
) -> None:
    with db.cursor() as cursor:
        cursor.executemany(
            "insert into public.leads (business_id, name, company, phone_number)"
            " values (%s, %s, %s, %s)",
            [(tenant.business_id, *lead) for lead in leads],
        )


def search(
    db: Connection,
    tenant: Tenant,
    text: str | None,
    *,
    numbers: Sequence[str] | None = None,
    limit: int = 100,
    user_id: uuid.UUID | None = None,
) -> list[str]:
    """The names of the leads that are found."""
    with as_user(db, user_id or tenant.user_id):
        rows = db.execute(
            "select public.search_leads(%s, %s, %s, %s) ->> 'name'",
            (tenant.business_id, text, numbers and list(numbers), limit),
        ).fetchall()
    return [name for (name,) in rows]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("jose", "José Ångström"),
        ("angstrom", "José Ångström"),
        ("ÅNGSTRÖM", "José Ångström"),
        ("aangstroem", "José Ångström"),
        ("jose angstrom", "José Ångström"),
        ("angstrom jose", "José Ångström"),
        ("ngstr", "José Ångström"),
        ("O'Brien", "Pat O'Brien"),
        ("O’Brien", "Pat O'Brien"),
        ("O´Brien", "Pat O'Brien"),
        ("O`Brien", "Pat O'Brien"),
        ("OʼBrien", "Pat O'Brien"),
        ("O＇Brien", "Pat O'Brien"),
        ("o′brien", "Pat O'Brien"),
        ("OBrien", "Pat O'Brien"),
        ("O Brien", "Pat O'Brien"),
        ("ONeill", "Siân O’Neill-Jones"),
        ("o'neill jones", "Siân O’Neill-Jones"),
        ("O'Neill‐Jones", "Siân O’Neill-Jones"),
        ("harbour pat", "Pat O'Brien"),
        ("pat garage brien", "Pat O'Brien"),
        ("a.b.c.", "Siân O’Neill-Jones"),
        ("juergen", "Jürgen Müller"),
        ("jurgen", "Jürgen Müller"),
        ("strassenbau", "Jürgen Müller"),
        ("STRASSENBAU GMBH", "Jürgen Müller"),
        ("strassenbau mueller", "Jürgen Müller"),
        ("soren kjaergard", "Søren Kjærgård"),
        ("soeren", "Søren Kjærgård"),
        ("smorrebrod", "Søren Kjærgård"),
        ("lukasz duric", "Łukasz Đurić"),
        ("ŁUKASZ", "Łukasz Đurić"),
        ("eva nagy", "Nagy Éva"),
        ("иван", "Иван Петров"),
        ("ПЕТР", "Иван Петров"),
        ("ромашка иван", "Иван Петров"),
        ("王", "王伟"),
        ("伟", "王伟"),
        ("東京", "王伟"),
        ("京株", "王伟"),
        ("أحمد", "شركة أحمد"),
        ("احمد", "شركة أحمد"),
        ("nguyen thi anh", "Nguyễn Thị Ánh"),
        ("철수", "김철수"),
        ("ολυμπιοσ", "Ολύμπιος Παπάς"),
        ("ΠΑΠΑΣ", "Ολύμπιος Παπάς"),
        ("smi\u200bth 0001", "Smith 0001"),
        ("\ufeffsm\u00adith\u202c 0001", "Smith 0001"),
        ("ｓｍｉｔｈ　０００１", "Smith 0001"),
        ("smith\u00a00001", "Smith 0001"),
        ("  smith \t 0001\n", "Smith 0001"),
        ("100%", "100% Solar_x"),
        ("solar_", "100% Solar_x"),
        ("solar & co", "100% Solar_x"),
        ("24-7", "24-7 Services"),
        ("24 7 services", "24-7 Services"),
        ("plan 2026-11", "24-7 Services"),
        ("services 2026", "24-7 Services"),
        ("smith 0142", "Smith 0001"),
        ("smith 212 555 0142", "Smith 0001"),
        ("0142 smith", "Smith 0001"),
        ("smith +1 (212) 555-0142", "Smith 0001"),
        ("smith ٠١٤٢", "Smith 0001"),
    ],
)
def test_a_person_is_found_in_another_spelling(
    db: Connection, ours: Tenant, typed: str, found: str
) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        if unicodedata.normalize("NFKC", typed) == unicodedata.normalize("NFC", typed):
            typed = unicodedata.normalize(form, typed)
        assert search(db, ours, typed) == [found]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("020 7946 0018", "José Ångström"),
        ("+44 (0)20 7946 0018", "José Ångström"),
        ("+44 20 7946 0018", "José Ångström"),
        ("tel:+44-20-7946-0018", "José Ångström"),
        ("TEL:+442079460018;ext=1", "José Ångström"),
        ("0044 20 7946 0018", "José Ångström"),
        ("011 44 20 7946 0018", "José Ångström"),
        ("00 44 (0)20 7946 0018", "José Ångström"),
        ("(020) 7946-0018", "José Ångström"),
        ("020–7946–0018", "José Ångström"),
        ("020.7946.0018", "José Ångström"),
        ("020\u00a07946\u00a00018", "José Ångström"),
        ("\u202a+44 20 7946 0018\u202c", "José Ångström"),
        ("０２０ ７９４６ ００１８", "José Ångström"),
        ("٠٢٠٧٩٤٦٠٠١٨", "José Ångström"),
        ("०२०७९४६००१८", "José Ångström"),
        ("46 0018", "José Ångström"),
        ("06 1 234 5678", "Nagy Éva"),
        ("+36 1 234 5678", "Nagy Éva"),
        ("8 (916) 123-45-67", "Иван Петров"),
        ("8 916 123", "Иван Петров"),
        ("030 12345678", "Jürgen Müller"),
        ("030/12345", "Jürgen Müller"),
        ("22 123 45 67", "Łukasz Đurić"),
        ("(212) 555-0142", "Smith 0001"),
        ("1 212 555 0142", "Smith 0001"),
        ("212.555.0142", "Smith 0001"),
        ("2125550142", "Smith 0001"),
        ("55501 42", "Smith 0001"),
    ],
)
def test_a_number_is_found_in_another_spelling(
    db: Connection, ours: Tenant, typed: str, found: str
) -> None:
    assert search(db, ours, typed) == [found]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("100_", "100"),
        ("100%", "100"),
        ("so%ar", "so ar"),
        ("\\solar", "solar"),
        ("$1", "1"),
        ("%s", "s"),
        ("%L", "l"),
    ],
)
def test_signs_that_are_neither_letter_nor_digit_only_separate_words(
    db: Connection, ours: Tenant, typed: str, meant: str
) -> None:
    assert search(db, ours, typed) == search(db, ours, meant)


@pytest.mark.parametrize(
    "typed", ["%", "_", "\\", "%%%", "'", "; --", "x' or true", "')) or ((true"]
)
def test_what_is_typed_has_no_meaning_to_sql(db: Connection, ours: Tenant, typed: str) -> None:
    assert search(db, ours, typed) == []


def test_leads_are_shown_by_name(db: Connection, ours: Tenant) -> None:
    with attempt(db):
        db.execute("delete from public.leads where business_id = %s", (ours.business_id,))
        names = ["ann", "Ann Adams", "Ánn Berg", "Anna", "Bert", "Zoë", "ärne"]
        add_leads(db, ours, [(name, "Zeta", None) for name in reversed(names)])
        assert search(db, ours, None) == [
            "ann",
            "Ann Adams",
            "Ánn Berg",
            "Anna",
            "ärne",
            "Bert",
            "Zoë",
        ]
        assert search(db, ours, "zeta", limit=2) == ["ann", "Ann Adams"]


@pytest.mark.parametrize("limit", [0, -1, 1001, None])
def test_a_limit_that_would_cut_unnoticed_is_refused(
    db: Connection, ours: Tenant, limit: int
) -> None:
    with pytest.raises(InvalidParameterValue, match="p_limit is 1 to 1000"):
        search(db, ours, "smith", limit=limit)
