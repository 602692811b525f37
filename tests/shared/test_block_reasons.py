"""Every reason of the database has a sentence for the rep."""

from __future__ import annotations

import re

import pytest

from functions.bundle import ROOT
from shared import block_reasons

MIGRATIONS = "".join(
    file.read_text() for file in sorted((ROOT / "supabase" / "migrations").glob("*.sql"))
)


def codes_of_the_database() -> list[str]:
    """Every word that a migration assigns as a block reason, or answers as one."""
    statements: list[str] = re.findall(r"block_reason :=(.*?);", MIGRATIONS, re.DOTALL)
    statements += re.findall(r"return ('too_many_\w+')", MIGRATIONS)
    words: list[str] = [
        word for statement in statements for word in re.findall(r"'(\w+)'", statement)
    ]
    return sorted(set(words))


def test_the_reasons_are_found() -> None:
    assert {"do_not_call", "caller_id_not_owned", "no_caller_id"} < set(codes_of_the_database())


@pytest.mark.parametrize("code", codes_of_the_database())
def test_every_reason_has_a_sentence_of_its_own(code: str) -> None:
    sentence = block_reasons.sentence(code)
    assert sentence != block_reasons.sentence("a reason of tomorrow")
    assert sentence.startswith("This call was not placed. ")
    assert len({block_reasons.sentence(other) for other in codes_of_the_database()}) == len(
        codes_of_the_database()
    )


@pytest.mark.parametrize("code", ["a_reason_of_tomorrow", "", "<Say>"])
def test_a_reason_newer_than_the_function_has_a_sentence_too(code: str) -> None:
    assert block_reasons.sentence(code) == "This call was not placed. It is not allowed."
