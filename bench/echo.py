"""The other end of `bridge.ts`: answers every message through the worker's own codec.

Usage: `python bench/echo.py URL` with PYTHONPATH set to the folder `py`.

- cancel: `started` of the same task
- run without a deadline: `result` with the same tensors, or `started` when it carries none
- run with a deadline: as many `progress` messages as it has seconds, then `started`
"""

import sys

import zmq
from archloom_worker import schema
from archloom_worker.protocol import Frames, decode_to_worker, encode

POINT = schema.CurvePoint(
    epoch=1,
    train_loss=0.51,
    train_accuracy=0.83,
    val_loss=0.62,
    val_accuracy=0.79,
    learning_rate=0.05,
    seconds=12.5,
)
DESCRIPTION = schema.DescribeResult(
    output_shapes=((10,),),
    counts=schema.NetworkCounts(parameter_count=1, multiply_adds=1),
    parameters=(),
    code="",
)


def main(url: str) -> None:
    """Answers until it is told to drain."""
    context = zmq.Context()
    socket = context.socket(zmq.DEALER)
    socket.setsockopt(zmq.SNDHWM, 0)
    socket.connect(url)

    def send(message: schema.FromWorker, frames: Frames = ()) -> None:
        socket.send_multipart(encode(message, frames), copy=False)

    send(schema.Heartbeat())
    while True:
        parts = socket.recv_multipart(copy=False)
        message, frames = decode_to_worker([part.buffer for part in parts])
        match message:
            case schema.Run(task=task, lease=lease, deadline_seconds=None, tensors=tensors):
                if tensors:
                    send(
                        schema.Result(task=task, lease=lease, result=DESCRIPTION, tensors=tensors),
                        frames,
                    )
                else:
                    send(schema.Started(task=task, lease=lease))
            case schema.Run(task=task, lease=lease, deadline_seconds=count):
                for _ in range(round(count)):
                    send(schema.Progress(task=task, lease=lease, point=POINT))
                send(schema.Started(task=task, lease=lease))
            case schema.Cancel(task=task, lease=lease):
                send(schema.Started(task=task, lease=lease))
            case schema.Drain():
                break
            case _:
                pass
    socket.close(linger=0)
    context.term()


if __name__ == "__main__":
    main(sys.argv[1])
