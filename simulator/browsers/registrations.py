"""Which browsers ring if somebody calls an identity."""

from __future__ import annotations

from simulator.calls.clients import Device


class Registrations:
    """The browsers that have registered for audio, in the order in which they did."""

    def __init__(self) -> None:
        self._identities: dict[Device, str] = {}

    def put(self, browser: Device, identity: str) -> None:
        """From now on ``browser`` rings for ``identity``, and for no other."""
        self._identities[browser] = identity

    def remove(self, browser: Device) -> None:
        """From now on ``browser`` does not ring."""
        self._identities.pop(browser, None)

    def devices_of(self, identity: str) -> list[Device]:
        """The browsers that ring for ``identity``."""
        return [browser for browser, name in self._identities.items() if name == identity]
