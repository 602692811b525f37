"""The signing key's file, as Windows' `>` writes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from functions.setup.webhook_jwt import SigningKey, SigningKeyError, days_left, mint
from tests.functions.signing_keys import jwk_of

URL = "https://abc.supabase.co"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_key_in_an_encoding_of_windows_signs(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "signing-key.json"
    file.write_bytes((json.dumps(jwk_of("ES256")) + "\r\n").encode(encoding))
    key = SigningKey.from_file(file)
    assert days_left(mint(key, URL), key, URL) == 89


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "signing-key.json"
    file.write_bytes(b"PK\x03\x04")
    with pytest.raises(SigningKeyError, match="looks like a ZIP archive"):
        SigningKey.from_file(file)
    with pytest.raises(SigningKeyError, match="is a folder, not a file"):
        SigningKey.from_file(tmp_path)
