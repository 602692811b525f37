"""A packed endpoint is complete, has nothing else, and is the same bytes wherever it was packed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from functions import bundle, packer
from functions.bundle import ROOT, Endpoint
from functions.packer import PackError, pack

ENDPOINTS = {endpoint.folder: endpoint for endpoint in bundle.endpoints()}
TWIML = ENDPOINTS["twiml_fn"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy to change at will."""
    root = tmp_path / "checkout"
    for folder in ("shared", *ENDPOINTS):
        shutil.copytree(ROOT / folder, root / folder)
    return root


def append(file: Path, text: str) -> None:
    file.write_bytes(file.read_bytes() + text.encode())


def tree(directory: Path) -> dict[str, tuple[int, float, bytes]]:
    """Every path with its mode, time and bytes."""
    return {
        path.relative_to(directory).as_posix(): (
            path.stat().st_mode,
            path.stat().st_mtime,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in directory.rglob("*")
    }


def test_a_pack_is_main_requirements_and_what_it_imports_of_shared() -> None:
    names = set(pack(ENDPOINTS["token_fn"]).files)
    shared = {name for name in names if name.startswith("shared/")}
    assert names - shared == {"main.py", "requirements.txt"}
    assert {"shared/__init__.py", "shared/supabase_jwt.py", "shared/jwks.py"} <= shared
    # Modules that it does not import, directly or through others.
    assert "shared/phone_numbers.py" not in shared


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=ENDPOINTS)
def test_its_requirements_are_pinned_with_hashes(endpoint: Endpoint) -> None:
    lines = pack(endpoint).files["requirements.txt"].decode().splitlines()
    pinned = [line for line in lines if line and line[0] not in " #-"]
    hashes = [line for line in lines if line.strip().startswith("--hash=sha256:")]
    assert pinned
    assert all("==" in line for line in pinned)
    assert len(hashes) >= len(pinned)


def test_the_same_code_is_the_same_bytes(checkout: Path, tmp_path: Path) -> None:
    (checkout / "shared" / "__pycache__").mkdir(exist_ok=True)
    (checkout / "shared" / "notes.txt").write_text("stray")
    os.utime(checkout / "twiml_fn" / "main.py", (1, 1))
    (checkout / "twiml_fn" / "main.py").chmod(0o600)
    before = os.umask(0o077)
    try:
        pack(TWIML, checkout).write(tmp_path / "one")
    finally:
        os.umask(before)
    pack(TWIML).write(tmp_path / "two")

    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    assert pack(TWIML, checkout).version == pack(TWIML).version


def test_line_ends_of_the_checkout_do_not_matter(checkout: Path) -> None:
    main = checkout / "twiml_fn" / "main.py"
    main.write_bytes(main.read_bytes().replace(b"\n", b"\r\n"))
    assert pack(TWIML, checkout).version == pack(TWIML).version


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("twiml_fn/main.py", {"twiml_fn"}),
        ("twiml_fn/requirements.txt", {"twiml_fn"}),
        ("shared/phone_numbers.py", {"twiml_fn"}),
        ("shared/jwks.py", {"token_fn", "twiml_fn", "status_fn"}),
        ("twiml_fn/requirements.in", set()),
    ],
)
def test_the_version_changes_with_what_an_endpoint_is_made_of(
    checkout: Path, file: str, changed: set[str]
) -> None:
    append(checkout / file, "\n# Another.\n")
    assert changed == {
        name
        for name, endpoint in ENDPOINTS.items()
        if pack(endpoint, checkout).version != pack(endpoint).version
    } & {"token_fn", "twiml_fn", "status_fn"}


def test_a_renamed_file_is_another_version() -> None:
    files = {"main.py": b"ab", "c": b""}
    moved = {"main.pya": b"b", "c": b""}
    assert packer.Pack(TWIML, files).version != packer.Pack(TWIML, moved).version


@pytest.mark.parametrize(
    "line", ["import importlib", "from importlib import import_module", "__import__('shared.web')"]
)
def test_an_import_that_cannot_be_followed_is_refused(checkout: Path, line: str) -> None:
    append(checkout / "shared" / "web.py", f"\n{line}\n")
    with pytest.raises(PackError, match=r"web\.py:\d+: the packer cannot tell what this imports"):
        pack(TWIML, checkout)


