"""Messages that were right once: the golden vectors, changed in ways that an attacker would try."""

import base64
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[2] / "test" / "vectors" / "protocol"

Parts = list[bytes]


def seeds(direction: str) -> list[Parts]:
    """The valid messages in one direction, and the raw ones."""
    found: list[Parts] = []
    for path in sorted(VECTORS.glob("*.json")):
        for vector in json.loads(path.read_text(encoding="utf8")):
            if "parts" in vector:
                found.append([base64.b64decode(part) for part in vector["parts"]])
            elif vector["direction"] == direction and vector["valid"]:
                header = json.dumps(vector["header"]).encode()
                frames = map(base64.b64decode, vector.get("frames", []))
                found.append([b"ALP/1", header, *frames])
    return found


def mutate(seed: Parts, draw: random.Random) -> Parts:
    """The message after one to three changes; the seed stays as it is."""
    parts = list(seed)
    for _ in range(draw.randint(1, 3)):
        parts = draw.choice(STEPS)(parts, draw)
    return parts


def _nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


VALUES: list[Any] = [
    *(None, True, 0, -1, 0.5, -0.0, 1e308, 5e-324, 2**53, -(2**63), 2**64, 2**200),
    *("", "x", "\0", "../../etc/passwd", "x" * 70_000, "__class__", "é" * 300, "nan"),
    *([], {}, [[]], _nested(62), _nested(64), _nested(900), [0] * 2000),
    *({"type": "run"}, {"kind": "train"}, {"__class__": "os.system"}, {"py/object": "os.system"}),
]
KEYS = ["__class__", "__init__", "__proto__", "surplus", "type", "kind", "task", "lease", ""]
NUMBERS = [b"1e999", b"-1e999", b"9" * 5000, b"NaN", b"Infinity", b"1e-999", b"0x10", b"01", b"-"]
RUDE = [
    *(b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\0", b'"', b"\\", b"\\ud800"),
    *(b"[[" * 50, b'{"a":' * 5000, b"[" * 100_000, b'"__class__":{},'),
]
TAGS = [b"ALP/2", b"ALP/0", b"ALP/999999999", b"ALP/9999999999", b"ALP/", b"alp/1", b"", b"ALP/1 "]


def _in_header(edit: Callable[[bytes, random.Random], bytes]) -> Callable[..., Parts]:
    def step(parts: Parts, draw: random.Random) -> Parts:
        if len(parts) < 2 or not parts[1]:
            return parts
        return [parts[0], edit(parts[1], draw), *parts[2:]]

    return step


def _in_tree(edit: Callable[[Any, random.Random], Any]) -> Callable[..., Parts]:
    def change(header: bytes, draw: random.Random) -> bytes:
        try:
            tree = json.loads(header)
            places = [([], tree)] if not isinstance(tree, dict | list) else list(_places(tree, []))
            path, _ = draw.choice(places)
            return json.dumps(_edited(tree, path, lambda node: edit(node, draw))).encode()
        except (ValueError, RecursionError):
            return header  # an earlier change has made it no JSON

    return _in_header(change)


def _places(node: Any, path: list[Any]) -> Any:
    yield path, node
    if len(path) > 20:
        return
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, item in list(items)[:200]:
        if isinstance(item, dict | list):
            yield from _places(item, [*path, key])
        else:
            yield [*path, key], item


def _edited(node: Any, path: list[Any], edit: Callable[[Any], Any]) -> Any:
    if not path:
        return edit(node)
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[path[0]] = _edited(node[path[0]], path[1:], edit)
    return copy


def _flip(header: bytes, draw: random.Random) -> bytes:
    changed = bytearray(header)
    changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def _insert(header: bytes, draw: random.Random) -> bytes:
    start = draw.randrange(len(header))
    return header[:start] + draw.choice(RUDE) + header[start:]


def _repeat(header: bytes, draw: random.Random) -> bytes:
    start = draw.randrange(len(header))
    return header[:start] + header[start : start + 40] + header[start:]


def _number(header: bytes, draw: random.Random) -> bytes:
    digits = [place for place, byte in enumerate(header) if chr(byte).isdigit()]
    if not digits:
        return header
    place = draw.choice(digits)
    return header[:place] + draw.choice(NUMBERS) + header[place + 1 :]


def _with_key(node: Any, draw: random.Random) -> Any:
    key, value = draw.choice(KEYS), draw.choice(VALUES)
    return {**node, key: value} if isinstance(node, dict) else [node, node]


def _without_key(node: Any, draw: random.Random) -> Any:
    if not isinstance(node, dict) or not node:
        return {}
    gone = draw.choice(list(node))
    return {key: value for key, value in node.items() if key != gone}


def _cut_frame(parts: Parts, draw: random.Random) -> Parts:
    if len(parts) < 3:
        return parts
    place = draw.randrange(2, len(parts))
    return [*parts[:place], parts[place][: draw.randint(0, len(parts[place]))], *parts[place + 1 :]]


STEPS: list[Callable[[Parts, random.Random], Parts]] = [
    _in_header(_flip),
    _in_header(_insert),
    _in_header(_repeat),
    _in_header(_number),
    _in_header(lambda header, draw: header[: draw.randrange(len(header))]),
    _in_header(lambda header, _draw: b'{"type":null,' + header[1:]),
    _in_tree(lambda _node, draw: draw.choice(VALUES)),
    _in_tree(lambda _node, draw: draw.choice(VALUES)),
    _in_tree(_with_key),
    _in_tree(_without_key),
    lambda parts, draw: [*parts, draw.choice([bytes(draw.randrange(64)), *parts])],
    lambda parts, _draw: parts[:-1],
    lambda parts, _draw: parts[1:],
    lambda parts, draw: [draw.choice(TAGS), *parts[1:]],
    lambda parts, draw: [*parts, *[b""] * draw.randrange(1200)],
    _cut_frame,
]
