"""States that functions keep, in environments that have no PyTorch."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest
import torch

from archloom_worker.tensor_file import pack, read_tensors, write_tensors
from tests.test_tensor_file import same

SOURCE = Path(__file__).parents[1]

PROGRAM = """
import json, sys
import numpy as np
from archloom_worker import schema
from archloom_worker.errors import WorkerError
from archloom_worker.reporter import Reporter

given = json.loads(sys.argv[1])
resume = given["resume"] and schema.CheckpointRef(**given["resume"])
reporter = Reporter(on_report=print, check=lambda: None, should_stop=lambda: False,
                    resume=resume, checkpoint_path=given["path"])
try:
    state = reporter.load()
    reporter.save(state or {"trees": [np.arange(3), np.array(0.5)], "classes": ("a", "b"), "n": 7})
    answer = {"path": reporter.saved.path, "sha256": reporter.saved.sha256}
except WorkerError as error:
    answer = {"refused": error.message}
print(json.dumps({**answer, "torch": "torch" in sys.modules}))
"""

STATE = {"trees": [np.arange(3), np.array(0.5)], "classes": ("a", "b"), "n": 7}


class Environment:
    """This Python with no installed packages but some."""

    def __init__(self, folder: Path, packages: tuple[str, ...]) -> None:
        self._folder = folder
        here = Path(sysconfig.get_path("purelib"))
        for package in packages:
            for part in here.glob(f"{package}*"):
                (folder / part.name).symlink_to(part)

    def keep(self, path: Path, resume: dict[str, str] | None = None) -> dict[str, str]:
        given = json.dumps({"path": str(path), "resume": resume})
        ended = subprocess.run(
            [sys.executable, "-S", "-c", PROGRAM, given],
            env={"PYTHONPATH": f"{self._folder}:{SOURCE}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        answer: dict[str, str] = json.loads(ended.stdout)
        assert answer.pop("torch") is False
        return answer


NUMPY = ("numpy", "msgspec", "typing_extensions")


@pytest.fixture
def numpy_only(tmp_path: Path) -> Environment:
    folder = tmp_path / "packages"
    folder.mkdir()
    return Environment(folder, (*NUMPY, "safetensors"))


def test_arrays_are_kept_without_pytorch(numpy_only: Environment, tmp_path: Path) -> None:
    first = numpy_only.keep(tmp_path / "first")
    second = numpy_only.keep(tmp_path / "second", first)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes() == pack(STATE)
    assert second["sha256"] == first["sha256"]


def test_tensors_of_pytorch_are_refused_without_it(numpy_only: Environment, tmp_path: Path) -> None:
    saved = write_tensors(tmp_path / "saved", {"weights": [torch.ones(2)], "array": np.ones(1)})
    ref = {"path": saved.path, "sha256": saved.sha256}
    answer = numpy_only.keep(tmp_path / "other", ref)
    assert "tensors of PyTorch" in answer["refused"]
    assert "load it where PyTorch is installed" in answer["refused"]
    assert same(read_tensors(saved)["array"], np.ones(1))


def test_no_safetensors_is_told_with_the_mend(tmp_path: Path) -> None:
    folder = tmp_path / "packages"
    folder.mkdir()
    answer = Environment(folder, NUMPY).keep(tmp_path / "state")
    assert "has no safetensors" in answer["refused"]
    assert "install it there" in answer["refused"]
