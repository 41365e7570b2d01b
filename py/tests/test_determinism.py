"""Flags hold for a whole process, so each mode is set in one of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from archloom_worker.determinism import choose_device, hide_devices, prepare_environment
from archloom_worker.errors import EnvironmentProblem

SET_ALL_MODES = """
import dataclasses, json, os, sys
from archloom_worker.determinism import MODES, apply_flags, prepare_environment
assert "torch" not in sys.modules and "numpy" not in sys.modules
prepare_environment("bitwise", 1)
import torch
seen = []
for mode in MODES:
    if mode != "bitwise":
        os.environ.pop("CUBLAS_WORKSPACE_CONFIG", None)
    if mode == MODES[0]:
        settings = apply_flags(mode, 1, torch.device("cpu"))
    else:
        torch.set_num_interop_threads = lambda count: None  # may be set once a process
        settings = apply_flags(mode, 1, torch.device("cpu"))
    seen.append(dataclasses.asdict(settings))
print(json.dumps({"settings": seen, "compiler": "torch._inductor" in sys.modules}))
"""


@pytest.fixture(scope="module")
def process() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", SET_ALL_MODES],
        cwd=Path(__file__).parents[1],
        check=True,
        capture_output=True,
        text=True,
    )
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def test_each_mode_sets_what_it_promises(process: dict[str, Any]) -> None:
    threads = {"intra_op_threads": 1, "inter_op_threads": 1}
    assert process["settings"] == [
        {
            "determinism": "bitwise",
            "deterministic_algorithms": True,
            "cudnn_benchmark": False,
            "float32_matmul_precision": "highest",
            "cudnn_allow_tf32": False,
            "cublas_workspace_config": ":4096:8",
            **threads,
        },
        {
            "determinism": "seeded",
            "deterministic_algorithms": False,
            "cudnn_benchmark": False,
            "float32_matmul_precision": "highest",
            "cudnn_allow_tf32": True,
            "cublas_workspace_config": None,
            **threads,
        },
        {
            "determinism": "fast",
            "deterministic_algorithms": False,
            "cudnn_benchmark": True,
            "float32_matmul_precision": "high",
            "cudnn_allow_tf32": True,
            "cublas_workspace_config": None,
            **threads,
        },
    ]


def test_setting_the_flags_does_not_load_the_compiler(process: dict[str, Any]) -> None:
    assert process["compiler"] is False


def test_bitwise_fixes_the_workspace_and_every_mode_the_threads() -> None:
    environ = {"NVIDIA_TF32_OVERRIDE": "1", "CUBLAS_WORKSPACE_CONFIG": ":16:8", "OTHER": "1"}
    prepare_environment("bitwise", 3, environ)
    assert environ == {
        "OMP_NUM_THREADS": "3",
        "MKL_NUM_THREADS": "3",
        "OPENBLAS_NUM_THREADS": "3",
        "OMP_DYNAMIC": "FALSE",
        "MKL_DYNAMIC": "FALSE",
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
        "TORCHINDUCTOR_DETERMINISTIC": "1",
        "OTHER": "1",
    }


def test_other_modes_leave_the_workspace_to_the_user() -> None:
    environ = {"CUBLAS_WORKSPACE_CONFIG": ":16:8"}
    prepare_environment("seeded", 1, environ)
    assert environ["CUBLAS_WORKSPACE_CONFIG"] == ":16:8"


def test_a_worker_on_the_processor_is_shown_no_gpu() -> None:
    environ = {"CUDA_VISIBLE_DEVICES": "0,1"}
    hide_devices("cuda:1", environ)
    assert environ == {"CUDA_VISIBLE_DEVICES": "0,1"}
    hide_devices("cpu", environ)
    assert environ == {"CUDA_VISIBLE_DEVICES": ""}


def test_it_is_too_late_once_pytorch_is_loaded() -> None:
    with pytest.raises(EnvironmentProblem, match="before its environment"):
        prepare_environment("bitwise", 1)


def test_the_cpu_is_always_there() -> None:
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_a_gpu_that_is_not_there_is_refused_with_the_mend() -> None:
    with pytest.raises(EnvironmentProblem, match=r"cuda:0 was asked for.* or use --device cpu"):
        choose_device("cuda:0")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_is_found_and_a_further_one_refused() -> None:
    assert choose_device("cuda") == torch.device("cuda", 0)
    with pytest.raises(EnvironmentProblem, match="numbered from 0"):
        choose_device("cuda:99")
