"""Makes `web/app`, the client library and the libraries of others a folder of static files.

    index.html                   small, asked for each time
    v/VERSION/app/…              never change: another version has another folder
    v/VERSION/henk-voice/…

The version is a hash of all files, so browsers keep what they have until something changes, and
files of different versions never meet. Settings are no part of it: `config.json` has them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from functions.bundle import ROOT
from functions.pack_files import PackError, digest, read_text_file
from shared.page_scripts import script_hashes
from shared.page_settings import PageSettings
from shared.static_site import ASKED_EACH_TIME, KEPT

# The name in `app/vendor/`, and the file in node_modules. Each package's licence goes with it.
VENDOR: Mapping[str, str] = {
    "twilio.min.js": "@twilio/voice-sdk/dist/twilio.min.js",
    "supabase.js": "@supabase/supabase-js/dist/umd/supabase.js",
    "d3.js": "d3/dist/d3.min.js",
    "plot.js": "@observablehq/plot/dist/plot.umd.min.js",
}
_LICENCES = (
    "@twilio/voice-sdk/LICENSE.md",
    "@supabase/supabase-js/LICENSE",
    "d3/LICENSE",
    "@observablehq/plot/LICENSE",
)
_SERVED = {".js", ".css", ".html", ".svg"}


@dataclass(frozen=True)
class PackedPage:
    """The files: path, with slashes, → contents."""

    version: str
    files: Mapping[str, bytes]

    @property
    def scripts(self) -> list[str]:
        """The scripts in the HTML, as a policy allows them."""
        return script_hashes(self.files["index.html"].decode())

    def static(self, settings: PageSettings) -> dict[str, bytes]:
        """The files for any static host: with the configuration, the policy in the page itself, and
        the headers in the form of Netlify and Cloudflare Pages (`_headers`)."""
        policy = settings.content_security_policy(self.scripts, in_html=True)
        index = self.files["index.html"].decode()
        meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}" />'
        charset = '<meta charset="utf-8" />'
        if charset not in index:
            raise PackError(f"web/app/index.html has no {charset}")
        return {
            **self.files,
            "index.html": index.replace(charset, f"{charset}\n    {meta}", 1).encode(),
            "config.json": config_file(settings),
            "_headers": self.headers_file(settings).encode(),
        }

    def headers_file(self, settings: PageSettings) -> str:
        """https://developers.cloudflare.com/pages/configuration/headers/"""
        blocks = {
            "/*": settings.headers(self.scripts),
            "/": {"Cache-Control": ASKED_EACH_TIME},
            "/index.html": {"Cache-Control": ASKED_EACH_TIME},
            "/config.json": {"Cache-Control": "no-store"},
            "/v/*": {"Cache-Control": KEPT},
        }
        return "".join(
            f"{path}\n" + "".join(f"  {name}: {value}\n" for name, value in headers.items())
            for path, headers in blocks.items()
        )


def pack_page(root: Path = ROOT) -> PackedPage:
    """The page as the checkout at ``root`` has it. Raises PackError."""
    app, library = root / "web" / "app", root / "web" / "henk-voice"
    kept = {f"app/{name}": content for name, content in _served(app).items()}
    index = kept.pop("app/index.html").decode()
    kept |= {f"henk-voice/{name}": content for name, content in _served(library).items()}
    for name, file in VENDOR.items():
        kept[f"app/vendor/{name}"] = _installed(root, file)
    licences = [_installed(root, name) for name in _LICENCES]
    kept["app/vendor/licences.txt"] = b"\n".join(
        f"{name}\n\n".encode() + text for name, text in zip(_LICENCES, licences, strict=True)
    )
    version = digest({**kept, "index.html": index.encode()})
    folder = f"v/{version}"
    return PackedPage(
        version,
        {
            "index.html": _moved(index, f"{folder}/app").encode(),
            **{f"{folder}/{name}": content for name, content in kept.items()},
        },
    )


def view_names(root: Path = ROOT) -> list[str]:
    """The views that can be hidden, by their addresses: all except the home page."""
    app = root / "web" / "app"
    found = []
    for file in re.findall(r" from '\./(.+)';", read_text_file(app / "views.js").decode()):
        view = read_text_file(app / file).decode()
        found += re.findall(r"^  path: '/([a-z][a-z-]*)'", view, re.M)
    return sorted(found)


def config_file(settings: PageSettings) -> bytes:
    """The content of `config.json`."""
    return json.dumps(settings.config(), indent=2).encode() + b"\n"


def _served(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): read_text_file(file)
        for file in sorted(folder.rglob("*"))
        if file.suffix in _SERVED and not file.name.endswith(".test.js")
    }


def _installed(root: Path, name: str) -> bytes:
    file = root / "node_modules" / name
    if not file.is_file():
        raise PackError(f"node_modules/{name} is not installed: run `npm ci --ignore-scripts`")
    return read_text_file(file)


def _moved(index: str, folder: str) -> str:
    """The HTML, if what it names is in ``folder``. Raises PackError if it names something in a way
    that this does not know: it would be missing."""
    moved, links = re.subn(
        r'(<link [^>]*href=")(?![\w+.-]+:|[/#])([^"]+")', rf"\g<1>{folder}/\g<2>", index
    )
    moved, imports = re.subn(r"import\('\./", f"import('./{folder}/", moved)
    named = len(re.findall(r"<link ", index)), len(re.findall(r"\bimport\(", index))
    if (links, imports) != named or re.search(r"<script [^>]*src=|<img |<base ", index):
        raise PackError("web/app/index.html names a file in a way that the packer does not know")
    return moved
