"""`.env` and similar files: read as operators write them, written so that only the owner can read
them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from functions.setup import env_file


def test_a_line_that_is_not_a_setting_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1\nnonsense\n")
    with pytest.raises(env_file.EnvFileError, match="line 2"):
        env_file.read(tmp_path / ".env")


def test_a_written_file_reads_the_same_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "stack.env"
    env_file.write(path, {"A": "1", "B": "x=y z"})
    assert env_file.read(path) == {"A": "1", "B": "x=y z"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["stack.env"]


def test_quotes_exports_comments_and_blanks_are_read_as_shells_read_them(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# a comment\n\nexport A='x y'\nB = \"z\"\nC=a=b#c\nD=\n")
    assert env_file.read(tmp_path / ".env") == {"A": "x y", "B": "z", "C": "a=b#c", "D": ""}
