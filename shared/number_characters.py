"""The characters of a text with a phone number, as a person sees them."""

from __future__ import annotations

import functools
import re
import unicodedata

_LIKE = {
    "+": "＋﹢⁺₊➕﬩",
    "-": "−⁃˗ーｰ─━➖",
    ".": "·•‧∙⋅・․·",
    "/": "∕⁄",
    '"': "“”„‟«»″",
    "'": "‘’‚‛ʼ′`´",
    "x": "×✕✖",
    # They count as letters or symbols, and show nothing.
    " ": "\u115f\u1160\u2800\u3164\uffa0",
    # A mark of nothing, and the frame of a keycap.
    "": "\u034f\u20e3",
}
_PLAIN = {character: plain for plain, characters in _LIKE.items() for character in characters}

_LINES = re.compile(r"[\r\x0b\x0c\x1c-\x1f]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]")


def clean(text: str) -> str:
    """The text with ASCII digits, one kind of each sign, and nothing invisible.

    Tabs and ends of lines stay, because two numbers may stand beside them.
    """
    if not text.isascii():
        text = "".join(map(_plain, text))
    return _CONTROLS.sub("", _LINES.sub("\n", text))


@functools.lru_cache(1024)
def _plain(character: str) -> str:
    """What ``clean`` makes of one character."""
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    if character in _PLAIN:
        return _PLAIN[character]
    category, code = unicodedata.category(character), ord(character)
    if category in ("Zl", "Zp") or character == "\x85":
        return "\n"
    if category == "Zs":
        return " "
    if category == "Pd":
        return "-"
    if category == "Cf" or (category == "Cc" and code > 0x7F):
        return ""
    # Half of a character, which cannot be stored.
    if category == "Cs":
        return "\ufffd"
    # Variation selectors: they choose how the character before them is drawn.
    if 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF:
        return ""
    # ASCII in the width of Chinese characters.
    if 0xFF01 <= code <= 0xFF5E:
        return chr(code - 0xFEE0)
    return character
