"""Webhooks that come twice, late, or not at the first attempt, for tests of what bears it."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from simulator.webhooks.deliveries import Delivery, Mishap


@dataclass
class Disorder:
    """The chances of each mishap: of every webhook to come twice and to fail at first, of a status
    callback to come up to ``delay_seconds`` late, so that others overtake it."""

    duplicated: float = 0.0
    failed: float = 0.0
    """Half of these are heard, and their answer is lost."""
    delayed: float = 0.0
    delay_seconds: float = 10.0
    """Simulated."""
    seed: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    """How many met which mishap."""
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def strike(self, delivery: Delivery) -> None:
        """Decides what befalls this one."""
        chance = self._random.random
        mishap = delivery.mishap = Mishap()
        if chance() < self.duplicated:
            mishap.duplicated = True
            self.counts["duplicated"] += 1
        if chance() < self.failed:
            mishap.first_attempt = "unheard" if chance() < 0.5 else "unanswered"
            self.counts["failed"] += 1
        if delivery.kind.endswith("-status") and chance() < self.delayed:
            mishap.delay_seconds = chance() * self.delay_seconds
            self.counts["delayed"] += 1
