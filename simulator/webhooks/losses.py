"""Callbacks that never arrive, for tests of what repairs them."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass, field

from simulator.webhooks.deliveries import Delivery, DeliveryKind

CALLBACKS: frozenset[DeliveryKind] = frozenset({"lead-status", "agent-status"})
"""Those that can be lost: without an answer to the others, a call would be another one."""


@dataclass
class Losses:
    """Which status callbacks are lost: each with the chance ``fraction``, of ``kinds`` and, unless
    that is None, with one of ``statuses``."""

    fraction: float = 0.0
    kinds: Collection[DeliveryKind] = CALLBACKS
    statuses: Collection[str] | None = None
    seed: int = 0
    lost: int = 0
    """How many have been."""
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def takes(self, delivery: Delivery) -> bool:
        """Whether this one is lost."""
        if delivery.kind not in self.kinds:
            return False
        if self.statuses is not None and delivery.params["CallStatus"] not in self.statuses:
            return False
        taken = self._random.random() < self.fraction
        self.lost += taken
        return taken
