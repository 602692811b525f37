"""CSV files: what is written is read again, and no cell is a formula."""

from __future__ import annotations

import csv
import io
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import csv_text

FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (-5, "-5"),
        (-0.25, "-0.25"),
        ("-5", "'-5"),
        ("+442079460018", "'+442079460018"),
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        (" \u00a0=1+1", "' \u00a0=1+1"),
        ("＝1", "'＝1"),
        ("Ada; =1", "Ada; =1"),
        ('Ada "A"\r\nGrace, Jr.', 'Ada "A"\r\nGrace, Jr.'),
    ],
)
def test_a_cell_is_written_so_that_it_is_harmless(cell: csv_text.Cell, text: str) -> None:
    assert read(csv_text.write([[cell, "x"]])) == [[text, "x"]]


def test_lines_end_as_rfc_4180_says_and_quotes_are_doubled() -> None:
    assert csv_text.write([["a", "b"], ['"', 1]]) == b'a,b\r\n"""",1\r\n'


@given(st.lists(st.lists(st.text(), min_size=2, max_size=3), max_size=4))
def test_any_text_comes_back_and_none_begins_a_formula(rows: list[list[str]]) -> None:
    found = read(csv_text.write(rows))
    assert [len(row) for row in found] == [len(row) for row in rows]
    for cell, text in zip(chain(*found), chain(*rows), strict=True):
        assert cell in (text, f"'{text}")
        assert not cell.lstrip().startswith(FORMULA)
