"""Secrets do not reach an operator's screen or log."""

from __future__ import annotations

import jwt
import pytest

from functions.setup.redaction import Redaction

JWT = jwt.encode({"role": "x"}, 32 * "s")


def test_a_known_secret_is_hidden() -> None:
    redaction = Redaction(["a-secret", None, ""])
    redaction.add("another-one")
    assert redaction.hide("a-secret and another-one.") == "[secret] and [secret]."


def test_a_secret_that_is_part_of_another_leaves_no_rest() -> None:
    assert Redaction(["secret-a", "secret-a-and-more"]).hide("secret-a-and-more") == "[secret]"


@pytest.mark.parametrize("secret", [JWT, "sb_secret_abc-123"], ids=["JWT", "secret key"])
def test_the_form_of_a_secret_is_enough_to_hide_it(secret: str) -> None:
    assert Redaction().hide(f"It said {secret}") == "It said [secret]"


def test_ordinary_words_stay() -> None:
    text = "+14155550100 of AC0, sb_publishable_abc"
    assert Redaction(["AC0"]).hide(text) == text
