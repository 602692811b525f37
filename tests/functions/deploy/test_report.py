"""What an operator sees on a terminal, in a log, and nowhere."""

from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from functions.deploy import report
from functions.deploy.report import Report


class Terminal(io.StringIO):
    """Tells when it shows three things under way."""

    def __init__(self) -> None:
        super().__init__()
        self.shows_three = Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if text.startswith("  ") and text.count(" 0 s, ") == 2:
            self.shows_three.set()
        return super().write(text)


class Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def shown(stream: io.StringIO) -> list[str]:
    """What stands there in the end: a line that is cleared is gone."""
    return [line.rpartition("\r\033[K")[2] for line in stream.getvalue().split("\n")]


def test_a_log_has_plain_lines() -> None:
    stream = io.StringIO()
    with Report(stream).step("Secret X"):
        pass
    assert stream.getvalue() == "  Secret X …\n✓ Secret X (0 s)\n"


def test_what_fails_is_marked() -> None:
    stream = io.StringIO()
    with pytest.raises(ZeroDivisionError), Report(stream).step("Secret X"):
        raise ZeroDivisionError
    assert "✗ Secret X" in stream.getvalue()


def test_a_terminal_is_left_with_the_lines_of_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "_TICK_SECONDS", 0.001)
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    written = Report(stream)

    def deploy(name: str) -> None:
        with written.step(f"{name} a257a11b2975-123456 deployed, without traffic"):
            assert stream.shows_three.wait(10)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(deploy, ("token_fn", "twiml_fn", "status_fn")))
    written.say("Done.")

    said = stream.getvalue()
    # One that is longer than the terminal would not be cleared.
    assert all(len(line) < 40 for line in re.findall(r"\r\033\[K( [^\r\n]*)(?=\r)", said))
    lines = shown(stream)
    assert sorted(line.split()[1] for line in lines[:3]) == ["status_fn", "token_fn", "twiml_fn"]
    assert all(line.startswith("✓") for line in lines[:3])
    assert lines[3:] == ["Done.", ""]


def test_a_terminal_that_is_gone_stops_nothing() -> None:
    done = []
    with Report(Gone()).step("traffic back"):
        done.append("traffic back")
    assert done


def test_a_secret_is_never_written() -> None:
    stream = io.StringIO()
    written = Report(stream)
    written.conceal("a-secret-of-ours")
    with written.step("Storing a-secret-of-ours"):
        written.say("It is a-secret-of-ours.")
    assert "a-secret-of-ours" not in stream.getvalue()
    assert "It is [secret]." in stream.getvalue()
