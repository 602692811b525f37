"""Reads text files that people write: `.env`, and the signing key. Editors and shells write them
in several encodings: the `>` of Windows PowerShell 5 writes UTF-16, its `>>` puts UTF-16 behind
whatever is there, and some editors begin UTF-8 with a byte order mark."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

_SAVE = "Save it as UTF-8 (in an editor: “Save with encoding”)"
# How the files of programs begin that people take for a text.
_BINARY = {
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "compressed by gzip",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "a document of Microsoft Office",
    b"SQLite format": "a database",
    b"\x89PNG": "a picture",
    b"Salted__": "encrypted by OpenSSL",
    b"age-encryption": "encrypted by age",
    b"-----BEGIN PGP": "encrypted by PGP",
}
# A setting whose bytes are ASCII: in UTF-16, every second byte of it is 0.
_SETTING_AT_THE_END = re.compile(rb"[A-Za-z_][A-Za-z0-9_]{2,}=[ -~]*[\r\n]*\Z")


class TextFileError(Exception):
    """The file cannot be read as text. The message names it, says what it looks like and what to
    do, and shows nothing of the text."""


def read(path: Path) -> str:
    """The text of a file in UTF-8 or UTF-16, with or without a byte order mark.

    Raises TextFileError, and FileNotFoundError if there is no such file.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise
    except IsADirectoryError:
        raise TextFileError(
            f"{path} is a folder, not a file. Move it away, or name a file"
        ) from None
    except NotADirectoryError:
        raise TextFileError(f"{path} cannot exist: {path.parent} is not a folder") from None
    except PermissionError:
        raise TextFileError(
            f"{path} may not be read by this user. Let its owner run: chmod u+r {path}"
        ) from None
    except OSError as error:
        raise TextFileError(f"{path} cannot be read: {error.strerror}") from None
    return _decode(path, data)


def _decode(path: Path, data: bytes) -> str:
    for mark, encoding in (
        (codecs.BOM_UTF8, "UTF-8"),
        # Before UTF-16, whose mark is the beginning of this one.
        (codecs.BOM_UTF32_LE, "UTF-32"),
        (codecs.BOM_UTF32_BE, "UTF-32"),
        (codecs.BOM_UTF16_LE, "UTF-16-LE"),
        (codecs.BOM_UTF16_BE, "UTF-16-BE"),
    ):
        if data.startswith(mark):
            if encoding == "UTF-32":
                raise TextFileError(f"{path} looks like UTF-32. {_SAVE}")
            if encoding == "UTF-8":
                data = data[len(mark) :]
                break
            return _strictly(path, data[len(mark) :], encoding)
    for beginning, what in _BINARY.items():
        if data.startswith(beginning):
            raise TextFileError(f"{path} looks like {what}, not like text. Name the right file")
    if b"\0" in data:
        return _strictly(path, data, _utf_16_without_mark(path, data))
    return _strictly(path, data, "UTF-8")


def _utf_16_without_mark(path: Path, data: bytes) -> str:
    """In UTF-16, one of the two bytes of each ASCII character is 0, always the same one."""
    of_first, of_second = data[0::2].count(0), data[1::2].count(0)
    # A file of settings begins with an ASCII character, so the first zero also tells.
    if len(data) % 2 == 0 and of_first == 0 and data[1] == 0:
        return "UTF-16-LE"
    if len(data) % 2 == 0 and of_second == 0 and data[0] == 0:
        return "UTF-16-BE"
    line = data[: data.index(0)].count(b"\n") + 1
    if of_first + of_second > len(data) / 8:
        raise TextFileError(
            f"{path} looks like UTF-8 up to line {line} and like UTF-16 from there on, as"
            f" PowerShell's >> leaves it. Write the lines from there on again. {_SAVE}"
        )
    raise TextFileError(f"{path} looks like binary data (line {line} has a NUL). {_SAVE}")


def _strictly(path: Path, data: bytes, encoding: str) -> str:
    if encoding != "UTF-8" and (added := _SETTING_AT_THE_END.search(data)):
        line = data[: added.start()].count("\n".encode(encoding)) + 1
        raise TextFileError(
            f"{path} looks like {encoding} up to line {line} and like UTF-8 from there on, as >> of"
            f" another shell leaves it. Write the lines from there on again. {_SAVE}"
        )
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        newline = "\n".encode(encoding)
        line = data[: error.start].count(newline) + 1
        if encoding == "UTF-8":
            looks = f"Windows-1252 or Latin-1 (line {line} has the byte {data[error.start]:02X})"
        else:
            looks = f"{encoding} that is cut off or damaged in line {line}"
        raise TextFileError(f"{path} looks like {looks}. {_SAVE}") from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise TextFileError(f"{path} looks like binary data (line {line} has a NUL). {_SAVE}")
    return text
