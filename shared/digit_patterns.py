"""Whether a number that matches a pattern can begin with given digits.

The patterns are those of the phone number data: regular expressions of digits, sets of digits,
groups, alternatives, and how often. Python's ``re`` compares with whole numbers only.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r"\(\?:|[)|?]|\[[\d\\-]+\]|\\d|\d|\{\d+(?:,\d+)?\}")


@dataclass(frozen=True)
class _Part:
    """A set of digits, or alternatives. It occurs between ``least`` and ``most`` times."""

    what: frozenset[str] | tuple[tuple[_Part, ...], ...]
    least: int = 1
    most: int = 1


def can_begin(pattern: str, digits: str) -> bool:
    """Whether a number that matches ``pattern`` can begin with ``digits``. Raises ValueError for a
    pattern of another kind."""
    return len(digits) in _ends(_Part(_compile(pattern)), digits, {0}) or not digits


@functools.lru_cache(4096)
def _compile(pattern: str) -> tuple[tuple[_Part, ...], ...]:
    tokens = _TOKEN.findall(pattern)
    if "".join(tokens) != pattern:
        raise ValueError(f"not a pattern of digits: {pattern}")
    alternatives, rest = _alternatives(iter([*tokens, ")"]))
    if next(rest, None) is not None:
        raise ValueError(f"a pattern with a bracket too many: {pattern}")
    return alternatives


def _alternatives(
    tokens: Iterator[str],
) -> tuple[tuple[tuple[_Part, ...], ...], Iterator[str]]:
    """What the tokens up to the closing bracket say, and the tokens after it."""
    found: list[list[_Part]] = [[]]
    for token in tokens:
        if token == ")":
            break
        if token == "|":
            found.append([])
        elif token == "(?:":
            inner, tokens = _alternatives(tokens)
            found[-1].append(_Part(inner))
        elif token == "?":
            found[-1][-1] = _Part(found[-1][-1].what, 0, 1)
        elif token.startswith("{"):
            least, _, most = token[1:-1].partition(",")
            found[-1][-1] = _Part(found[-1][-1].what, int(least), int(most or least))
        else:
            allowed = re.compile(token)
            found[-1].append(_Part(frozenset(filter(allowed.fullmatch, "0123456789"))))
    return tuple(map(tuple, found)), tokens


def _ends(part: _Part, digits: str, starts: set[int]) -> set[int]:
    """Where the part can end in ``digits`` if it begins at one of ``starts``. The end of
    ``digits`` is among them as soon as it is reached: what follows can be anything."""
    ends = set(starts) if part.least == 0 else set()
    for time in range(1, part.most + 1):
        starts = _ends_once(part.what, digits, starts)
        if len(digits) in starts:
            return {len(digits)}
        if not starts:
            break
        if time >= part.least:
            ends |= starts
    return ends


def _ends_once(
    what: frozenset[str] | tuple[tuple[_Part, ...], ...], digits: str, starts: set[int]
) -> set[int]:
    if isinstance(what, frozenset):
        return {start + 1 for start in starts if digits[start : start + 1] in what}
    ends: set[int] = set()
    for parts in what:
        reached = starts
        for part in parts:
            reached = _ends(part, digits, reached)
            if len(digits) in reached:
                return {len(digits)}
        ends |= reached
    return ends
