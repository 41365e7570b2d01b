"""How exactly a result repeats: environment variables before PyTorch starts, its flags after.

This file is imported before PyTorch, and must not import it at the top: OpenMP, MKL and cuBLAS read
their variables once. What each mode promises stands in README.md.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, TypeAlias

from archloom_worker.errors import EnvironmentProblem

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    import torch

Determinism: TypeAlias = Literal["bitwise", "seeded", "fast"]
MODES: tuple[Determinism, ...] = ("bitwise", "seeded", "fast")

CUBLAS_WORKSPACE = ":4096:8"
"""cuBLAS is deterministic only with a fixed workspace: PyTorch, "Reproducibility"."""

OVERRIDES = ("NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE")
"""Variables that overrule the precision flags from outside, unseen by the fingerprint."""


@dataclass(frozen=True)
class Settings:
    """What is really set, as the fingerprint records it."""

    determinism: Determinism
    deterministic_algorithms: bool
    cudnn_benchmark: bool
    float32_matmul_precision: str | None
    """None without PyTorch."""
    cudnn_allow_tf32: bool
    cublas_workspace_config: str | None
    intra_op_threads: int
    inter_op_threads: int


def prepare_environment(
    mode: Determinism, threads: int, environ: MutableMapping[str, str] | None = None
) -> None:
    """Sets the variables that PyTorch's libraries read when they are loaded.

    Args:
        mode: What is promised.
        threads: Threads of one operation.
        environ: Where to set them; the process's own environment when left out.

    Raises:
        EnvironmentProblem: When PyTorch is loaded already, and would not read them any more.
    """
    if environ is None:
        if "torch" in sys.modules:
            raise EnvironmentProblem("PyTorch was imported before its environment was prepared")
        environ = os.environ
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        environ[name] = str(threads)
    for name in ("OMP_DYNAMIC", "MKL_DYNAMIC"):
        environ[name] = "FALSE"  # fewer threads under load would add up in another order
    for name in OVERRIDES:
        environ.pop(name, None)
    if mode == "bitwise":
        environ["CUBLAS_WORKSPACE_CONFIG"] = CUBLAS_WORKSPACE
        environ["TORCHINDUCTOR_DETERMINISTIC"] = "1"  # the compiler's own flag


def hide_devices(device: str, environ: MutableMapping[str, str] | None = None) -> None:
    """Shows a worker on the processor no GPU, before PyTorch looks for some.

    Functions of users often take a GPU where there is one; the fingerprint would say that they ran
    on the processor.
    """
    if device == "cpu":
        (os.environ if environ is None else environ)["CUDA_VISIBLE_DEVICES"] = ""


def torch_installed() -> bool:
    """Whether this environment has PyTorch: one without it can serve calls alone."""
    return find_spec("torch") is not None


def apply_flags(mode: Determinism, threads: int, device: torch.device | None) -> Settings:
    """Sets PyTorch's own flags; once a process, before any work.

    Args:
        mode: What is promised.
        threads: Threads of one operation.
        device: Where the work will be done. On CUDA an operation without a deterministic kernel
            warns, which the log records; on the CPU it is an error. None without PyTorch, where
            there is nothing to set.

    Returns:
        What PyTorch says is set afterwards.
    """
    if device is None:
        return settings_without_torch(mode, threads)
    import torch  # noqa: PLC0415 - after prepare_environment

    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)  # eager training runs one operation at a time
    exact = mode == "bitwise"
    # Same as use_deterministic_algorithms, which however imports the compiler: 3 s more to start.
    wanted = "default" if not exact else "warn" if device.type == "cuda" else "error"
    torch.set_deterministic_debug_mode(wanted)
    # Filling every fresh tensor costs time and changes nothing: no operation here reads one unset.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.deterministic = exact
    torch.backends.cudnn.benchmark = mode == "fast"
    torch.backends.cudnn.allow_tf32 = not exact
    torch.set_float32_matmul_precision("high" if mode == "fast" else "highest")
    return current_settings(mode)


def current_settings(mode: Determinism) -> Settings:
    """Reads back what is set."""
    import torch  # noqa: PLC0415 - after prepare_environment

    return Settings(
        determinism=mode,
        deterministic_algorithms=torch.are_deterministic_algorithms_enabled(),
        cudnn_benchmark=torch.backends.cudnn.benchmark,
        float32_matmul_precision=torch.get_float32_matmul_precision(),
        cudnn_allow_tf32=torch.backends.cudnn.allow_tf32,
        cublas_workspace_config=os.environ.get("CUBLAS_WORKSPACE_CONFIG"),
        intra_op_threads=torch.get_num_threads(),
        inter_op_threads=torch.get_num_interop_threads(),
    )


def settings_without_torch(mode: Determinism, threads: int) -> Settings:
    """What holds where there is no PyTorch: nothing is enforced but the count of threads."""
    return Settings(
        determinism=mode,
        deterministic_algorithms=False,
        cudnn_benchmark=False,
        float32_matmul_precision=None,
        cudnn_allow_tf32=False,
        cublas_workspace_config=os.environ.get("CUBLAS_WORKSPACE_CONFIG"),
        intra_op_threads=threads,
        inter_op_threads=1,
    )


def choose_device(name: str) -> torch.device | None:
    """The device by its name on the command line: `cpu`, `cuda` or `cuda:1`.

    Returns:
        None in an environment without PyTorch, where `cpu` is all there is.

    Raises:
        EnvironmentProblem: When there is no such device here.
    """
    if not torch_installed():
        if name == "cpu":
            return None
        raise EnvironmentProblem(
            f"Device {name} was asked for, but the environment {sys.prefix} has no PyTorch, "
            "install a CUDA build of it, or use --device cpu"
        )
    import torch  # noqa: PLC0415 - after prepare_environment

    device = torch.device(name)
    if device.type == "cpu":
        return device
    if not torch.cuda.is_available():
        built = torch.version.cuda
        why = (
            f"PyTorch {torch.__version__} is built without CUDA, use the environment for cuda"
            if built is None
            else f"PyTorch finds no GPU for CUDA {built}, check the driver with nvidia-smi"
        )
        raise EnvironmentProblem(f"Device {name} was asked for, but {why}, or use --device cpu")
    index = device.index or 0
    count = torch.cuda.device_count()
    if index >= count:
        raise EnvironmentProblem(
            f"Device {name} was asked for, but there are {count} GPUs, numbered from 0"
        )
    torch.cuda.set_device(index)
    return torch.device("cuda", index)
