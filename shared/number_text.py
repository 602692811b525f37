"""What a text says about a phone number, before anybody asks whether the number exists.

docs/numbers.md is the table of these rules. Two principles are behind them: a number is read as a
person sees it, and a text that may mean two numbers is refused.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import unquote

from shared.number_characters import clean

MAX_LENGTH = 300
"""A longer text is refused and not cut: what is cut off may belong to the number."""

SEVERAL: Literal["several_numbers"] = "several_numbers"


@dataclass(frozen=True)
class Written:
    """A number as it stands in a text.

    ``digits`` are ASCII digits, after a ``+`` if the text has a country code.

    ``word`` are the digits together with those of a phone word (1-800-FLOWERS). None without one.

    ``before`` are the digits before each place where another number may begin, such as a slash: if
    one of them is a number by itself, the text has several. ``splits`` are the digits before and
    after each space: if the whole is not a number and the parts are, the text has several.

    ``masked`` are the digits if an X between two of them stands for a digit.
    """

    digits: str
    extension: str | None = None
    left_out: str | None = None
    word: str | None = None
    before: tuple[str, ...] = ()
    splits: tuple[tuple[str, str], ...] = ()
    masked: str | None = None


# None: the text has no number.
Reading = Written | Literal["several_numbers"] | None


def read(text: str) -> Reading:
    """The number in a text, of whatever country."""
    if len(text) > MAX_LENGTH:
        return None
    text = _unwrap(clean(text))
    link = _LINK.search(text)
    if link and _may_precede(text[: link.start()]):
        return _read_link(text[link.end() :])
    if _ADDRESS.match(text) or "@" in text or "://" in text:
        return None
    cell = _read_cell(text)
    return None if cell is None else _read_number(cell)


# A cell that took the number for text or for a formula: '4155550100, ="+14155550100".
def _unwrap(text: str) -> str:
    return text.strip(" \t\n\"'").removeprefix("=").strip(" \t\n\"'")


_QUANTITY = re.compile(r"(\+?\d{7,})[.,]0{1,2}")
_THOUSANDS = re.compile(r"(\+?\d{1,3}(?:,\d{3}){2,})(?:\.0+)?|(\+?\d{1,3}(?:\.\d{3}){2,}),0+")
_POWER = re.compile(r"(\d)[.,](\d+)[eE]\+?(\d{1,2})")
_OTHER_QUANTITY = re.compile(
    r"[+-]?\d(?:[.,]\d+)?[eE][+-]?\d+|\+?\d+[.,]0+|\+?\d{7,}[.,]\d{1,2}|.*\d[.,]0"
)


def _read_cell(text: str) -> str | None:
    """The digits of a cell that took the number for a quantity; another text as it is. None if the
    cell does not show them all."""
    if match := _QUANTITY.fullmatch(text):
        return match[1]
    if match := _THOUSANDS.fullmatch(text):
        return re.sub("[.,]", "", match[1] or match[2])
    # A power hides digits unless it shows as many as it says.
    if (match := _POWER.fullmatch(text)) and len(match[2]) == int(match[3]):
        return match[1] + match[2]
    return None if _OTHER_QUANTITY.fullmatch(text) else text


_LINK = re.compile(r"(?:^|(?<=[\s<(\"':]))(?:tel|callto):(?://)?(?=\S)", re.IGNORECASE)
_ADDRESS = re.compile(
    r"<?(?:(?:sips?|https?|mailto|xmpp|im|urn|data|javascript)\s*:|client:\S)", re.IGNORECASE
)
_GLOBAL = re.compile(r"\+[\d().-]*\d[\d().-]*")


def _read_link(link: str) -> Reading:
    """What follows tel: or callto:. https://www.rfc-editor.org/rfc/rfc3966"""
    number, *parameters = _unwrap(clean(unquote(link))).removesuffix(">").split(";")
    kept = ""
    for parameter in parameters:
        name, _, value = (part.strip() for part in parameter.partition("="))
        if name.lower() != "phone-context":
            kept += f";{parameter}"
        elif not number.startswith("+"):
            if not _GLOBAL.fullmatch(value):
                return None
            number = value + number
    return _read_number(number + kept)


_START = re.compile(r"(?:[+(\[]\s*)*\d")
# "2. 030 12345": the 2 counts lines.
_LIST_NUMBER = re.compile(r"\(?[1-9]\d?[.)] +(?=[(+0])")
_BODY = re.compile(r"(?:[(\[] *)*\+? *(?:[(\[] *)?\d(?:[\d ./()\[\]~-]*[\d)\]])?")
# "30123456.0 Ada": its last digits are a spreadsheet's.
_DECIMALS = re.compile(r"\d ?\.0$|[^.]\d{3} ?\.00$|\d{7}\.\d{1,2}$")
# A number in brackets may be a second one, but not those that begin the number: (0), (415).
_BREAK = re.compile(r"[/~]|(?<=\d) *[(\[]| {3,}| \. ")


def _read_number(text: str) -> Reading:
    listed = _LIST_NUMBER.match(text)
    text = text[listed.end() :] if listed else text
    start = _START.search(text)
    if not start or not _may_precede(text[: start.start()]):
        return None
    body = _BODY.match(text, start.start())
    if not body:
        return None
    number = body[0]
    if _DECIMALS.search(number):
        return None
    written = Written(
        _digits(number),
        before=tuple(_digits(number[: place.start()]) for place in _BREAK.finditer(number)),
        splits=tuple(
            (_digits(number[: place.start()]), _digits(number[place.end() :]))
            for place in re.finditer(" +", number)
        ),
    )
    return _read_rest(written, text[body.end() :])


