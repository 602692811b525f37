"""Loses status callbacks. Tests check that the reconciler repairs their calls."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass, field

from simulator.webhooks.deliveries import Delivery, DeliveryKind

CALLBACKS: frozenset[DeliveryKind] = frozenset(
    {
        "lead-status",
        "agent-status",
        "leg-status",
        "room-status",
        "recording-status",
        "amd-status",
    }
)
"""The kinds that can be lost. The others bring TwiML: without it, the call would be another one."""


@dataclass
class Losses:
    """Which status callbacks are lost: each of ``kinds`` with the probability ``fraction``.

    With ``statuses``, only callbacks with one of these statuses, or of these events of a room.
    """

    fraction: float = 0.0
    kinds: Collection[DeliveryKind] = CALLBACKS
    statuses: Collection[str] | None = None
    seed: int = 0
    lost: int = 0
    """How many were lost so far."""
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def takes(self, delivery: Delivery) -> bool:
        """Whether ``delivery`` is lost."""
        if delivery.kind not in self.kinds:
            return False
        if self.statuses is not None and delivery.event not in self.statuses:
            return False
        taken = self._random.random() < self.fraction
        self.lost += taken
        return taken
