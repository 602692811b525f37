"""What people paste into a field for a number, row by row of docs/numbers.md."""

from __future__ import annotations

import random
import re
import unicodedata

import phonenumbers
import pytest

from shared import phone_numbers
from shared.number_characters import clean
from tests.soak import scaled

ADA = "+14155550100"
BERLIN = "+493012345"
LONDON = "+442079460018"


def read(text: str, country: str = "US") -> phone_numbers.ReadNumber:
    found = phone_numbers.read(text, country, test_numbers=False)
    meaning = phone_numbers.parse(text, test_numbers=False)
    assert (meaning["number"] or meaning["by_country"].get(country)) == found.number
    return found


def to(text: str, country: str = "US") -> str | None:
    number = read(text, country).number
    return number["e164"] if number else None


@pytest.mark.parametrize(
    ("text", "country", "e164"),
    [
        ("(+65) 6555 0100", "US", "+6565550100"),
        ("(+44) 20 7946 0018", "DE", LONDON),
        ("+(44) 20 7946 0018", "DE", LONDON),
        ("[+44] 20 7946 0018", "US", LONDON),
        ("( + 44 ) 20 7946 0018", "US", LONDON),
        ("(+44 20) 7946 0018", "US", LONDON),
        ("(+44 20 7946 0018)", "US", LONDON),
        ("+ 44 20 7946 0018", "US", LONDON),
        ("＋44 20 7946 0018", "US", LONDON),
        ("⁺44 20 7946 0018", "US", LONDON),
        ("(＋44) 20 7946 0018", "US", LONDON),
        ("+44 (0)20 7946 0018", "US", LONDON),
        ("+44(0) 20-7946-0018", "DE", LONDON),
        ("+44 020 7946 0018", "US", LONDON),
        ("0044 20 7946 0018", "DE", LONDON),
        ("011 44 20 7946 0018", "US", LONDON),
        ("+39 (0)2 1234 5678", "US", "+390212345678"),
        ("+39 02 1234 5678", "US", "+390212345678"),
        ("+52 1 55 1234 5678", "US", "+525512345678"),
        ("+54 9 11 1234-5678", "US", "+5491112345678"),
        ("011 15-1234-5678", "AR", "+5491112345678"),
        ("+378 886377", "US", "+3780549886377"),
    ],
)
def test_the_country_code_in_the_text_counts(text: str, country: str, e164: str) -> None:
    assert to(text, country) == e164


@pytest.mark.parametrize(
    ("text", "country", "e164", "left_out"),
    [
        ("415-555-0100 " + "Ada " * 60, "US", ADA, "Ada " * 24 + "Ada…"),
        ("(415) 555-0100 (work)", "US", ADA, "(work)"),
        ("415-555-0100 Ada", "US", ADA, "Ada"),
        ("415-555-0100, Ada", "US", ADA, "Ada"),
        ("415-555-0100 - Ada Lovelace", "US", ADA, "Ada Lovelace"),
        ("415-555-0100 – ask for Ada", "US", ADA, "ask for Ada"),
        ("415-555-0100\nAda", "US", ADA, "Ada"),
        ("415-555-0100\tAda", "US", ADA, "Ada"),
        ("415-555-0100|Ada", "US", ADA, "Ada"),
        ("415-555-0100(work)", "US", ADA, "(work)"),
        ("415-555-0100 (call after 5 pm)", "US", ADA, "(call after 5 pm)"),
        ("415-555-0100 דנה", "US", ADA, "דנה"),
        ("415-555-0100 王伟", "US", ADA, "王伟"),
        ("+49 30 12345 (Ada)", "DE", BERLIN, "(Ada)"),
        ("030 12345 Ada", "DE", BERLIN, "Ada"),
        ("030/12345 Frau Ada", "DE", BERLIN, "Frau Ada"),
        ("0800 1234567 Ada", "DE", "+498001234567", "Ada"),
        ("Call me: 415-555-0100!", "US", ADA, None),
        ("My number is 415-555-0100.", "US", ADA, None),
    ],
)
def test_a_word_after_the_number_ends_it_and_is_said(
    text: str, country: str, e164: str, left_out: str | None
) -> None:
    assert to(text, country) == e164
    assert read(text, country).left_out == left_out


