"""Any message is refused in words or taken; nothing else happens, and nothing grows."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from archloom_worker.protocol import ProtocolError, decode_to_worker
from tests.fuzzed_worker import FuzzedWorker, refuse_or_take
from tests.mutations import mutate, seeds


def test_mutated_messages_to_the_worker() -> None:
    draw, worker, start = random.Random(1), FuzzedWorker(), seeds("to-worker")
    for _ in range(15_000):
        worker.take(mutate(draw.choice(start), draw))
    assert worker.refused > 7_500
    assert worker.taken > 150, "some still mean something: both ways are tried"


def test_mutated_messages_from_the_worker() -> None:
    draw, start = random.Random(2), seeds("from-worker")
    taken = sum(refuse_or_take(mutate(draw.choice(start), draw)) for _ in range(5_000))
    assert 50 < taken < 2_500


known = [b"ALP/1", b"ALP/2", b"{}", b'{"type":"run"}', b'{"type":"cancel","task":"t"}']
parts = st.lists(st.binary(max_size=200) | st.sampled_from(known), max_size=5)


@settings(max_examples=2_000, deadline=None, database=None, derandomize=True)
@given(parts)
def test_any_bytes(found: list[bytes]) -> None:
    try:
        decode_to_worker(found)
    except ProtocolError as error:
        assert len(error.message) <= 1000
