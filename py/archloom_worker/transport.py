"""The worker's end of the wire: one DEALER socket. The only file that knows ZeroMQ.

Used by one thread at a time: whoever makes a link hands it over to the I/O thread.
"""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import zmq
from zmq.utils.monitor import parse_monitor_message

from archloom_worker import schema
from archloom_worker.errors import EnvironmentProblem

if TYPE_CHECKING:  # at run time it would bring NumPy, too early
    from archloom_worker.protocol import Frame

PING_MILLISECONDS = (2000, 6000)
"""How often ZeroMQ's own threads ask over the link whether the other side lives, and how long it
may take to answer before the link is cut. The program at the other end has no part in it."""

RECONNECT_MILLISECONDS = (100, 2000)
"""First and longest pause between attempts to connect again."""

LONGEST_WAIT_SECONDS = 3600.0

_ENDPOINT = re.compile(r"(ipc|tcp)://\S+")
_Z85_KEY = re.compile(r"[0-9A-Za-z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}")


@dataclass(frozen=True)
class CurveKeys:
    """The keys of an encrypted link, in Z85 as ZeroMQ writes them."""

    server_key: str
    """The orchestrator's public key."""
    public_key: str
    secret_key: str


def curve_keys(
    server_key: str | None, public_key: str | None, secret_key: str | None
) -> CurveKeys | None:
    """Puts keys together; the public key may be left out, since the secret one gives it.

    Returns:
        None when no key is given at all.

    Raises:
        EnvironmentProblem: When some are missing, malformed, or do not belong together.
    """
    if server_key is None and public_key is None and secret_key is None:
        return None
    if server_key is None or secret_key is None:
        missing = "--server-key" if server_key is None else "the secret key's environment variable"
        raise EnvironmentProblem(
            f"An encrypted link needs {missing} too, found none; archloom worker --keys gives both"
        )
    if not zmq.has("curve"):
        raise EnvironmentProblem(
            "This pyzmq is built without CURVE, install the wheel that the lock names"
        )
    for name, key in (("server", server_key), ("public", public_key), ("secret", secret_key)):
        if key is not None and _Z85_KEY.fullmatch(key) is None:
            raise EnvironmentProblem(
                f"The {name} key must be 40 characters of Z85, found {len(key)} characters that are"
                " not; copy worker.json anew from the orchestrator's key folder"
            )
    derived = zmq.curve_public(secret_key.encode()).decode()
    if public_key is not None and public_key != derived:
        raise EnvironmentProblem(
            "The public and the secret key do not belong together, expected those of one"
            " worker.json; copy it anew from the orchestrator's key folder"
        )
    return CurveKeys(server_key, derived, secret_key)


def check_endpoint(url: str, keys: CurveKeys | None) -> None:
    """Refuses an endpoint that the protocol does not allow.

    Raises:
        EnvironmentProblem: For another transport than ipc and tcp, and for tcp without keys.
    """
    if _ENDPOINT.fullmatch(url) is None:
        raise EnvironmentProblem(
            f"Endpoint {url!r} is not one to connect to, expected ipc://PATH or tcp://HOST:PORT"
        )
    if url.startswith("tcp://") and keys is None:
        raise EnvironmentProblem(
            f"Endpoint {url} would be unencrypted: over tcp a worker needs CURVE keys, "
            "give --server-key and the secret key's environment variable"
        )


def routing_id(name: str) -> str:
    """An identity of this process alone: another one under its name must not take its messages."""
    return f"{name}/{secrets.token_hex(4)}"


class Link:
    """A connection to the orchestrator that renews itself.

    Sending never blocks and nothing is dropped at a high-water mark, since there is none: what is
    under way is bounded by leases and credits.
    """

    def __init__(self, url: str, identity: str, keys: CurveKeys | None) -> None:
        """Connects in the background; nobody needs to be there yet.

        Raises:
            EnvironmentProblem: When the endpoint is refused or no address.
        """
        check_endpoint(url, keys)
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.ROUTING_ID, identity.encode())
        self._socket.setsockopt(zmq.SNDHWM, 0)
        self._socket.setsockopt(zmq.RCVHWM, 0)
        self._socket.setsockopt(zmq.MAXMSGSIZE, schema.MAX_TENSOR_BYTES)
        self._socket.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MILLISECONDS[0])
        self._socket.setsockopt(zmq.RECONNECT_IVL_MAX, RECONNECT_MILLISECONDS[1])
        self._socket.setsockopt(zmq.HEARTBEAT_IVL, PING_MILLISECONDS[0])
        self._socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, PING_MILLISECONDS[1])
        if keys is not None:
            self._socket.setsockopt(zmq.CURVE_SERVERKEY, keys.server_key.encode())
            self._socket.setsockopt(zmq.CURVE_PUBLICKEY, keys.public_key.encode())
            self._socket.setsockopt(zmq.CURVE_SECRETKEY, keys.secret_key.encode())
        self._monitor = self._socket.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED
        )
        self._poller = zmq.Poller()
        self._poller.register(self._socket, zmq.POLLIN)
        self._poller.register(self._monitor, zmq.POLLIN)
        try:
            self._socket.connect(url)
        except zmq.ZMQError as error:
            self.close(linger_seconds=0.0)
            raise EnvironmentProblem(
                f"Endpoint {url} cannot be connected to: {error}; give the one that the run says it"
                " listens on"
            ) from error

    def watch(self, descriptor: int) -> None:
        """Makes `wait` return when this descriptor is readable, too."""
        self._poller.register(descriptor, zmq.POLLIN)

    def wait(self, seconds: float) -> None:
        """Returns when something can be read, or after some seconds, whichever is first."""
        bounded = min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)
        self._poller.poll(math.ceil(bounded * 1000))

    def changes(self) -> Iterator[bool]:
        """Whether a connection was made or lost, for each time since this was last asked."""
        while self._monitor.poll(0):
            message = parse_monitor_message(self._monitor.recv_multipart())
            yield message["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED

    def receive(self) -> Iterator[list[Frame]]:
        """Every message that has arrived, as its frames; never blocks."""
        while True:
            try:
                frames = self._socket.recv_multipart(zmq.DONTWAIT, copy=False)
            except zmq.Again:
                return
            yield [frame.buffer for frame in frames]

    def send(self, frames: Sequence[Frame]) -> None:
        """Queues a message; its frames must not change afterwards."""
        self._socket.send_multipart(frames, zmq.DONTWAIT, copy=False)

    def close(self, linger_seconds: float) -> None:
        """Ends the link; waits at most so long for what is queued to go out."""
        self._socket.disable_monitor()
        self._monitor.close(linger=0)
        self._socket.close(linger=math.ceil(linger_seconds * 1000))
        self._context.term()