@pytest.mark.parametrize(
    "label",
    [
        "Tel: ",
        "Tel.: ",
        "TEL ",
        "Ada ",
        "Ada Lovelace, ",
        "Ada,",
        "M: ",
        "(work) ",
        "(work)",
        "☎ ",
        "📞",
        "- ",
        "• ",
        "* ",
        "Phone #: ",
        "WhatsApp:",
        "<",
        "Ada <",
        "電話：",
        "Тел. ",
        "Ada\n",
        "Ada\t",
        "Ada | ",
        "1. ",
        "2) ",
    ],
)
def test_a_label_before_the_number_is_skipped(label: str) -> None:
    assert to(f"{label}(415) 555-0100") == ADA
    assert to(f"{label}+1 415 555 0100", "DE") == ADA


@pytest.mark.parametrize(
    "text",
    [
        "plus 44 20 7946 0018",
        "Tel. Plus: 49 30 12345",
        "415-555-0100 *123",
        "415-555-XXXX",
        "415-555-xxxx",
        "+1 415 555 01XX",
        "415 555 XXXX",
        "415-555-NNNN",
        "415-555-01??",
        "415-555-010?",
        "415-555-01__",
        "415-555-01**",
        "415-555-01##",
        "415-555-010#",
        "+1-XXX-555-0100",
        "XXX-555-0100",
        "(XXX) 555-0100",
        "XXX 555 0100",
        "??? 555 0100",
        "1-800-XXX-XXXX",
        "1-800-NXX-XXXX",
        "1-800-YYYYYYY",
        "4l5-555-O100",
        "4I5 555 0100",
        "415-555-O1OO",
        "41S-555-0100",
        "415 555 O100",
        "415-555-0100-Ada",
        "415-555-0100Ada",
        "Ada415-555-0100",
        "Tel415-555-0100",
        "415-FLOWERS",
        "415-555-01²³",
        "①②③ 555 0100",
        "415-555-010½",
        "415—555—0l00",
        "*67 415-555-0100",
        "*674155550100",
        "#31#4155550100",
        "$4155550100",
        "€415 555 0100",
        "12:30 415-555-0100",
        "sip:4155550100@example.com",
        "https://example.com/4155550100",
        "client:4155550100",
        "mailto:4155550100@example.com",
        "javascript:4155550100",
        "",
        " ",
        "Ada",
        "+",
        "+ Ada",
        "+XX 415 555 0100",
        "+CC 030 12345",
        "++1 415 555 0100",
        "()",
        "+()",
    ],
)
def test_what_is_not_a_number_is_refused(text: str) -> None:
    for country in ("US", "DE", "GB", "AT"):
        assert read(text, country).problem == "invalid_number", country


@pytest.mark.parametrize(
    "text",
    [
        "030 12345 OO",
        "030 12345-ll",
        "030 12345○○",
        "030 12345█",
        "030 12345 §§",
        "030 12345…",
        "030 12345 ...",
        "030 1234-••••",
        "030 1234 XX",
        "030 1234XX",
        "+49 30 12 XX 34",
        "030 123X567",
        "030 1234?",
        "030-12345-Ada",
        "030 12345Ada",
        "030 12345 O67",
        "0800-1234567-Ada",
        "030 12345.0",
        "030123.000",
        "30123456.5",
    ],
)
def test_where_numbers_have_any_length_a_part_is_not_taken_for_the_whole(text: str) -> None:
    assert to(text, "DE") is None


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("1-800-FLOWERS", "+18003569377"),
        ("1 800 FLOWERS", "+18003569377"),
        ("1800flowers", "+18003569377"),
        ("(800) FLOWERS", "+18003569377"),
        ("1 800 GO FEDEX", "+18004633339"),
        ("+1-800-GO-FEDEX", "+18004633339"),
        ("1-800-555-TELL", "+18005558355"),
        ("Tel: 1-800-FLOWERS", "+18003569377"),
    ],
)
def test_letters_count_in_a_phone_word_of_a_toll_free_number(text: str, e164: str) -> None:
    found = read(text)
    assert (to(text), found.left_out, found.extension) == (e164, None, None)


