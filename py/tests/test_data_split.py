"""The splitting rule: fixed, disjoint, whole, stratified."""

import hashlib

import numpy as np
import pytest

from archloom_worker import schema
from archloom_worker.data.split import SplitIndices, split_indices, stratified_order
from archloom_worker.errors import InvalidTask

LABELS = np.random.default_rng(0).integers(0, 10, 1797)


def split_of(seed: str = "0", limit: int | None = None, **shares: float) -> schema.DatasetSplit:
    return schema.DatasetSplit(
        name="digits",
        split_seed=seed,
        validation_share=shares.get("validation", 0.2),
        test_share=shares.get("test", 0.2),
        train_limit=limit,
        sequence_length=64,
    )


def test_the_order_is_the_written_rule() -> None:
    labels = np.array([1, 0, 1, 1, 0])
    rank = {index: hashlib.sha256(f"7:{index}".encode()).digest() for index in range(5)}
    ones = sorted((0, 2, 3), key=rank.__getitem__)
    zeros = sorted((1, 4), key=rank.__getitem__)
    # heights: ones 1/6, 3/6, 5/6; zeros 1/4, 3/4
    expected = [ones[0], zeros[0], ones[1], zeros[1], ones[2]]
    assert stratified_order(labels, "7").tolist() == expected


def test_the_order_never_changes() -> None:
    """A record: whoever changes it changes every split, and with it every result."""
    labels = np.arange(20) % 4
    assert stratified_order(labels, "0").tolist() == GOLDEN
    assert stratified_order(labels, "1").tolist() != GOLDEN


GOLDEN = [4, 9, 18, 15, 8, 17, 10, 7, 12, 5, 14, 3, 0, 13, 2, 19, 16, 1, 6, 11]


@pytest.mark.parametrize("has_official_test", [True, False])
def test_splits_are_disjoint_and_whole(has_official_test: bool) -> None:
    parts = split_indices(LABELS, split_of(), has_official_test=has_official_test)
    union = np.concatenate([parts.train, parts.validation, parts.test])
    assert sorted(union.tolist()) == list(range(1797))
    assert len(parts.test) == (0 if has_official_test else 359)
    assert len(parts.validation) == (359 if has_official_test else 288)


@pytest.mark.parametrize("limit", [None, 100, 333])
def test_every_part_is_stratified_within_an_image_a_class(limit: int | None) -> None:
    parts = split_indices(LABELS, split_of(limit=limit), has_official_test=False)
    shares = np.bincount(LABELS) / len(LABELS)
    for part in (parts.train, parts.validation, parts.test):
        counts = np.bincount(LABELS[part], minlength=10)
        assert np.abs(counts - shares * len(part)).max() <= 1.5


def test_a_limit_takes_a_prefix_and_leaves_the_rest_alone() -> None:
    whole = split_indices(LABELS, split_of(), has_official_test=False)
    small = split_indices(LABELS, split_of(limit=50), has_official_test=False)
    assert small.train.tolist() == whole.train[:50].tolist()
    assert small.validation.tolist() == whole.validation.tolist()
    assert small.test.tolist() == whole.test.tolist()


def test_a_limit_past_the_end_takes_all() -> None:
    whole = split_indices(LABELS, split_of(), has_official_test=False)
    limited = split_indices(LABELS, split_of(limit=10**6), has_official_test=False)
    assert limited.train.tolist() == whole.train.tolist()


def test_the_seed_decides() -> None:
    first, again, other = (
        split_indices(LABELS, split_of(seed), has_official_test=True).validation.tolist()
        for seed in ("3", "3", "4")
    )
    assert first == again != other


@pytest.mark.parametrize(
    "shares", [{"validation": 1e-6}, {"test": 1e-6}, {"validation": 0.9999}, {"test": 0.9999}]
)
def test_an_empty_part_is_refused(shares: dict[str, float]) -> None:
    with pytest.raises(InvalidTask, match=r"Split of digits leaves .* choose other shares"):
        split_indices(LABELS, split_of(**shares), has_official_test=False)


def test_the_digest_names_the_positions() -> None:
    parts = [np.array(part, dtype=np.int64) for part in ([3, 1], [2], [0])]
    digest = SplitIndices(*parts).digest()
    assert digest == SplitIndices(*parts).digest()
    moved = SplitIndices(parts[0], parts[2], parts[1])
    # The sizes are hashed too: a boundary that moves between the parts is another split.
    shifted = SplitIndices(np.array([3]), np.array([1, 2]), parts[2])
    assert len({digest, moved.digest(), shifted.digest()}) == 3
