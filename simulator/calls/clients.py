"""Clients that can be called: who rings for an identity, and who answers.

A client is an identity; its devices are the registered sockets of browsers, and a script that a
request has given it. All of them ring, and the first to accept wins.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from simulator.calls.legs import Leg
from simulator.calls.sounds import Sound

ClientEnding = Literal["answer", "decline", "no-answer"]
Outcome = Literal["answered", "declined", "gone"]

MAX_SCRIPTED = 1000
"""How many clients can be given a script by request."""


class Device(Protocol):
    """One phone of a client."""

    def ring(self, ringing: Ringing) -> None:
        """Start to ring. Return at once; call ``ringing.accept`` or ``ringing.reject`` later."""

    def stop_ringing(self, ringing: Ringing) -> None:
        """Stop: another device has accepted, the caller has gone, or the time is over.

        It is not called for a device that has accepted, rejected or left.
        """


class Directory(Protocol):
    """Knows devices."""

    def devices_of(self, identity: str) -> Sequence[Device]:
        """The devices that ring now if ``identity`` is called."""


@dataclass(frozen=True)
class ClientScript:
    """What a client without a browser does when it is called. Durations are simulated seconds."""

    ending: ClientEnding = "answer"
    answer_after: float = 2.0
    """Until it answers or declines. Infinite: never."""
    talk_seconds: float = math.inf
    """Until it hangs up, after the answer."""
    voice: Sound | float = "speech"
    """What it says, or its tone in hertz."""


class ScriptedDevice:
    """A client's phone that does what ``script`` says. The leg asks it when the time has come."""

    def __init__(self, script: ClientScript) -> None:
        self.script = script

    @property
    def acts_after(self) -> float:
        """When it answers or declines, in seconds of ringing."""
        return math.inf if self.script.ending == "no-answer" else self.script.answer_after

    def ring(self, ringing: Ringing) -> None:
        """Nothing: the leg knows when to call `act`."""

    def stop_ringing(self, ringing: Ringing) -> None:
        """Nothing."""

    def act(self, ringing: Ringing) -> None:
        """Answer or decline."""
        if self.script.ending == "answer":
            ringing.accept(self)
        else:
            ringing.reject(self)


class Ringing:
    """A leg that rings at the devices of a client."""

    def __init__(
        self, leg: Leg, identity: str, parameters: Mapping[str, str], devices: Sequence[Device]
    ) -> None:
        self.leg = leg
        """Its `sid`, `from_` and `to` are what the client is told. After the call was accepted,
        the device follows this leg and ends it by `hang_up`."""
        self.identity = identity
        self.parameters = dict(parameters)
        """The custom parameters."""
        self.outcome: Outcome | None = None
        """None while it rings."""
        self.accepted_by: Device | None = None
        self._devices = list(devices)

    def start(self) -> None:
        """Ring at all devices."""
        for device in list(self._devices):
            if self.outcome is None:
                device.ring(self)

    def accept(self, device: Device) -> bool:
        """``device`` accepts the call; it need not be one that rings. False if it is too late."""
        if not self._open:
            return False
        self.accepted_by = device
        self._finish("answered", except_for=device)
        return True

    def reject(self, device: Device) -> None:
        """``device`` declines. If it was the last, the call is declined."""
        self._without(device, "declined")

    def leave(self, device: Device) -> None:
        """``device`` is gone. If it was the last, nobody answers."""
        self._without(device, "gone")

    def stop(self) -> None:
        """Nobody has answered in time, or the caller has gone."""
        if self.outcome is None:
            self._finish("gone", except_for=None)

    @property
    def scripted(self) -> ScriptedDevice | None:
        """The device that follows a script, if one rings."""
        found = (device for device in self._devices if isinstance(device, ScriptedDevice))
        return next(found, None)

    @property
    def accepted_script(self) -> ClientScript | None:
        """The script of the device that accepted, if it follows one."""
        device = self.accepted_by
        return device.script if isinstance(device, ScriptedDevice) else None

    @property
    def _open(self) -> bool:
        return self.outcome is None and not self.leg.over

    def _without(self, device: Device, outcome: Outcome) -> None:
        if device in self._devices and self._open:
            self._devices.remove(device)
            if not self._devices:
                self._finish(outcome, except_for=None)

    def _finish(self, outcome: Outcome, except_for: Device | None) -> None:
        self.outcome = outcome
        for device in self._devices:
            if device is not except_for:
                device.stop_ringing(self)
        self.leg.clock.tell()


class Clients:
    """All clients. Who knows devices adds itself to ``directories``."""

    def __init__(self) -> None:
        self.directories: list[Directory] = []
        self.scripts: dict[str, ClientScript] = {}
        """By identity: the clients without a browser."""

    def ring(self, leg: Leg, identity: str, parameters: Mapping[str, str]) -> Ringing | None:
        """Ring ``identity`` for ``leg``; None if no device of it is registered."""
        devices: list[Device] = [
            device for directory in self.directories for device in directory.devices_of(identity)
        ]
        if identity in self.scripts:
            devices.append(ScriptedDevice(self.scripts[identity]))
        if not devices:
            return None
        ringing = Ringing(leg, identity, parameters, devices)
        ringing.start()
        return ringing
