"""What pasting leaves in a setting: characters that nobody sees or means, and the example's text.

Nothing here shows a setting's value, except the one character that is wrong with it.
"""

from __future__ import annotations

import re

# Word processors and chat programs put these in the place of " and '.
_CURLY_QUOTES = "“”„‟«»‘’‚‛′″´"
_EXAMPLE = re.compile(
    r"""(\.\.\.|…)$ | ^<.*>$ | ^https?://[^/]*<[^/]*>
    | \byour[-_ ](project|password|domain|key|token|secret|region|host)\b
    | ^your[-_ ]([a-z]+[-_ ])*(id|sid|key|token|secret|password|url|here)$
    | ^(AC|AP|SK)?[xX]{8,}$ | ^(change-?me|todo|placeholder)$ """,
    re.IGNORECASE | re.VERBOSE,
)


def is_example(value: str) -> bool:
    """Whether this is the text of an example and not a value: ``AC...``, ``<your-key>``."""
    return bool(_EXAMPLE.search(value))


def explain(value: str) -> str | None:
    """What is wrong with the characters of a value, as the end of a sentence about its setting.
    None if nothing is wrong."""
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return f"is between quotes ({value[0]}): remove both"
    if value.isascii() and value.isprintable():
        return None
    for index, character in enumerate(value):
        if character in _CURLY_QUOTES:
            what = f"a curly quote ({character}, {_code(character)})"
            remedy = "remove it, or type a straight one"
        elif character in "•●∙·":
            what = f"a dot that stands for a hidden character ({_code(character)})"
            remedy = "show the value where you copied it, and copy it again"
        elif not character.isprintable():
            what = f"a character that cannot be seen ({name(character)})"
            remedy = "type the value, or copy it again without it"
        else:
            continue
        return f"has {what} {_place(index, len(value))}: {remedy}"
    return None


def name(character: str) -> str:
    """A character's Unicode name and number: ``ZERO WIDTH SPACE, U+200B``."""
    # Imported here, because an endpoint whose settings are right never needs it.
    import unicodedata

    common = {"\t": "tab", "\n": "line break", "\r": "carriage return", "\0": "NUL"}
    words = common.get(character) or unicodedata.name(character, "")
    return ", ".join(filter(None, (words, _code(character))))


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"


def _place(index: int, length: int) -> str:
    if index == 0:
        return "at its beginning"
    return "at its end" if index == length - 1 else f"at position {index + 1} of {length}"
