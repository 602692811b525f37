"""``python -m simulator``: the phone network on localhost, until a signal stops it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import resource
import signal
import sys

from aiohttp import web

from simulator.browsers.signalling import Signalling
from simulator.calls.clock import Clock
from simulator.calls.network import PhoneNetwork
from simulator.server import make_app
from simulator.settings import Settings, SettingsError, from_environment


async def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. Raises OSError if the port cannot be bound."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    network = PhoneNetwork(settings.account, Clock(settings.time_scale))
    app = make_app(network, Signalling(network, media_host=settings.media_host))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    try:
        await runner.setup()
        site = web.TCPSite(runner, settings.host, settings.port, backlog=1024)
        await site.start()
        for address in runner.addresses:
            logging.info("phone network on http://%s:%s", address[0], address[1])
        await stop.wait()
        await site.stop()
    finally:
        await network.close()
        await runner.cleanup()


def main() -> int:
    """Run the simulator. Returns 0 after a signal, 2 for wrong settings or a port in use."""
    try:
        settings = from_environment(os.environ)
    except SettingsError as error:
        print(f"simulator: wrong settings: {error}", file=sys.stderr)
        return 2
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s simulator %(message)s", stream=sys.stderr
    )
    _raise_open_file_limit()
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(serve(settings))
    except OSError as error:
        reason = (
            "the port is in use; stop what listens there or set SIMULATOR_PORT"
            if error.errno == errno.EADDRINUSE
            else error.strerror
        )
        print(
            f"simulator: cannot listen on {settings.host}:{settings.port}: {reason}",
            file=sys.stderr,
        )
        return 2
    return 0


def _raise_open_file_limit() -> None:
    """Allow 8,192 open files: a thousand calls need more than the usual soft limit of 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if hard == resource.RLIM_INFINITY else min(hard, 8192)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    sys.exit(main())
