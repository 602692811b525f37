"""What an operator sees: plain lines, and never a secret."""

from __future__ import annotations

import io

import pytest

from functions.deploy.report import Report


class Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_step_is_told_when_it_begins_and_when_it_ends() -> None:
    stream = io.StringIO()
    with Report(stream).step("Secret X"):
        assert stream.getvalue() == "  Secret X …\n"
    assert stream.getvalue() == "  Secret X …\n✓ Secret X (0 s)\n"


def test_a_step_that_fails_is_marked() -> None:
    stream = io.StringIO()
    with pytest.raises(ZeroDivisionError), Report(stream).step("Secret X"):
        raise ZeroDivisionError
    assert stream.getvalue().endswith("✗ Secret X (0 s)\n")


def test_a_closed_terminal_does_not_stop_the_run() -> None:
    done = []
    with Report(Gone()).step("traffic back"):
        done.append("traffic back")
    assert done


def test_a_secret_is_never_written() -> None:
    stream = io.StringIO()
    report = Report(stream)
    report.redaction.add("a-secret-of-ours")
    with report.step("Storing a-secret-of-ours"):
        report.say("It is a-secret-of-ours.")
    assert "a-secret-of-ours" not in stream.getvalue()
    assert "It is [secret]." in stream.getvalue()
