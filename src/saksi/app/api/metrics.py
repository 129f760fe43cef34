"""Counters of the API in the text form that Prometheus reads. Routes are named by their pattern: no value ever enters a label."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict

from saksi.app.api.ports import LedgerState

__all__ = ["Metrics"]

_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class Metrics:
    """What was asked, how it ended and how long it took."""

    def __init__(self) -> None:
        self._ended: Counter[tuple[str, str, int]] = Counter()
        self._times: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (len(_BOUNDS) + 1))
        self._sums: defaultdict[str, float] = defaultdict(float)

    def count(self, method: str, route: str, *, status: int, seconds: float) -> None:
        """One request that ended."""
        self._ended[method, route, status] += 1
        self._times[route][bisect_left(_BOUNDS, seconds)] += 1
        self._sums[route] += seconds

    def text(self, state: LedgerState) -> str:
        """All figures, with those of the ledger."""
        lines = ["# TYPE saksi_requests_total counter"]
        for (method, route, status), count in sorted(self._ended.items()):
            lines.append(f'saksi_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}')
        lines.append("# TYPE saksi_request_seconds histogram")
        for route, counts in sorted(self._times.items()):
            total = 0
            for bound, count in zip((*map(str, _BOUNDS), "+Inf"), counts, strict=True):
                total += count
                lines.append(f'saksi_request_seconds_bucket{{route="{route}",le="{bound}"}} {total}')
            lines.append(f'saksi_request_seconds_sum{{route="{route}"}} {self._sums[route]:.6f}')
            lines.append(f'saksi_request_seconds_count{{route="{route}"}} {total}')
        figures = {
            "saksi_ledger_leaves": state.size,
            "saksi_ledger_statements": state.statements,
            "saksi_ledger_erased": state.erased,
            "saksi_ledger_witnesses": state.witnesses,
            "saksi_views_leaves": state.views,
        }
        for name, figure in figures.items():
            lines += [f"# TYPE {name} gauge", f"{name} {figure}"]
        return "\n".join(lines) + "\n"
