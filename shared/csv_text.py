"""CSV files (RFC 4180) in which no cell is a formula.

A spreadsheet computes a cell that begins like a formula, so whoever can name a lead or a campaign
could run one on a manager's machine: https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

# The full-width signs are read like the others by spreadsheets in East Asia.
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Cell = str | int | float | bool | None


def write(rows: Iterable[Iterable[Cell]]) -> bytes:
    """The rows as lines of a CSV file, in UTF-8. Each ends with CR LF.

    None is an empty cell, a truth value is ``true`` or ``false``, and a number stays a number. A
    text that begins like a formula, also after blanks, gets an apostrophe before it.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([_form(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _form(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return cell
    begins = cell.startswith(_BEGINS_FORMULA) or cell.lstrip().startswith(_BEGINS_FORMULA)
    return f"'{cell}" if begins else cell
