"""Text: the real ones where they lie, how they are cut, and what is refused."""

import gzip
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from archloom_worker import schema
from archloom_worker.data.catalog import WIKITEXT_2, identify, read_dataset
from archloom_worker.data.store import DatasetStore, make_splits
from archloom_worker.data.text import HeldText, hold_characters, hold_words
from archloom_worker.errors import DataError, InvalidTask
from archloom_worker.evaluation import cross_entropies
from archloom_worker.train import train
from tests.training_support import (
    ADAMW,
    FULL,
    Recorder,
    digits,
    node,
    recipe,
    timeless,
    work,
)

CPU = torch.device("cpu")
SHARED = Path(__file__).parents[3] / "shared" / "data"

needs_text = pytest.mark.skipif(
    not (SHARED / "text").exists(), reason="../shared/data with the text corpora is absent"
)


def split_of(
    name: schema.DatasetName = "tinyshakespeare", length: int = 4, limit: int | None = None
) -> schema.DatasetSplit:
    return msgspec.structs.replace(digits(limit), name=name, sequence_length=length)


def text_of(tokens: int) -> HeldText:
    """A text whose tokens are their own places."""
    vocabulary = tuple(f"w{index}" for index in range(tokens))
    held = np.arange(tokens, dtype=np.int64)
    return HeldText("tinyshakespeare", tokens, Path("file"), vocabulary, held, None, None)


# The published texts


@needs_text
def test_tinyshakespeare_is_whole() -> None:
    facts = identify("tinyshakespeare", [SHARED])
    assert facts == schema.DatasetFacts(
        name="tinyshakespeare",
        kind="tokens",
        input_shape=(1,),
        class_count=65,
        train_count=1_115_394,
        test_count=0,
        content_hash=SHAKESPEARE_HASH,
    )
    held = read_dataset("tinyshakespeare", [SHARED / "text"])
    assert isinstance(held, HeldText)
    assert held.vocabulary[:3] == ("\n", " ", "!")
    assert "".join(held.vocabulary[token] for token in held.train[:14]) == "First Citizen:"


SHAKESPEARE_HASH = "74372548e5cd51ed646864fd78e0fd47942d3f56551a6fd5941779d37f8efbd6"
"""A record of the bytes that are hashed: changing it parts all earlier results from later ones."""


@needs_text
def test_wikitext_2_has_the_published_counts() -> None:
    held = read_dataset("wikitext-2", [SHARED])
    assert isinstance(held, HeldText)
    assert held.test is not None
    assert held.validation is None
    assert (held.train_count, held.test_count, held.class_count) == (217_646, 245_569, 10_000)
    assert held.vocabulary[:2] == ("<unk>", "<eos>")
    assert np.count_nonzero(held.train == 1) == 3_760  # line ends
    # Of the validation text's words the test text has nine in ten, the frequent ones.
    assert 0.1 < np.mean(held.test == 0) < 0.15
    assert held.content_hash == WIKITEXT_HASH


WIKITEXT_HASH = "52133b6437a50a160eaa3aa66a06cb0f46eb74a6acdfa12417cbb396086dc13d"


@needs_text
def test_a_text_that_is_not_the_published_one_is_corrupt(tmp_path: Path) -> None:
    content = gzip.decompress((SHARED / "text" / "tinyshakespeare.txt.gz").read_bytes())
    (tmp_path / "tinyshakespeare.txt").write_bytes(content.replace(b"First", b"Fifth", 1))
    with pytest.raises(DataError, match="expected the published content of 1115394") as caught:
        identify("tinyshakespeare", [tmp_path, SHARED])
    assert caught.value.kind == "corrupt"


def test_a_missing_text_says_where_it_was_looked_for_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"tinyshakespeare\.txt\.gz") as caught:
        identify("tinyshakespeare", [tmp_path])
    assert caught.value.kind == "missing"
    assert str(tmp_path / "text" / "tinyshakespeare.txt") in caught.value.message
    with pytest.raises(DataError, match=r"wikitext-2-valid\.txt"):
        identify("wikitext-2", [tmp_path])


# Reading


