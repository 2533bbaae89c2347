"""Where the time of an order goes: seconds and counts per stage, kept by the process."""

from collections import defaultdict


class Stages:
    """Running sums per stage; read by the status operation in a demo world."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = defaultdict(float)
        self._counts: dict[str, int] = defaultdict(int)

    def add(self, stage: str, seconds: float, *, count: int = 1) -> None:
        """Add a stretch of time spent in a stage."""
        self._seconds[stage] += seconds
        self._counts[stage] += count

    def totals(self) -> dict[str, dict[str, float]]:
        """Return seconds and counts by stage."""
        return {
            stage: {"seconds": round(self._seconds[stage], 6), "count": self._counts[stage]} for stage in self._seconds
        }


STAGES = Stages()
