"""How many requests a caller may make: a bucket that fills at a steady rate."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

__all__ = ["Allowance", "Rates"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller has left: requests now, seconds until one more is allowed (0: now)."""

    left: int
    wait: float

    @property
    def ok(self) -> bool:
        """Whether this request may go on."""
        return self.wait == 0


class Rates:
    """A bucket a caller: `burst` requests at once, `each_second` on the long run. The `callers` most recent
    ones are kept."""

    def __init__(self, *, each_second: float, burst: int, callers: int = 10_000) -> None:
        self.each_second = each_second
        self.burst = burst
        self._callers = callers
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str, now: float) -> Allowance:
        """Count one request of `caller` at `now` (seconds of a clock that never goes back)."""
        level, then = self._buckets.get(caller, (float(self.burst), now))
        level = min(float(self.burst), level + (now - then) * self.each_second)
        allowed = level >= 1
        if allowed:
            level -= 1
        self._buckets[caller] = (level, now)
        self._buckets.move_to_end(caller)
        if len(self._buckets) > self._callers:
            self._buckets.popitem(last=False)
        return Allowance(int(level), 0 if allowed else (1 - level) / self.each_second)
