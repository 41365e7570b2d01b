"""When a function of the user's should finish early, decided where it runs.

Decided here, a stop depends on the reports alone: an orchestrator would answer to one report while
the next epochs run, now after more of them, now after fewer.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archloom_worker import schema


class StopRule:
    """Says stop when a metric has not gained for so many reports.

    What counts as a gain is held against the report that gained last, so that many small steps add
    up to one: the rule that Keras calls `patience` and `min_delta`. Prechelt 1998, "Early Stopping
    - But When?", section 2.2, compares such rules.
    """

    def __init__(self, rule: schema.EarlyStop) -> None:
        self._rule = rule
        self._best = -math.inf
        self._without_gain = 0

    @property
    def should_stop(self) -> bool:
        """Stays true: what a metric does afterwards changes nothing."""
        return self._without_gain >= self._rule.patience

    def take(self, report: Mapping[str, object]) -> None:
        """Takes a report; one without the metric says nothing."""
        value = report.get(self._rule.metric)
        if self.should_stop or isinstance(value, bool) or not isinstance(value, int | float):
            return
        height = float(value if self._rule.goal == "maximize" else -value)
        if height > self._best + self._rule.minimum_gain:
            self._best = height
            self._without_gain = 0
        else:
            self._without_gain += 1
