"""The browser for the tests of the Calls page: the system's Chromium, or else the one from npm."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from playwright.sync_api import Browser, Playwright

from stack.settings import CHECKOUT

_SYSTEM = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# Does the same as the launcher of @sparticuz/chromium: it unpacks the browser into the temporary
# directory, and the libraries that the machine may not have.
_UNPACK = """
import { join } from "node:path";
import { tmpdir } from "node:os";
import chromium from "@sparticuz/chromium";
import { inflate } from "./node_modules/@sparticuz/chromium/build/esm/lambdafs.js";
const path = await chromium.executablePath();
await inflate("node_modules/@sparticuz/chromium/bin/al2023.tar.br");
console.log([path, join(tmpdir(), "al2023", "lib")].join("\\n"));
"""

# A fake microphone that beeps. Chromium does not ask whether a page may use it.
FLAGS = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
# Fewer processes do the same for less: a page asks for hundreds of files.
_CHEAP = ("--enable-features=NetworkServiceInProcess2", "--in-process-gpu", "--disable-gpu")
# No page finds another host than this machine, and a page that looks for one logs an error.
_ALONE = "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"


def find(directory: Path) -> tuple[str, dict[str, str]]:
    """The path of a Chromium, and the environment variables that it needs. It is unpacked into
    ``directory`` if the system has none."""
    chosen = os.environ.get("HENK_CHROMIUM")
    system = next((path for name in _SYSTEM if (path := shutil.which(name))), None)
    if path := chosen or system:
        return path, {}
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", _UNPACK],
        cwd=CHECKOUT,
        env={**os.environ, "TMPDIR": str(directory)},
        capture_output=True,
        text=True,
        check=True,
    )
    path, libraries = done.stdout.split()
    needed = subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout
    return path, {"LD_LIBRARY_PATH": libraries} if "not found" in needed else {}


def launch(
    playwright: Playwright,
    path: str,
    needed: dict[str, str],
    flags: tuple[str, ...] = FLAGS,
    hosts: str = "",
) -> Browser:
    """Starts Chromium without a window. ``hosts``: rules for hosts that are on this machine."""
    rules = ", ".join(rule for rule in (hosts, _ALONE) if rule)
    return playwright.chromium.launch(
        executable_path=path,
        env={**os.environ, **needed},
        args=[
            *("--no-sandbox", "--no-proxy-server", f"--host-resolver-rules={rules}"),
            *_CHEAP,
            *flags,
        ],
    )