@pytest.mark.parametrize(
    "line", ["from shared import *", "import shared.telepathy", "from shared.deep.er import thing"]
)
def test_an_import_of_a_module_that_shared_lacks_is_refused(checkout: Path, line: str) -> None:
    (checkout / "shared" / "deep").mkdir()
    append(checkout / "twiml_fn" / "main.py", f"\n{line}\n")
    with pytest.raises(PackError, match=r"main\.py imports shared\.(\*|telepathy|deep), and"):
        pack(TWIML, checkout)


def test_a_relative_import_is_refused(checkout: Path) -> None:
    append(checkout / "shared" / "web.py", "\nfrom . import jwks\n")
    with pytest.raises(PackError, match=r"web\.py:\d+: import by full name, not relatively"):
        pack(TWIML, checkout)


def test_a_syntax_error_is_refused_with_its_line(checkout: Path) -> None:
    append(checkout / "twiml_fn" / "main.py", "\nif:\n")
    with pytest.raises(PackError, match=r"main\.py:\d+: invalid syntax"):
        pack(TWIML, checkout)


def test_without_a_lock_it_cannot_be_packed(checkout: Path) -> None:
    (checkout / "twiml_fn" / "requirements.txt").unlink()
    with pytest.raises(PackError, match=r"twiml_fn/requirements\.txt: No such file"):
        pack(TWIML, checkout)


def test_an_earlier_pack_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "out" / "twiml_fn"
    pack(TWIML).write(target)
    (target / "shared" / "gone.py").write_text("of an earlier version")
    (target / "__pycache__").mkdir()

    pack(TWIML).write(target)

    assert set(pack(TWIML).files) == {
        path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()
    }
    assert [path.name for path in target.parent.iterdir()] == ["twiml_fn"]


@pytest.mark.parametrize("name", ["thesis.tex", "shared/thesis.tex", "main.py/thesis.tex"])
def test_files_that_are_not_of_a_pack_are_not_replaced(tmp_path: Path, name: str) -> None:
    thesis = tmp_path / name
    thesis.parent.mkdir(exist_ok=True)
    thesis.write_text("years of work")
    with pytest.raises(PackError, match=rf"{name}, which is not part of a packed endpoint"):
        pack(TWIML).write(tmp_path)
    assert thesis.exists()


@pytest.mark.parametrize(
    ("where", "calls_before"), [("os.utime", 0), ("Path.rename", 0), ("Path.rename", 1)]
)
def test_an_interrupted_write_leaves_the_earlier_pack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, calls_before: int
) -> None:
    target = tmp_path / "twiml_fn"
    pack(TWIML).write(target)
    before = tree(target)
    owner, name = (os, "utime") if where == "os.utime" else (Path, "rename")
    original = getattr(owner, name)
    calls = 0

    def interrupted(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == calls_before + 1:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(owner, name, interrupted)
    with pytest.raises(KeyboardInterrupt):
        packer.Pack(TWIML, {"main.py": b""}).write(target)

    assert tree(target) == before
    assert list(tmp_path.iterdir()) == [target]


def test_the_command_packs_what_it_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert packer.main(["--out", str(tmp_path), "status_fn"]) == 0
    version = pack(ENDPOINTS["status_fn"]).version
    assert capsys.readouterr().out == f"status_fn {version} {tmp_path}/status_fn\n"
    assert [path.name for path in tmp_path.iterdir()] == ["status_fn"]


def test_the_command_says_why_it_cannot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "twiml_fn").mkdir()
    (tmp_path / "twiml_fn" / "thesis.tex").write_text("years of work")
    assert packer.main(["--out", str(tmp_path), "twiml_fn"]) == 1
    assert "thesis.tex" in capsys.readouterr().err


def test_the_command_says_what_cannot_be_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(endpoint: Endpoint) -> packer.Pack:
        raise PackError("main.py:1: invalid syntax")

    monkeypatch.setattr(packer, "pack", refused)
    assert packer.main(["--out", str(tmp_path), "twiml_fn"]) == 1
    assert capsys.readouterr().err == "main.py:1: invalid syntax\n"


def test_the_command_refuses_an_endpoint_that_does_not_exist(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stopped:
        packer.main(["nobody_fn"])
    assert stopped.value.code == 2
    assert "there is no endpoint nobody_fn: choose from token_fn" in capsys.readouterr().err
