"""A pack can be zipped wherever it is deployed from. gcloud zips it with plain `zipfile`, which
writes local time and refuses times before 1980."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions import bundle
from functions.packer import pack

TOKEN = bundle.endpoints()[0]
# POSIX names count westwards: UTC+12 is twelve hours behind UTC.
ZONES = [
    *(f"<{-hours:+03d}>{hours:+d}" for hours in range(-14, 13)),
    "America/Los_Angeles",
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "Pacific/Kiritimati",
]


@pytest.fixture
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The time zone of this process."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def zipped(folder: Path) -> zipfile.ZipFile:
    """The folder as gcloud uploads it: every file and folder, in local time."""
    archive = zipfile.ZipFile(io.BytesIO(), "w", zipfile.ZIP_DEFLATED)
    for path in sorted(folder.rglob("*")):
        archive.write(path, path.relative_to(folder))
    return archive


@pytest.mark.parametrize("zone", ZONES, indirect=True)
def test_a_pack_can_be_zipped_in_every_time_zone(tmp_path: Path, zone: str) -> None:
    pack(TOKEN).write(tmp_path / "pack")

    archive = zipped(tmp_path / "pack")

    assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


@pytest.mark.parametrize("zone", ["<-12>+12", "<+14>-14"], indirect=True)
def test_a_pack_is_the_same_bytes_and_times_in_every_time_zone(tmp_path: Path, zone: str) -> None:
    pack(TOKEN).write(tmp_path / "pack")

    times = {path.stat().st_mtime for path in (tmp_path / "pack").rglob("*")}
    assert times == {315662400}
    assert {
        path.relative_to(tmp_path / "pack").as_posix(): path.read_bytes()
        for path in (tmp_path / "pack").rglob("*")
        if path.is_file()
    } == dict(pack(TOKEN).files)