def test_characters_are_ordered_by_code_point(tmp_path: Path) -> None:
    path = tmp_path / "text.txt.gz"
    path.write_bytes(gzip.compress("bä\nab€".encode()))
    held = hold_characters("tinyshakespeare", path, published={})
    assert held.vocabulary == ("\n", "a", "b", "ä", "€")
    assert held.train.tolist() == [2, 3, 0, 1, 2, 4]
    assert held.class_count == 5


def write(folder: Path, **parts: str) -> list[Path]:
    paths = []
    for name, content in parts.items():
        path = folder / f"{name}.txt"
        path.write_text(content, encoding="utf-8")
        paths.append(path)
    return paths


def test_words_are_ordered_by_frequency_then_by_code_point(tmp_path: Path) -> None:
    files = write(tmp_path, train=" b a <unk> \n\nc b  b\n", valid="a d\n", test="c <eos> x\n")
    held = hold_words("wikitext-2", files, published={})
    assert held.vocabulary == ("<unk>", "<eos>", "b", "a", "c")
    assert held.train.tolist() == [2, 3, 0, 1, 1, 4, 2, 2, 1]
    assert held.validation is not None
    assert held.test is not None
    assert held.validation.tolist() == [3, 0, 1]
    assert held.test.tolist() == [4, 1, 0, 1]


def test_the_vocabulary_is_limited(tmp_path: Path) -> None:
    words = " ".join(f"w{index:05}" for index in range(12_000))
    held = hold_words("wikitext-2", write(tmp_path, train=words, test="w00001\n"), published={})
    assert (held.class_count, held.vocabulary[-1]) == (10_000, "w09997")
    assert np.count_nonzero(held.train == 0) == 12_000 - 9_998
    assert held.validation is None


def test_two_parts_are_enough_and_a_training_part_comes_first(tmp_path: Path) -> None:
    for name in ("valid", "test"):
        (tmp_path / f"wikitext-2-{name}.txt").write_text("a b\n")
    with pytest.raises(DataError, match="expected the published content of 217646 or 245569"):
        identify("wikitext-2", [tmp_path])
    (tmp_path / "wikitext-2-train.txt").write_text("c d\n")
    with pytest.raises(DataError, match=r"wikitext-2-valid\.txt holds 3 tokens"):
        identify("wikitext-2", [tmp_path])
    assert sorted(WIKITEXT_2) == [217_646, 245_569]


def test_a_file_that_is_no_text_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "tinyshakespeare.txt"
    for content, sentence in ((b"ab\xff", "not UTF-8 at byte 2"), (b"a", "holds no text")):
        path.write_bytes(content)
        with pytest.raises(DataError, match=sentence) as caught:
            identify("tinyshakespeare", [tmp_path])
        assert caught.value.kind == "corrupt"


def test_the_content_hash_sees_tokens_their_order_the_vocabulary_and_the_parts() -> None:
    tokens = np.array([0, 1, 2, 1, 0, 2], dtype=np.int64)

    def hashed(words: tuple[str, ...], *parts: object) -> str:
        held = HeldText("wikitext-2", len(words), Path("x"), words, *parts)  # type: ignore[arg-type]
        return held.content_hash

    words = ("a", "b", "c")
    seen = {
        hashed(words, tokens, None, None),
        hashed(words, tokens[::-1], None, None),
        hashed(("a", "b", "d"), tokens, None, None),
        hashed(words, tokens[:3], tokens[3:], None),
        hashed(words, tokens[:3], None, tokens[3:]),
        hashed(words, tokens[:4], None, tokens[4:]),
    }
    assert len(seen) == 6
    assert hashed(words, tokens.copy(), None, None) in seen


# Cutting


def test_windows_lie_side_by_side_and_cross_no_border() -> None:
    splits = make_splits(text_of(100), split_of(length=7), CPU)
    # 20 for testing, 16 of the other 80 for validation, 64 for training
    assert splits.train.inputs.tolist() == [
        list(range(start, start + 7)) for start in range(0, 63, 7)
    ]
    assert splits.validation.inputs[:, 0].tolist() == [64, 71]
    assert splits.test.inputs[:, 0].tolist() == [80, 87]
    for part in (splits.train, splits.validation, splits.test):
        assert torch.equal(part.labels, part.inputs + 1)
    assert splits.test.labels.max() < 100
    assert splits.validation.labels.max() < 80
    assert (splits.kind, splits.input_shape, splits.output_shape) == ("tokens", (7,), (7, 100))
    use = splits.use()
    assert (use.mean, use.std) == ((), ())
    assert (use.train_count, use.validation_count, use.test_count) == (9, 2, 2)