@pytest.mark.parametrize(
    ("text", "extension"),
    [
        ("(415) 555-0100 x123", "123"),
        ("(415) 555-0100x123", "123"),
        ("415-555-0100 X 123", "123"),
        ("415-555-0100X123", "123"),
        ("415-555-0100 ×123", "123"),
        ("415-555-0100 ext 123", "123"),
        ("415-555-0100 ext. 123", "123"),
        ("415-555-0100 Ext.123", "123"),
        ("415-555-0100 extn 123", "123"),
        ("415-555-0100 extension 123", "123"),
        ("415-555-0100, ext: 123", "123"),
        ("415-555-0100 (ext. 123)", "123"),
        ("415-555-0100;ext=123", "123"),
        ("+14155550100;ext=123", "123"),
        ("tel:+1-415-555-0100;ext=123", "123"),
        ("415-555-0100 #123", "123"),
        ("415-555-0100#123", "123"),
        ("415-555-0100,,123#", "123"),
        ("415-555-0100,123", "123"),
        ("415-555-0100,,,123", "123"),
        ("415-555-0100;123", "123"),
        ("415-555-0100p123", "123"),
        ("415-555-0100w123", "123"),
        ("415-555-0100 доб. 123", "123"),
        ("415-555-0100 anexo 123", "123"),
        ("415-555-0100 int. 123", "123"),
        ("415-555-0100 poste 123", "123"),
        ("415-555-0100 DW 123", "123"),
        ("415-555-0100 x0", "0"),
        ("415-555-0100 x1234567", "1234567"),
        ("415-555-0100 x１２３", "123"),
        ("1-800-FLOWERS x123", "123"),
        ("1-800-FLOWERS ext. 123", "123"),
    ],
)
def test_an_extension_is_kept(text: str, extension: str) -> None:
    found = read(text)
    assert to(text) in (ADA, "+18003569377")
    assert (found.extension, found.left_out) == (extension, None)


def test_the_end_of_a_german_number_is_not_an_extension() -> None:
    found = read("030 12345-0", "DE")
    assert (found.number and found.number["e164"], found.extension) == ("+4930123450", None)


@pytest.mark.parametrize(
    "text", ["x12345678", "x123/124", "x123-124", "x1.5", "x123abc", "x123,124"]
)
def test_a_malformed_extension_is_refused(text: str) -> None:
    assert to(f"415-555-0100 {text}") is None


@pytest.mark.parametrize(
    "text",
    [
        "415-555-0100 to 0105",
        "415-555-0100 thru 0105",
        "030 12345 bis 12350",
        "415-555-0100 415-555-0101",
        "4155550100 4155550101",
        "4155550100, 4155550101",
        "4155550100;4155550101",
        "415-555-0100 or 415-555-0101",
        "415-555-0100 / 415-555-0101",
        "415-555-0100/0101",
        "415-555-0100 | 415-555-0101",
        "415-555-0100\n415-555-0101",
        "415-555-0100\t415-555-0101",
        "415-555-0100 & 415-555-0101",
        "415-555-0100 (415-555-0101)",
        "+14155550100 +14155550101",
        "+14155550100+14155550101",
        "Ada 415-555-0100, Ben 415-555-0101",
        "415-555-0100 mobile 415-555-0101",
        "415-555-0100 or 0101",
        "415-555-0100\u2028415-555-0101",
        "415-555-0100 ext 5, 415-555-0101",
    ],
)
def test_two_numbers_are_refused_as_such(text: str) -> None:
    assert read(text).problem == "several_numbers"
    meaning = phone_numbers.parse(text, test_numbers=False)
    assert meaning["problem"] == "several_numbers" or "US" in meaning["several_in"]


@pytest.mark.parametrize(
    "text",
    [
        "2 030 123456",
        "030 12345 • 46",
        "030 12345 12346",
        "+49 30 123456 123457",
        "030 12345/46",
        "030 12345 / 46",
        "030 12345 und 46",
        "030 12345 oder 030 12346",
        "030 12345 (46)",
        "030 12345    678",
        "+49 30 12345 030 67890",
        "030 12345~46",
        "030 12345 030 67890",
    ],
)
def test_two_german_numbers_are_not_taken_for_a_long_one(text: str) -> None:
    assert read(text, "DE").problem == "several_numbers"


