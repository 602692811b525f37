"""The packed page: the same files are the same bytes, a change has another folder."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from functions import bundle
from functions.bundle import ROOT
from functions.pack_files import PackError
from functions.page_packer import PackedPage, pack_page, view_names
from functions.setup.addresses import short_name
from shared.page_settings import ASKED_BY_BROWSERS, PageSettings

SETTINGS = PageSettings("https://henk.supabase.co", "sb_publishable_x", "https://x.test/api/twilio")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy to change at will."""
    shutil.copytree(ROOT / "web" / "app", tmp_path / "web" / "app")
    shutil.copytree(ROOT / "web" / "henk-voice", tmp_path / "web" / "henk-voice")
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    return tmp_path


def names(page: PackedPage) -> set[str]:
    """What is in the folder of the version."""
    return {
        name.removeprefix(f"v/{page.version}/")
        for name in page.files
        if name.startswith(f"v/{page.version}/")
    }


def test_it_has_what_browsers_load_and_nothing_else() -> None:
    page = pack_page()
    assert {"app/main.js", "app/dialer/view.html", "henk-voice/henk-voice.js"} <= names(page)
    assert not [name for name in page.files if re.search(r"\.test\.js$|tsconfig|\.json$", name)]
    outside = {name for name in page.files if not name.startswith("v/")}
    assert outside == {"index.html"}


def test_each_change_has_another_folder_and_the_same_files_the_same(checkout: Path) -> None:
    first = pack_page(checkout)
    assert first == pack_page()
    for file in ("app/main.js", "app/index.html", "henk-voice/sql.js"):
        path = checkout / "web" / file
        path.write_bytes(path.read_bytes() + b"\n")
        changed = pack_page(checkout)
        assert changed.version != first.version
        first = changed
    (checkout / "web" / "app" / "frame" / "another.test.js").write_text("x")
    assert pack_page(checkout) == first


@pytest.mark.parametrize(
    "unknown",
    ['<script src="x.js"></script>', '<img src="x.png" />', "<link rel=stylesheet href=x.css>"],
)
def test_a_way_to_name_files_that_the_packer_does_not_know_is_refused(
    checkout: Path, unknown: str
) -> None:
    index = checkout / "web" / "app" / "index.html"
    index.write_text(index.read_text().replace("</head>", f"{unknown}</head>"))
    with pytest.raises(PackError, match="in a way that the packer does not know"):
        pack_page(checkout)


def test_without_the_packages_it_says_what_to_do(checkout: Path) -> None:
    (checkout / "node_modules").unlink()
    with pytest.raises(PackError, match="npm ci --ignore-scripts"):
        pack_page(checkout)


def test_no_module_names_a_file_relative_to_the_document() -> None:
    """The document is above the folder of the version, and its address may have any end."""
    found = [
        f"{file.relative_to(ROOT)}: {name}"
        for file in sorted((ROOT / "web" / "app").rglob("*.js"))
        if not file.name.endswith(".test.js")
        for name in re.findall(
            r"(?:fetch|loadScript|Worker|Audio)\(\s*['\"`]([^'\"`]*/[^'\"`]*)['\"`]",
            file.read_text(encoding="utf-8"),
        )
    ]
    assert found == []


def test_for_a_static_host_policy_and_headers_are_files() -> None:
    page = pack_page()
    files = page.static(SETTINGS)
    index = files["index.html"].decode()
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)"', index)
    # In front of everything that it is about. A policy in HTML cannot say who may frame the page.
    assert index.index("http-equiv") < index.index("<script")
    assert "frame-ancestors" not in policy
    assert page.scripts[0] in policy
    headers = files["_headers"].decode()
    assert "frame-ancestors 'none'" in headers
    assert "/v/*\n  Cache-Control: public, max-age=31536000, immutable\n" in headers
    assert "/\n  Cache-Control: no-cache\n" in headers
    # https://developers.cloudflare.com/pages/configuration/headers/
    assert max(map(len, headers.splitlines())) <= 2000


def test_the_policy_knows_all_endpoints_that_browsers_ask() -> None:
    asked = {short_name(each) for each in bundle.endpoints() if "browser" in each.called_by}
    assert asked == set(ASKED_BY_BROWSERS)


def test_every_view_but_the_home_page_can_be_hidden() -> None:
    listed = (ROOT / "web" / "app" / "views.js").read_text(encoding="utf-8")
    assert len(view_names()) == listed.count("import ") - 1
