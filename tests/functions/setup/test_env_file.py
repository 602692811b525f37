"""`.env` and similar files: read as operators write them, written so that only the owner can read
them."""

from __future__ import annotations

import codecs
import os
import re
import stat
from pathlib import Path

import pytest

from functions.setup import env_file
from functions.setup.env_file import EnvFileError

SECRET = "Zm9vYmFy-that-nobody-may-see"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def refused(file: Path, content: str | bytes) -> str:
    """What is said about a file. It never has a part of a secret."""
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(EnvFileError) as caught:
        env_file.read(file)
    said = str(caught.value)
    assert str(file) in said
    assert "Zm9v" not in said
    assert "nobody" not in said
    return said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=x # Belgium", "x"),
        ("A=x\t# after a tab", "x"),
        ("A=x#y", "x#y"),
        ("A=p#ss w#rd", "p#ss w#rd"),
        ("A=#x", "#x"),
        ("A= # nothing", ""),
        ("A=", ""),
        ("A = x ", "x"),
        ("\tA\t=\tx\t", "x"),
        ("export A=x", "x"),
        ("export\tA=x", "x"),
        ("A='x y'", "x y"),
        ('A="x y"  # two words', "x y"),
        ("A='x # y'", "x # y"),
        ("A='it\\'s'", "it's"),
        ('A="say \\"x\\""', 'say "x"'),
        ("A=$HOME/${HOME}/$(id)", "$HOME/${HOME}/$(id)"),
        ('A="${HOME}"', "${HOME}"),
        ("A=a=b=c==", "a=b=c=="),
        ("\u00a0A=x\u00a0", "x"),
        ("A=\u00a0x", "x"),
        ("A=x\u2028y", "x\u2028y"),
    ],
)
def test_a_line_is_read_as_other_tools_read_it(file: Path, text: str, expected: str) -> None:
    file.write_text(f"# the first\n\n{text}\nLAST=1\n", encoding="utf-8")
    assert env_file.read(file) == {"A": expected, "LAST": "1"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    ],
    ids=["UTF-8", "UTF-8-BOM", "LE-BOM", "BE-BOM", "LE", "BE"],
)
def test_every_encoding_of_windows_is_read(
    file: Path, mark: bytes, encoding: str, end: str
) -> None:
    text = end.join(["# Straße", "", "A=x # a comment", "B='y z'", "C=ß", ""])
    file.write_bytes(mark + text.encode(encoding))
    assert env_file.read(file) == {"A": "x", "B": "y z", "C": "ß"}


def test_a_file_with_nothing_in_it_has_no_settings(file: Path) -> None:
    for content in (b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, b"\r\n\r\n", b"# only this"):
        file.write_bytes(content)
        assert env_file.read(file) == {}