@pytest.mark.parametrize(
    "text", ["030/12345", "030 / 12345", "(030) 12345", "030 (12345)", "030.12345"]
)
def test_an_area_code_may_stand_before_a_slash(text: str) -> None:
    assert to(text, "DE") == BERLIN


@pytest.mark.parametrize(
    ("text", "country", "e164"),
    [
        ("30123456.0", "DE", "+4930123456"),
        ("4155550100.0", "US", ADA),
        ("4155550100.00", "US", ADA),
        ("14155550100,0", "US", ADA),
        ("+14155550100.0", "DE", ADA),
        ("4.155550100E+9", "US", ADA),
        ("4,155550100E+09", "US", ADA),
        ("4,155,550,100", "US", ADA),
        ("4,155,550,100.00", "US", ADA),
        ("4.155.550.100,00", "US", ADA),
        ("'4155550100", "US", ADA),
        ("'+14155550100", "DE", ADA),
        ('="+14155550100"', "DE", ADA),
        ('="4155550100"', "US", ADA),
        ("=+14155550100", "DE", ADA),
        ('"(415) 555-0100"', "US", ADA),
        ("“415-555-0100”", "US", ADA),
    ],
)
def test_the_traces_of_spreadsheets_are_removed(text: str, country: str, e164: str) -> None:
    assert to(text, country) == e164


@pytest.mark.parametrize(
    "text",
    [
        "+43 1 234 567.0 Ada",
        "+43 664 123456.00 (work)",
        "600 123 456.00 (work)",
        "30123456.0 Ada",
        "Ada 30123456.0",
        "Tel: 4155550100.00 x5",
        "4.15555E+09",
        "4.155555E9",
        "4E+9",
        "4.1555501E+9",
        "#########",
        "#N/A",
        "#REF!",
        "1.#INF",
        "4155550100.5",
        "NaN",
    ],
)
def test_a_cell_that_does_not_show_all_digits_is_refused(text: str) -> None:
    assert read(text).problem == "invalid_number"


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("tel:+44-20-7946-0018", LONDON),
        ("TEL:+442079460018", LONDON),
        ("tel:%2B44%2020%207946%200018", LONDON),
        ("callto://+442079460018", LONDON),
        ("<tel:+442079460018>", LONDON),
        ("Ada <tel:+442079460018>", LONDON),
        ("tel:020-7946-0018;phone-context=+44", LONDON),
        ("tel:7946-0018;phone-context=+4420", LONDON),
        ("tel:4155550100", ADA),
        ("tel:7042;phone-context=example.com", None),
        ("tel:415-555-0100;phone-context=example.com", None),
        ("tel:Ada", None),
        ("skype:+14155550100?call", None),
        ("callto:ada", None),
    ],
)
def test_links_to_telephones_are_read(text: str, e164: str | None) -> None:
    assert to(text) == e164


INVISIBLE = [
    *(chr(code) for code in range(0x200B, 0x2010)),
    *(chr(code) for code in range(0x202A, 0x202F)),
    *(chr(code) for code in range(0x2060, 0x2065)),
    *(chr(code) for code in range(0x2066, 0x2070)),
    *(chr(code) for code in range(0xFE00, 0xFE10)),
    *(chr(code) for code in (0, 1, 7, 8, 0x1B, 0x7F, 0x80, 0x9F)),
    "\u00ad",
    "\u061c",
    "\u180e",
    "\ufeff",
    "\U000e0001",
    "\U000e0100",
    "\U000e01ef",
    "\u034f",
]


@pytest.mark.parametrize("character", INVISIBLE, ids=lambda c: f"U+{ord(c):04X}")
def test_what_nobody_sees_does_not_count(character: str) -> None:
    everywhere = character + character.join("+1 (415) 555-0100") + character
    assert to(everywhere) == ADA


