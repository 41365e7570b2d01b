"""Paths of messages: what leads out of the worker's folder is refused."""

import contextlib
import os
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from training_support import WORK, Recorder, work

from archloom_worker import schema
from archloom_worker.errors import InvalidTask
from archloom_worker.run_folder import PATH_FIELDS, locate_file, locate_files
from archloom_worker.train import train


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with links in it and a secret beside it."""
    folder = tmp_path / "run"
    (folder / "artifacts").mkdir(parents=True)
    (tmp_path / "secret").write_text("")
    (tmp_path / "running").mkdir()
    (folder / "out").symlink_to(tmp_path)
    (folder / "file").symlink_to(tmp_path / "secret")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "inner").symlink_to(folder / "artifacts")
    return folder


@pytest.mark.parametrize(
    "path",
    ["artifacts/a.safetensors", "a", "new/folder/a", "artifacts/../b", "inner/a", "..a", "a b/ü"],
)
def test_a_path_inside_is_found_from_either_side(root: Path, path: str) -> None:
    place = locate_file(path, root)
    assert place == (root / path).resolve()
    assert locate_file(str(root / path), root) == place


@pytest.mark.parametrize(
    "path",
    [
        *["..", "../secret", "artifacts/../../secret", "/etc/passwd", "", ".", "artifacts/.."],
        *["out/secret", "out", "file", "out/run/../secret", "../running/a", "/", "//etc/passwd"],
        *["loop", "a\0b", "a/" * 4000],
    ],
)
def test_a_path_that_leads_out_is_refused(root: Path, path: str) -> None:
    if path in ("loop", "a/" * 4000):
        # A link to itself and a path that no system opens lead nowhere: refused here or on use.
        with contextlib.suppress(InvalidTask):
            assert locate_file(path, root).is_relative_to(root.resolve())
        return
    with pytest.raises(InvalidTask, match="The task names the file"):
        locate_file(path, root)


def test_without_a_folder_no_path_is_taken() -> None:
    with pytest.raises(InvalidTask, match="started without a folder"):
        locate_file("a", None)
    assert locate_files(WORK, None) is WORK


@settings(max_examples=500, deadline=None, database=None, derandomize=True)
@given(st.lists(st.sampled_from(["..", ".", "a", "/", "out", "inner", "\\", "%2e%2e", ""])))
def test_no_mixture_of_parts_leads_out(tmp_path_factory: Any, parts: list[str]) -> None:
    folder = tmp_path_factory.getbasetemp() / "mixture" / "run"
    if not folder.exists():
        (folder / "a").mkdir(parents=True)
        (folder / "out").symlink_to(folder.parent)
        (folder / "inner").symlink_to(folder / "a")
    try:
        place = locate_file("/".join(parts), folder)
    except InvalidTask:
        return
    assert os.path.realpath(place).startswith(os.path.realpath(folder) + os.sep)


REF = schema.CheckpointRef(path="../secret", sha256="0" * 64)


@pytest.mark.parametrize(
    "changes",
    [
        {"resume": REF},
        {"inherit": schema.Inheritance(checkpoint=REF, plan=())},
        {"checkpoint_path": "../secret"},
    ],
)
def test_every_path_of_a_training_is_looked_at(root: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidTask, match="secret"):
        locate_files(work(**changes), root)


def test_what_is_located_is_where_the_training_writes(root: Path) -> None:
    asked = work(to_epoch=1, checkpoint_path="artifacts/t000001.safetensors")
    train(locate_files(asked, root), Recorder().context())
    assert os.listdir(root / "artifacts") == ["t000001.safetensors"]


def fields_of(struct: Any) -> list[tuple[str, Any]]:
    """Every field of a type and of all below it, with its type."""
    found = []
    for field in msgspec.inspect.type_info(struct).fields:  # type: ignore[union-attr]
        inner = getattr(field.type, "types", (field.type,))
        found += [(field.name, kind) for kind in inner]
        for kind in inner:
            if isinstance(kind, msgspec.inspect.StructType):
                found += fields_of(kind.cls)
    return found


@pytest.mark.parametrize("kind", get_args(schema.TaskWork))
def test_no_kind_of_work_has_a_path_that_is_not_looked_at(kind: Any) -> None:
    names = {name for name, _ in fields_of(kind) if "path" in name or "file" in name}
    assert names <= set(PATH_FIELDS)
    holders = {
        info.cls
        for _, info in fields_of(kind)
        if isinstance(info, msgspec.inspect.StructType) and fields_with_path(info.cls)
    }
    assert holders <= {schema.CheckpointRef, schema.Inheritance}


def fields_with_path(struct: Any) -> bool:
    return any(name in PATH_FIELDS for name, _ in fields_of(struct))
