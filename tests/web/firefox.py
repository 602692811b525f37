"""Firefox for the tests of the Calls page: Debian's, or another one of the system.

It needs no network beside 127.0.0.1, and gets none.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from playwright.sync_api import Browser, Playwright

from stack.settings import CHECKOUT

_NAMES = ("firefox-esr", "firefox")
_DRIVER = Path(__file__).with_name("firefox_driver.py")
_TIED = CHECKOUT / "stack/tied.py"

_PREFERENCES = {
    # A microphone that makes a tone, and that every page may use.
    "media.navigator.streams.fake": True,
    "permissions.default.microphone": 1,
    # A speaker that nobody hears. On machines without one, no AudioContext runs, and the clock of
    # the microphone may run away: a call then sends thousands of packets a second.
    "media.cubeb.force_mock_context": True,
    # WebRTC on 127.0.0.1, where the simulator is, and on no other address of this machine. Firefox
    # uses more than its default route only on pages that may use the microphone.
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.force_interface": "lo",
    # All that is not on this machine goes to a proxy that is not there. So no name is looked up.
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.failover_direct": False,
    # Firefox asks this server without the proxy.
    "services.settings.server": "data:,#remote-settings-dummy/v1",
}

_ENVIRONMENT = {
    # It ends at once if it does connect to another machine.
    "MOZ_DISABLE_NONLOCAL_CONNECTIONS": "1",
    # Without it, an official Firefox ignores our `services.settings.server`.
    "MOZ_REMOTE_SETTINGS_DEVTOOLS": "1",
}


def find() -> str | None:
    """The path of a Firefox that we can start; Linux only."""
    if sys.platform != "linux":
        return None
    chosen = os.environ.get("HENK_FIREFOX")
    return chosen or next((path for name in _NAMES if (path := shutil.which(name))), None)


def launch(playwright: Playwright, path: str, directory: Path, **preferences: object) -> Browser:
    """Starts Firefox without a window, with ``directory`` for its files."""
    start = directory / "firefox"
    # Playwright is $PPID. It ends with the tests, however they end, and all of this with it.
    tied = f'"{sys.executable}" -IS "{_TIED}" {int(signal.SIGTERM)} "$PPID"'
    driver = f'"{sys.executable}" "{_DRIVER}" "{_TIED}" "{path}" "$@"'
    start.write_text(f"#!/bin/sh\nexec {tied} {driver}\n")
    start.chmod(0o700)
    return playwright.firefox.launch(
        channel="moz-firefox",
        executable_path=start,
        env={**os.environ, "HOME": str(directory), **_ENVIRONMENT},
        firefox_user_prefs={**_PREFERENCES, **preferences},  # type: ignore[dict-item]
    )