SEPARATORS = [
    *(chr(code) for code in range(0x2000, 0x200B)),
    "\u00a0",
    "\u202f",
    "\u205f",
    "\u3000",
    "\u1680",
    *(chr(code) for code in range(0x2010, 0x2016)),
    "\u2212",
    "\ufe63",
    "\uff0d",
    "\ufe58",
    "-",
    "·",
    "•",
    "‧",
    "∙",
    "⋅",
    "．",
    "・",
    ".",
    " ",
]


@pytest.mark.parametrize("character", SEPARATORS, ids=lambda c: f"U+{ord(c):04X}")
def test_every_space_dash_and_dot_separates_digits(character: str) -> None:
    assert to(character.join(("415", "555", "0100"))) == ADA
    assert to(character.join(("+1", "415", "555", "0100")), "DE") == ADA


def test_the_digits_of_every_script_are_digits() -> None:
    zeros = [
        character
        for character in map(chr, range(0x110000))
        if unicodedata.decimal(character, None) == 0
    ]
    assert len(zeros) > 60
    for zero in zeros:
        written = "".join(chr(ord(zero) + int(c)) if c.isdigit() else c for c in "+1 415 555 0100")
        assert clean(written) == "+1 415 555 0100"
        assert to(written, "DE") == ADA


def test_a_text_longer_than_a_number_and_a_name_is_refused_not_cut() -> None:
    assert to("a" * 250 + " 415-555-0100") == ADA
    for text in ("a" * 290 + " 415-555-0100", " " * 300 + ADA, ADA + " " * 300, "1" * 301):
        assert to(text) is None


def test_what_is_stored_of_a_refused_text_can_be_stored() -> None:
    for text in ("\x00\ud800", "4155550100 \ud800", "x" * 1000, " " * 10 + "\x00"):
        meaning = phone_numbers.parse(text, test_numbers=False)
        stored = meaning["dialled"] + (meaning["left_out"] or "")
        stored.encode()
        assert "\x00" not in stored
        assert len(meaning["dialled"]) <= 64
        assert len(meaning["left_out"] or "") <= 100


WRITTEN = [
    ("US", "415-555-0100"),
    ("US", "+1 415 555 0100"),
    ("DE", "030 12345"),
    ("DE", "+49 30 123456"),
    ("GB", "020 7946 0018"),
    ("AT", "01 58801"),
    ("IT", "02 12345678"),
    ("FR", "01 23 45 67 89"),
    ("DK", "32 12 34 56"),
    ("LU", "26 12 34"),
]
PIECES = [
    *" -./()+xX#,;\n\t015?*_Ol²٣５\u200e\u00a0·&~:@'\"=<>pw°½[]e\\{^$№–|",
    *("ext", "00", "(0)", " Ada", "Ada ", " or ", " und ", "tel:", "E+9", ".0", ",0", "XX", " - "),
]


def spoil(text: str, chosen: random.Random) -> str:
    """The text with a few pieces put in, a character less, or a part of it once more."""
    for _ in range(chosen.randint(1, 4)):
        place = chosen.randint(0, len(text))
        if (what := chosen.random()) < 0.75:
            text = text[:place] + chosen.choice(PIECES) + text[place:]
        elif what < 0.85:
            text = text[:place] + text[place + 1 :]
        else:
            text += chosen.choice((" ", ", ", "/", "\n", " or ")) + text[place:]
    return text


@pytest.mark.soak
def test_every_digit_of_a_text_is_dialled_or_said() -> None:
    """No digit gets lost, none is made of a letter, and none moves."""
    chosen = random.Random(16)
    dialled = 0
    for _ in range(scaled(3_000, 200_000)):
        country, text = chosen.choice(WRITTEN)
        text = spoil(text, chosen)
        found = phone_numbers.read(text, country, test_numbers=False)
        if found.number is None:
            continue
        dialled += 1
        number = phonenumbers.parse(found.number["e164"])
        code, national = str(number.country_code), phonenumbers.national_significant_number(number)
        shown = digits(clean(text))
        told = national + (found.extension or "") + digits(found.left_out or "")
        assert shown.endswith(told), text
        # What is left are prefixes of countries and of long distances.
        before = shown.removesuffix(told)
        assert re.fullmatch(f"(00|011)?{code}[01]?|0|1|", before), text
    assert dialled > scaled(180, 10_000)


def digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)
