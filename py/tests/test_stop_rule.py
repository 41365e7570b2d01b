import pytest

from archloom_worker import schema
from archloom_worker.stop_rule import StopRule


def stops_after(values: list[float], rule: schema.EarlyStop) -> int | None:
    """The report after which it says stop; None when it never does."""
    state = StopRule(rule)
    stopped: int | None = None
    for count, value in enumerate(values, start=1):
        state.take({"step": count, "score": value, "other": -value})
        if stopped is None and state.should_stop:
            stopped = count
    # Once said it is said, whatever comes after.
    assert state.should_stop == (stopped is not None)
    return stopped


def rule(goal: str = "maximize", patience: int = 2, minimum_gain: float = 0.0) -> schema.EarlyStop:
    return schema.EarlyStop(
        metric="score",
        goal="minimize" if goal == "minimize" else "maximize",
        patience=patience,
        minimum_gain=minimum_gain,
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.1, 0.2, 0.3, 0.4], None),
        ([0.1, 0.2, 0.2, 0.2], 4),
        ([0.1, 0.2, 0.1, 0.3, 0.2, 0.1], 6),
        ([0.5, 0.4, 0.3, 0.9], 3),
        ([0.5], None),
    ],
)
def test_it_stops_when_so_many_reports_brought_no_gain(
    values: list[float], expected: int | None
) -> None:
    assert stops_after(values, rule()) == expected


def test_a_loss_gains_by_falling() -> None:
    assert stops_after([3.0, 2.0, 1.0, 0.5], rule("minimize")) is None
    assert stops_after([3.0, 2.0, 2.5, 2.0], rule("minimize")) == 4


def test_a_gain_must_be_worth_it() -> None:
    assert stops_after([0.1, 0.12, 0.14, 0.16], rule(minimum_gain=0.06)) == 3
    assert stops_after([0.1, 0.2, 0.3, 0.4], rule(minimum_gain=0.06)) is None


def test_small_gains_add_up() -> None:
    assert stops_after([0.1, 0.15, 0.2, 0.25, 0.3], rule(minimum_gain=0.06)) is None


def test_a_report_without_the_metric_says_nothing() -> None:
    state = StopRule(rule(patience=1))
    for _ in range(5):
        state.take({"step": 1})
        state.take({"score": "high"})
        state.take({"score": True})
    assert not state.should_stop