_NAMED_EXTENSION = re.compile(
    r"""
    [\ ,.;:/(\[-]*
    (?: x | ext | extn | exten | extension | extensión | int | intern[oe]? | anexo | ramal | poste
      | dw | durchwahl | nst | nebenstelle | toestel | wewn? | dahili | доб | добавочный | вн
      | внутр | 内線 | 内线 | 分机 | \# )
    [\ .:=\#-]*
    (\d+) \ * \#?
    """,
    re.IGNORECASE | re.VERBOSE,
)
# What a phone dials after a pause: ,, or p, or w and ; for a pause until a key is pressed.
_PAUSED_EXTENSION = re.compile(r"(?:,,+ *(\d{1,7})|[pw](\d{1,7})|[,;](\d{1,6}))(?!\d)#?")
_WORD = re.compile(r"[-. ]?[A-Za-z](?:[-. ]?[A-Za-z])*")
_KEYS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_FEWEST_DIGITS = 7
# A second number may be as short as its last digits: "030 12345 or 46".
_ANOTHER = re.compile(
    r"\W*(?:or|and|to|thru|through|oder|und|bis|ou|et|o|y|e|и|или)\W+\d", re.IGNORECASE
)
# Some letters look like digits: O67.
_MIXED = re.compile(r"(?=\w*[^\W\d])\w*\d")
_PLACEHOLDER = re.compile(r"[?_]+|[XNY#*?_]{2,}", re.IGNORECASE)
# "030 123 OO", "030 123…": the rest of the number was hidden or cut off.
_HIDDEN = re.compile(r"[ -]*(?:\.\.|…)|[ (\[.-]*(\w|[^\x00-\x7f])\1+(?!\w)", re.IGNORECASE)


def _read_rest(written: Written, rest: str) -> Reading:
    """The number together with what stands after its last digit."""
    extension = _NAMED_EXTENSION.match(rest) or _PAUSED_EXTENSION.match(rest)
    if extension:
        digits = next(filter(None, extension.groups()))
        if len(digits) > 7:
            return None
        masked = f"{written.digits}0{digits}" if rest.startswith("X") else None
        written = replace(written, extension=digits, masked=masked)
        rest = rest[extension.end() :]
    # A name stands after a whole number and a space, a phone word after 0800 or the like.
    elif (word := _read_word(rest)) and (
        not rest[0].isspace() or _count_digits(written.digits) < _FEWEST_DIGITS
    ):
        written = replace(written, word=written.digits + word.digits, extension=word.extension)
        rest = word.rest

    another = re.search(r"\+[ (]*\d", rest) or _ANOTHER.match(rest)
    if another or _count_digits(rest) >= _FEWEST_DIGITS:
        return SEVERAL if _count_digits(written.digits) >= 4 else None
    if not _may_follow(rest):
        return None
    left_out = rest.strip(" \n\t,;:|/-.!&")
    if not any(map(str.isalnum, left_out)):
        return written
    return replace(written, left_out=left_out if len(left_out) <= 100 else f"{left_out[:99]}…")


@dataclass(frozen=True)
class _Word:
    digits: str
    extension: str | None
    rest: str


def _read_word(rest: str) -> _Word | None:
    """The phone word at the start of a text, with the extension after it."""
    word = _WORD.match(rest)
    if not word:
        return None
    end, after, digits = word.end(), word.end(), None
    extension = _NAMED_EXTENSION.search(rest)
    if extension and extension.start() <= end and len(extension[1]) <= 7:
        end, after, digits = extension.start(), extension.end(), extension[1]
    letters = re.sub("[^A-Z]", "", rest[:end].upper())
    if len(letters) < 3 or set(letters) <= set("XNY") or len(set(letters)) == 1:
        return None
    return _Word(letters.translate(_KEYS), digits, rest[after:])


_SPELT_PLUS = re.compile(r"\bplus\W*$", re.IGNORECASE)


def _may_precede(label: str) -> bool:
    """Whether a number may follow this text: "Tel: ", "(work) ", "Ada "."""
    if not label:
        return True
    last, has_words = label[-1], any(map(str.isalnum, label))
    return (
        "+" not in label
        and not _SPELT_PLUS.search(label)
        and not any(map(str.isdigit, label))
        and not any(_PLACEHOLDER.fullmatch(word) for word in re.split(r"[\s().:/-]+", label))
        and (last in " \t\n:()[]<>|=\"'" or last == ("," if has_words else "-") or _is_symbol(last))
    )


def _may_follow(rest: str) -> bool:
    """Whether this text may follow a number without being a part of it."""
    if not rest:
        return True
    words = rest.split(maxsplit=1)
    apart = rest[0] in " \t\n()[]<>,;:|/&!\"'" or _is_symbol(rest[0])
    ends = re.match(r"[.-](?!\S)", rest)
    after = re.sub(r"^\W+", "", rest)
    return (
        (apart or bool(ends))
        and not after[:1].isdigit()
        and not _MIXED.match(after)
        and not _HIDDEN.match(rest)
        and not (words and _PLACEHOLDER.fullmatch(words[0].strip("()[].,;:/-")))
    )


def _is_symbol(character: str) -> bool:
    """Whether it is a telephone, a tick or the like. (© and ° are of the same category.)
    Circles and squares may stand for digits: 030 12345□□."""
    return (
        unicodedata.category(character) == "So"
        and character > "\u2000"
        and not "\u2500" <= character <= "\u25ff"
        and not "\u2b00" <= character <= "\u2bff"
    )


def _digits(text: str) -> str:
    return ("+" if "+" in text else "") + re.sub("[^0-9]", "", text)


def _count_digits(text: str) -> int:
    return len(re.sub("[^0-9]", "", text))
