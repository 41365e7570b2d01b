"""Text as one long line of tokens: the characters of tinyshakespeare, the words of WikiText-2.

A part of a text (training, validation, test) is a run of tokens without gaps; nothing is shuffled
across its borders. Its samples are windows side by side: `sequenceLength` tokens, each labelled
with the token that comes after it. What does not fill a window at a part's end is left out.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from archloom_worker.data.files import read_bytes
from archloom_worker.data.held import Division, HeldDataset, Normalization, Part
from archloom_worker.data.split import SplitIndices, rounded_share
from archloom_worker.errors import DataError, InvalidTask

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from archloom_worker.schema import DatasetName, DatasetSplit

    Tokens = NDArray[np.int64]

VOCABULARY_LIMIT = 10_000
"""Words kept, the two below among them: the size of the usual Penn Treebank vocabulary."""
UNKNOWN = "<unk>"
LINE_END = "<eos>"


@dataclass(frozen=True)
class HeldText(HeldDataset):
    """A text as positions in its vocabulary; the class count is the vocabulary's size."""

    kind = "tokens"

    vocabulary: tuple[str, ...]
    train: Tokens
    validation: Tokens | None
    """None where validation is cut from the end of `train`."""
    test: Tokens | None
    """None where the test part is cut from the end of `train`, before validation is."""

    @property
    def sample_shape(self) -> tuple[int]:
        """One token: how many make a sample is the split's to say."""
        return (1,)

    @property
    def train_count(self) -> int:
        """Tokens."""
        return len(self.train)

    @property
    def test_count(self) -> int:
        """Tokens."""
        return 0 if self.test is None else len(self.test)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over vocabulary and tokens as held; README.md states the bytes."""
        digest = hashlib.sha256(f"archloom dataset 1 {self.class_count} tokens\n".encode())
        digest.update(f"{json.dumps(self.vocabulary)}\n".encode())
        for name in ("train", "validation", "test"):
            part: Tokens | None = getattr(self, name)
            if part is not None:
                digest.update(f"{name} {len(part)}\n".encode())
                digest.update(np.ascontiguousarray(part, dtype="<i8").data)
        return digest.hexdigest()

    def divide(self, split: DatasetSplit) -> Division:
        """Cuts windows: training from the start, then validation, then testing."""
        rest, test = self._cut(self.train, self.test, split.test_share)
        train, validation = self._cut(rest, self.validation, split.validation_share)
        length = split.sequence_length
        starts = (0, *self._offsets(len(train), len(rest)))
        parts = [train, validation, test]
        counts = [max(len(part) - 1, 0) // length for part in parts]
        if min(counts) == 0:
            raise InvalidTask(
                f"Split of {split.name} leaves {counts[0]} windows of {length} tokens for"
                f" training, {counts[1]} for validation and {counts[2]} for testing, expected at"
                " least one each; choose other shares or a smaller sequenceLength"
            )
        if split.train_limit is not None:
            counts[0] = min(counts[0], split.train_limit)
        windows = (_windows(part, length, count) for part, count in zip(parts, counts, strict=True))
        train_part, validation_part, test_part = windows
        # One border more than windows, so that the length shows.
        borders = [
            start + length * np.arange(count + 1, dtype=np.int64)
            for start, count in zip(starts, counts, strict=True)
        ]
        return Division(
            train=train_part,
            validation=validation_part,
            test=test_part,
            normalization=Normalization((), ()),
            split_hash=SplitIndices(*borders).digest(),
        )

    def _cut(self, pool: Tokens, official: Tokens | None, share: float) -> tuple[Tokens, Tokens]:
        if official is not None:
            return pool, official
        kept = len(pool) - rounded_share(share, len(pool))
        return pool[:kept], pool[kept:]

    def _offsets(self, train: int, rest: int) -> tuple[int, int]:
        """Where validation and test start in the file that they are cut from."""
        return (train if self.validation is None else 0, rest if self.test is None else 0)


def _windows(tokens: Tokens, length: int, count: int) -> Part:
    end = count * length
    return Part(tokens[:end].reshape(count, length), tokens[1 : end + 1].reshape(count, length))


# Characters ---------------------------------------------------------------------------------------


def hold_characters(name: DatasetName, path: Path, *, published: Mapping[int, str]) -> HeldText:
    """A text by characters: its vocabulary is the characters in it, by code point.

    Args:
        name: The data set's name.
        path: UTF-8, plain or gzip.
        published: SHA-256 of the published content, by its number of characters.

    Raises:
        DataError: When the file is corrupt.
    """
    text = _text(path)
    _verify(path, len(text), text, published)
    points = np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
    vocabulary, tokens = np.unique(points, return_inverse=True)
    characters = tuple(map(chr, vocabulary))
    return HeldText(name, len(characters), path, characters, tokens.astype(np.int64), None, None)


# Words --------------------------------------------------------------------------------------------


def hold_words(
    name: DatasetName, parts: Sequence[Path], *, published: Mapping[int, str]
) -> HeldText:
    """A text by words, split at white space, each line with an end of its own.

    The vocabulary is that of the training text: `<unk>`, `<eos>`, then its most frequent words,
    equally frequent ones by code point, `VOCABULARY_LIMIT` in all. What is not in it is `<unk>`.

    Args:
        name: The data set's name.
        parts: The training, validation and test text; or two of them, of which the first is both
            trained on and, at its end, validated on.
        published: SHA-256 of the published validation and test words, joined by single spaces, by
            their number.

    Raises:
        DataError: When a file is corrupt.
    """
    texts = [_words(path) for path in parts]
    for path, words in list(zip(parts, texts, strict=True))[-2:]:
        _verify(path, len(words), " ".join(words), published)
    frequencies = Counter(texts[0])
    for special in (UNKNOWN, LINE_END):
        frequencies.pop(special, None)
    ranked = sorted(frequencies, key=lambda word: (-frequencies[word], word))
    vocabulary = (UNKNOWN, LINE_END, *ranked[: VOCABULARY_LIMIT - 2])
    positions = {word: position for position, word in enumerate(vocabulary)}
    tokens = [_looked_up(words, positions) for words in texts]
    return HeldText(
        name,
        len(vocabulary),
        parts[0].parent,
        vocabulary,
        train=tokens[0],
        validation=tokens[1] if len(tokens) == 3 else None,
        test=tokens[-1],
    )


def _words(path: Path) -> list[str]:
    return [word for line in _lines(_text(path)) for word in (*line.split(), LINE_END)]


def _lines(text: str) -> Iterable[str]:
    return text.removesuffix("\n").split("\n")


def _looked_up(words: Sequence[str], positions: Mapping[str, int]) -> Tokens:
    unknown = positions[UNKNOWN]
    return np.fromiter((positions.get(word, unknown) for word in words), np.int64, len(words))


# Files --------------------------------------------------------------------------------------------


def text_files(folder: Path, *names: str) -> list[Path] | None:
    """The files of these names, each plain or gzipped; None unless all are there."""
    found = [
        next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)
        for name in names
    ]
    whole = [path for path in found if path is not None]
    return whole if len(whole) == len(names) else None


def _text(path: Path) -> str:
    try:
        text = read_bytes(path).decode()
    except UnicodeDecodeError as error:
        raise DataError(
            "corrupt", f"{path} is not UTF-8 at byte {error.start}; fetch the file again"
        ) from error
    if len(text) < 2:
        raise DataError("corrupt", f"{path} holds no text; fetch the file again")
    return text


def _verify(path: Path, count: int, content: str, published: Mapping[int, str]) -> None:
    """Raises DataError unless the content is one of the published ones, where any is known."""
    if not published:
        return
    found = hashlib.sha256(content.encode()).hexdigest()
    if published.get(count) != found:
        raise DataError(
            "corrupt",
            f"{path} holds {count} tokens of the SHA-256 {found}, expected the published content"
            f" of {' or '.join(map(str, published))} tokens; fetch the file again",
        )
