"""Every reason of the database has a sentence for the rep."""

from __future__ import annotations

import pytest

from shared import block_reasons
from tests.block_reasons import codes_of_the_database


def test_the_reasons_are_found() -> None:
    assert {"do_not_call", "caller_id_not_owned", "no_caller_id"} < set(codes_of_the_database())


@pytest.mark.parametrize("code", codes_of_the_database())
def test_every_reason_has_a_sentence_of_its_own(code: str) -> None:
    sentence = block_reasons.explain(code)
    assert sentence != block_reasons.explain("a reason of tomorrow")
    assert sentence.startswith("This call was not placed. ")
    assert len({block_reasons.explain(other) for other in codes_of_the_database()}) == len(
        codes_of_the_database()
    )


@pytest.mark.parametrize("code", ["a_reason_of_tomorrow", "", "<Say>"])
def test_a_reason_newer_than_the_function_has_a_sentence_too(code: str) -> None:
    assert block_reasons.explain(code) == "This call was not placed. It is not allowed."
