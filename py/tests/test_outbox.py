from archloom_worker import schema
from archloom_worker.outbox import (
    LOG_BOUND,
    POINT_BOUND,
    Outbox,
    close_task,
    flush,
    offer,
)
from archloom_worker.protocol import TaskKey


def progress(epoch: int, task: str = "t1") -> schema.Progress:
    point = schema.CurvePoint(
        epoch=epoch,
        train_loss=1.0,
        train_accuracy=0.5,
        val_loss=1.0,
        val_accuracy=0.5,
        learning_rate=0.1,
        seconds=1.0,
    )
    return schema.Progress(task=task, lease=0, point=point)


def log(message: str) -> schema.Log:
    return schema.Log(level="info", message=message, fields={})


def filled(outbox: Outbox, *messages: schema.Progress | schema.Log) -> Outbox:
    for message in messages:
        outbox = offer(outbox, message)
    return outbox


def test_nothing_goes_without_credit() -> None:
    outbox = filled(Outbox(), progress(1), log("a"))
    assert flush(outbox) == (outbox, ())


def test_credits_are_spent_on_points_in_order_then_on_logs() -> None:
    outbox = filled(Outbox(credits=3), log("a"), log("b"), progress(1), progress(2))
    outbox, sent = flush(outbox)
    assert sent == (progress(1), progress(2), log("a"))
    assert outbox == Outbox(credits=0, logs=(log("b"),))


def test_unspent_credits_are_kept() -> None:
    outbox, sent = flush(filled(Outbox(credits=5), progress(1)))
    assert sent == (progress(1),)
    assert outbox == Outbox(credits=4)


def test_beyond_the_bound_the_oldest_point_goes_and_the_newest_stays() -> None:
    outbox = filled(Outbox(), *(progress(epoch) for epoch in range(1, POINT_BOUND + 4)))
    assert len(outbox.points) == POINT_BOUND
    assert [message.point.epoch for message in outbox.points] == list(range(4, POINT_BOUND + 4))


def test_dropped_logs_are_counted_and_reported_once() -> None:
    outbox = filled(Outbox(), *(log(str(index)) for index in range(LOG_BOUND + 7)))
    outbox, sent = flush(Outbox(LOG_BOUND, outbox.points, outbox.logs, outbox.dropped_logs))
    assert [message.message for message in sent if isinstance(message, schema.Log)] == [
        str(index) for index in range(LOG_BOUND)
    ]
    assert outbox.dropped_logs == 7
    outbox, sent = flush(Outbox(2, (), (), outbox.dropped_logs))
    assert [message.fields for message in sent if isinstance(message, schema.Log)] == [
        {"dropped": 7}
    ]
    assert outbox == Outbox(credits=1)


def test_a_closed_task_sends_its_last_point_over_the_credits_and_drops_the_others() -> None:
    outbox = filled(Outbox(), progress(1), progress(1, "t2"), progress(2), log("a"))
    outbox, sent = close_task(outbox, TaskKey("t1", 0))
    assert sent == (progress(2),)
    assert outbox == Outbox(credits=-1, points=(progress(1, "t2"),), logs=(log("a"),))


def test_a_debt_is_paid_off_before_more_goes() -> None:
    outbox = filled(Outbox(credits=-1), log("a"))
    assert flush(outbox)[1] == ()
    assert flush(Outbox(1, (), outbox.logs))[1] == (log("a"),)


def test_closing_a_task_that_holds_nothing_back_costs_nothing() -> None:
    outbox = filled(Outbox(credits=2), progress(1, "t2"))
    assert close_task(outbox, TaskKey("t1", 0)) == (outbox, ())
