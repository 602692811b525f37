"""The form in which texts are compared, held against Unicode's data and the number data."""

from __future__ import annotations

import sys
import unicodedata

import phonenumbers
import pytest
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType

from tests.soak import SOAK
from tests.supabase.tenants import Connection


def forms(db: Connection, texts: list[str]) -> list[str | None]:
    rows = db.execute(
        "select private.search_form(text) from unnest(%s::text[]) with ordinality as t (text, n)"
        " order by n",
        (texts,),
    ).fetchall()
    return [form for (form,) in rows]


def characters(*categories: str) -> list[str]:
    """All characters of these Unicode categories; of a large alphabet, some."""
    every = (chr(code) for code in range(1, sys.maxunicode + 1))
    return [c for c in every if unicodedata.category(c) in categories]


def test_the_digits_of_every_script_are_digits(db: Connection) -> None:
    digits = characters("Nd")
    assert len(digits) > 600
    assert forms(db, digits) == [f" {unicodedata.decimal(digit)} " for digit in digits]


@pytest.mark.soak
def test_no_form_has_a_character_that_means_something_to_like(db: Connection) -> None:
    meant = set("%_\\")
    some = [chr(code) for code in range(1, 0x3100) if SOAK or code < 0x100 or code % 17 == 0]
    some += [
        chr(code)
        for code in range(0x3100, sys.maxunicode, 997 if SOAK else 9973)
        if not 0xD800 <= code < 0xE000
    ]
    # Other forms of these characters.
    some += [
        c for c in map(chr, range(0xFE00, 0x10000)) if meant & {*unicodedata.normalize("NFKD", c)}
    ]
    assert len(some) > 700
    for form in forms(db, [f"a{character}b" for character in some]):
        assert form is not None
        assert not set(form) & meant, form
        assert form[0] == form[-1] == " "


def test_letters_of_latin_names_are_letters_without_accents(db: Connection) -> None:
    """In Latin-1, Latin Extended-A and Latin Extended Additional."""
    latin = [chr(code) for code in (*range(0xC0, 0x180), *range(0x1E00, 0x1F00))]
    rare = "×÷ĸſẚẛẜẝẟỺỻỼỽỾỿ"
    for letter, form in zip(latin, forms(db, latin), strict=True):
        base = unicodedata.normalize("NFKD", letter)[0].lower()
        if letter not in rare:
            assert form is not None
            assert form.strip().isascii(), letter
            assert form.strip().islower(), letter
            if base.isascii() and base.isalpha():
                assert form.strip()[0] == base, letter


@pytest.mark.parametrize("category", ["Cf", "Mn"])
def test_invisible_characters_and_accents_hide_nobody(db: Connection, category: str) -> None:
    marks = characters(category)
    if category == "Mn":
        marks = [c for c in marks if 0x300 <= ord(c) <= 0x34E or 0xFE00 <= ord(c) <= 0xFE2F]
    assert len(marks) > 80
    assert set(forms(db, [f"Smi{mark}th" for mark in marks])) == {" smith "}


def test_every_form_of_unicode_gives_the_same(db: Connection) -> None:
    names = [
        "José Ångström",
        "Nguyễn Thị Ánh",
        "김철수",
        "ガブリエル",
        "Łódź ﬁnance",
        "أحمد",
        "Ёлка",
    ]
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert forms(db, [unicodedata.normalize(form, name) for name in names]) == forms(db, names)


def test_words_that_differ_stay_different(db: Connection) -> None:
    """Marks that are not accents make another word."""
    words = ["कि", "कु", "か", "が", "น้ำ", "นำ้า", "東", "京"]
    assert len(set(forms(db, words))) == len(words)


def test_numbers_are_found_by_what_people_dial_at_home(db: Connection) -> None:
    """The national prefixes agree with the number data: for examples of all regions."""
    examples: dict[str, tuple[str, str]] = {}
    for region in phonenumbers.SUPPORTED_REGIONS:
        metadata = PhoneMetadata.metadata_for_region(region)
        assert metadata is not None
        prefix = metadata.national_prefix or ""
        for kind in (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE):
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
                national = prefix + phonenumbers.national_significant_number(number)
                examples[e164] = (region, national)
    rows = db.execute(
        "select number, private.number_form(number) from unnest(%s::text[]) as number",
        (list(examples),),
    ).fetchall()
    assert len(rows) > 400
    for number, form in rows:
        region, national = examples[number]
        assert national in form, region
        # And nothing else is found, unless the subscriber has two numbers (docs/numbers.md).
        assert region in ("AR", "SM") or set(form.split()) <= {number[1:], national}, region


def test_a_subscriber_with_two_numbers_is_found_by_both(db: Connection) -> None:
    (row,) = db.execute("select private.number_form('+5491123456789')").fetchall()
    assert row[0].split() == ["5491123456789", "091123456789", "541123456789", "01123456789"]


def test_what_is_not_a_number_stays_a_text(db: Connection) -> None:
    rows = db.execute(
        "select private.number_form(text) from unnest(%s::text[]) as text",
        (["415-555-XXXX", "*31#", "", None],),
    ).fetchall()
    assert [form for (form,) in rows] == [" 415555 xxxx ", " 31 ", "", ""]


def test_the_longest_text_fits_into_the_indexes(db: Connection) -> None:
    """An entry of an index has 2,700 bytes at most."""
    widest = "\ufdfa" * 200
    (row,) = db.execute(
        "select length(private.lead_form(%s, %s, '+442079460018'))", (widest, widest)
    ).fetchall()
    assert row[0] <= 700
