"""The published graph hash of NAS-Bench-101, written the plain way; see hash-101.ts.

Reads lines `vertices,adjacency,operations`, hashes each cell and prints one JSON object: seconds of
processor time for the hashing alone, the number of cells, and a checksum of the hashes.
"""

import hashlib
import json
import sys
import time

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.int8]


def hash_cell(matrix: Matrix, labels: list[int]) -> str:
    """The hash of a pruned cell: labels are -1, the operations' numbers, -2."""
    vertices = len(labels)
    in_degrees = matrix.sum(axis=0).tolist()
    out_degrees = matrix.sum(axis=1).tolist()
    degrees = zip(out_degrees, in_degrees, labels, strict=True)
    hashes = [hashlib.md5(str(start).encode()).hexdigest() for start in degrees]
    for _ in range(vertices):
        refined = []
        for v in range(vertices):
            incoming = sorted(hashes[w] for w in range(vertices) if matrix[w, v])
            outgoing = sorted(hashes[w] for w in range(vertices) if matrix[v, w])
            message = "".join(incoming) + "|" + "".join(outgoing) + "|" + hashes[v]
            refined.append(hashlib.md5(message.encode()).hexdigest())
        hashes = refined
    return hashlib.md5(str(sorted(hashes)).encode()).hexdigest()


def read_cell(line: str) -> tuple[Matrix, list[int]]:
    """A matrix and labels from a line of the table."""
    vertices_text, adjacency_text, operations = line.rstrip("\n").split(",")
    vertices, adjacency = int(vertices_text), int(adjacency_text)
    matrix = np.zeros((vertices, vertices), dtype=np.int8)
    for target in range(vertices):
        for source in range(target):
            matrix[source, target] = adjacency >> (source + target * (target - 1) // 2) & 1
    return matrix, [-1, *(int(digit) for digit in operations), -2]


def main() -> None:
    """Hashes standard input."""
    cells = [read_cell(line) for line in sys.stdin]
    start = time.process_time()
    hashes = [hash_cell(matrix, labels) for matrix, labels in cells]
    seconds = time.process_time() - start
    checksum = hashlib.sha256("\n".join(hashes).encode()).hexdigest()
    print(json.dumps({"seconds": seconds, "cells": len(hashes), "checksum": checksum}))


if __name__ == "__main__":
    main()