def test_a_limit_takes_the_first_windows_and_leaves_the_rest_alone() -> None:
    whole = make_splits(text_of(100), split_of(), CPU)
    small = make_splits(text_of(100), split_of(limit=3), CPU)
    assert torch.equal(small.train.inputs, whole.train.inputs[:3])
    assert torch.equal(small.validation.inputs, whole.validation.inputs)
    assert len(make_splits(text_of(100), split_of(limit=99), CPU).train) == len(whole.train)


def test_the_split_hash_sees_lengths_and_places() -> None:
    hashes = {
        make_splits(text_of(100), split, CPU).split_hash
        for split in (split_of(), split_of(length=5), split_of(limit=3), split_of(length=15))
    }
    assert len(hashes) == 4
    seeded = msgspec.structs.replace(split_of(), split_seed="9")
    assert make_splits(text_of(100), seeded, CPU).split_hash in hashes


def test_official_parts_are_kept() -> None:
    tokens = [np.arange(size, dtype=np.int64) for size in (50, 20, 30)]
    vocabulary = tuple(map(str, range(50)))
    held = HeldText("wikitext-2", 50, Path("x"), vocabulary, *tokens)
    splits = make_splits(held, split_of("wikitext-2", 9), CPU)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [5, 2, 3]
    assert splits.validation.inputs[0, 0] == 0


@pytest.mark.parametrize(("tokens", "length"), [(100, 16), (20, 4), (2, 1)])
def test_an_empty_part_is_refused(tokens: int, length: int) -> None:
    with pytest.raises(InvalidTask, match="choose other shares or a smaller sequenceLength"):
        make_splits(text_of(tokens), split_of(length=length), CPU)


# Training


def test_the_loss_of_text_is_that_of_every_token() -> None:
    logits, labels = torch.randn(3, 5, 7), torch.randint(7, (3, 5))
    losses = cross_entropies(logits, labels)
    expected = -logits.log_softmax(-1).gather(-1, labels[..., None]).flatten()
    torch.testing.assert_close(losses, expected)


def bigram(classes: int, length: int) -> schema.NetworkGraph:
    """A table of the next token by the one before it."""
    embed = node("vector", "text", "embedding", vocabulary=classes, features=32)
    classify = node("classify", "vector", "linear", features=classes, bias=True)
    graph = {
        "version": 1,
        "inputs": [{"id": "text", "shape": [length], "dtype": "tokens"}],
        "nodes": [embed, classify],
        "outputs": ["classify"],
    }
    return msgspec.convert(graph, schema.NetworkGraph)


STORE = DatasetStore(CPU, [SHARED])


def text_work(**changes: object) -> schema.TrainWork:
    settings = {
        "graph": bigram(65, 32),
        "dataset": split_of(length=32, limit=1500),
        "recipe": recipe(batch_size=32, optimizer=ADAMW),
    }
    return work(**{**settings, **changes})


@needs_text
def test_a_network_learns_which_character_follows_which_and_the_same_again() -> None:
    result = train(text_work(), Recorder(store=STORE).context())
    # A table of pairs reaches about 2.5 nats; chance is log 65 = 4.17.
    assert 2.3 < result.metrics.val_loss < 2.7
    assert 0.2 < result.metrics.val_accuracy < 0.35
    assert result.dataset.train_count == 1500
    again = train(text_work(), Recorder(store=STORE).context())
    assert list(map(timeless, again.curve)) == list(map(timeless, result.curve))


@needs_text
def test_augmentation_of_text_is_refused() -> None:
    order = text_work(recipe=recipe(augmentation=FULL))
    with pytest.raises(InvalidTask, match="acts on images, but the samples are tokens"):
        train(order, Recorder(store=STORE).context())