@pytest.mark.parametrize(
    ("content", "looks_like"),
    [
        (f"A={SECRET}\nB=Stra\xdfe\n".encode("latin-1"), "Windows-1252 or Latin-1 (line 2 has"),
        (f"A={SECRET}\n".encode("utf-32"), "UTF-32"),
        (f"A={SECRET}\n".encode() + f"B={SECRET}\n".encode("utf-16-le"), "UTF-16 from there on"),
        (f"A={SECRET}\n".encode() + f"B={SECRET}\n".encode("utf-16-be"), "UTF-16 from there on"),
        (codecs.BOM_UTF8 + b"A=1\n" + f"B={SECRET}\n".encode("utf-16-le"), "UTF-16 from there on"),
        (f"A={SECRET}\n".encode("utf-16") + f"NAME={SECRET}\n".encode(), "UTF-8 from there on"),
        # Without a line end between them, the bytes would become a part of the value.
        (f"\ufeffA={SECRET}".encode("utf-16-be") + b"TWILIO_SID=1234\n", "UTF-8 from there on"),
        (codecs.BOM_UTF16_LE + f"A={SECRET}\n".encode("utf-16-le")[:-1], "cut off"),
        (b"PK\x03\x04\0\0\0", "a ZIP archive"),
        (b"\x1f\x8b\x08\0", "compressed by gzip"),
        (f"A={SECRET}\n\0\n".encode(), "line 2 has a NUL"),
    ],
    ids=[
        "latin-1",
        "utf-32",
        "appended-le",
        "appended-be",
        "appended-bom",
        "utf-8-appended",
        "utf-8-appended-in-the-line",
        "cut-off",
        "zip",
        "gzip",
        "nul",
    ],
)
def test_what_is_not_text_is_named_with_the_remedy(
    file: Path, content: bytes, looks_like: str
) -> None:
    said = refused(file, content)
    assert looks_like in said
    assert re.search("Save it as UTF-8|Name the right file", said)
    assert "\n" not in said


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (SECRET, "there is no ="),
        (f"export {SECRET.replace('-', '_')}", "there is no ="),
        (f"TOKEN: {SECRET}", "a colon in the place of the ="),
        (f"={SECRET}", "no name before the ="),
        (f"AUTH TOKEN={SECRET}", "the name has a blank"),
        (f"AUTH\u00a0TOKEN={SECRET}", "the name has NO-BREAK SPACE, U+00A0"),
        (f"\u200bTOKEN={SECRET}", "the name has ZERO WIDTH SPACE, U+200B"),
        (f"TOKEN\u2060={SECRET}", "the name has WORD JOINER, U+2060"),
        (f"AUTH-TOKEN={SECRET}", "the name has the character -"),
        (f"2TOKEN={SECRET}", "the name has the character 2"),
        (f"“TOKEN”={SECRET}", "the name has LEFT DOUBLE QUOTATION MARK, U+201C"),
        (f'TOKEN="{SECRET}', 'the value of TOKEN begins with ", and no " ends it'),
        (f"TOKEN='{SECRET}", "the value of TOKEN begins with ', and no ' ends it"),
        (f"TOKEN='{SECRET}'x", "goes on behind the ' that ends it"),
        (f'TOKEN="{SECRET}" x # y', 'goes on behind the " that ends it'),
        (f"TOKEN='{SECRET}\nB='x y", "begins with ', and no ' ends it"),
        (f'TOKEN="{SECRET}\nB="', "has a line break"),
        (f'TOKEN="{SECRET}\\n"', "has a line break"),
    ],
)
def test_a_line_that_is_not_a_setting_is_named_without_its_text(
    file: Path, line: str, says: str
) -> None:
    said = refused(file, f"# a comment\n\n\nA=1\n\n{line}\nLAST=1\n")
    assert f"{file}, line 6: " in said
    assert says in said


def test_every_wrong_line_is_named_at_once(file: Path) -> None:
    said = refused(file, f"A=1\n{SECRET}\nB=2\nC D={SECRET}\n")
    assert re.findall(r"line (\d+)", said) == ["2", "4"]
    said = refused(file, f"{SECRET}\n" * 9)
    assert said.endswith("\nand 4 more lines")


def test_of_two_lines_with_one_name_the_last_counts_and_both_are_named(file: Path) -> None:
    file.write_text(f"A={SECRET}\nB=2\nexport A='3'\n")
    loaded = env_file.load(file)
    assert loaded.variables == {"A": "3", "B": "2"}
    assert loaded.notes == [
        f"{file} has A in line 1 and in line 3: line 3 counts. Remove the other one"
    ]


def test_a_missing_file_is_empty_unless_somebody_named_it(file: Path) -> None:
    assert env_file.read(file) == {}
    with pytest.raises(EnvFileError, match=f"There is no file {file}. Correct --env"):
        env_file.read(file, must_exist=True)


def test_a_folder_and_a_file_that_may_not_be_read_are_named(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.mkdir()
    with pytest.raises(EnvFileError, match="is a folder, not a file"):
        env_file.read(file)
    (file / "plain").touch()
    with pytest.raises(EnvFileError, match="is not a folder"):
        env_file.read(file / "plain" / ".env")

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    # Tests may run as root, who may read everything.
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(EnvFileError, match=f"chmod u\\+r {file}"):
        env_file.read(file)


def test_a_pipe_is_read_like_a_file(file: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"A=1\n")
    os.close(writer)
    try:
        assert env_file.read(Path(f"/dev/fd/{reader}"), must_exist=True) == {"A": "1"}
    finally:
        os.close(reader)


def test_a_written_file_reads_the_same_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "stack.env"
    variables = {
        "A": "1", "B": "x=y z", "C": " x ", "D": "x # y", "E": "'x'", "F": '"', "G": "#", "H": "",
        "I": "it's", "J": "\\n\\", "K": " it's \\' ", "L": "$A ${A}", "M": "ß",
    }  # fmt: skip
    env_file.write(path, variables)
    assert env_file.read(path) == variables
    assert "B=x=y z\n" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["stack.env"]
