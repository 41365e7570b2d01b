"""What a worker runs on, measured: the facts that stand on every result.

`critical` facts decide whether two results may be compared; see src/protocol/fingerprint.ts, which
defines them.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from archloom_worker import schema
from archloom_worker.errors import EnvironmentProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import torch

    from archloom_worker.determinism import Settings

PACKAGE_FOLDER = Path(__file__).parent
NVIDIA_SMI_SECONDS = 10.0
"""nvidia-smi takes about a second, longer while a driver wakes up."""

_LOCK_LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9][A-Za-z0-9.!+_-]*)")


def measure_fingerprint(
    lock: Path | None,
    device: torch.device | None,
    settings: Settings,
    datasets: Sequence[schema.DatasetFacts],
    modules: Sequence[schema.ModuleIdentity] = (),
) -> schema.Fingerprint:
    """Measures everything.

    Args:
        lock: The lock file of the environment; None for one that no lock pins, which is known by
            all that is installed.
        device: Where the work will be done; None in an environment without PyTorch.
        settings: What `determinism.apply_flags` has set.
        datasets: The data sets that were found.
        modules: The user's modules that may be called.

    Raises:
        EnvironmentProblem: When the lock file cannot be read.
    """
    locked, lock_hash = ({}, None) if lock is None else read_lock(lock)
    packages = all_versions() if lock is None else installed_versions(locked)
    build = torch_build(device)
    identities = tuple(
        schema.DatasetIdentity(name=facts.name, content_hash=facts.content_hash)
        for facts in sorted(datasets, key=lambda facts: facts.name)
    )
    critical = schema.CriticalFacts(
        python=platform.python_version(),
        torch=build.version,
        cuda=build.cuda,
        cudnn=build.cudnn,
        blas=build.blas,
        packages=packages,
        lock_hash=lock_hash,
        drift=find_drift(locked, packages),
        worker_code=code_hash(PACKAGE_FOLDER),
        system=platform.system(),
        machine=platform.machine(),
        cpu=cpu_model(),
        device="cpu" if device is None or device.type == "cpu" else "cuda",
        gpus=() if device is None or device.type == "cpu" else (gpu_facts(device),),
        intra_op_threads=settings.intra_op_threads,
        inter_op_threads=settings.inter_op_threads,
        determinism=settings.determinism,
        deterministic_algorithms=settings.deterministic_algorithms,
        cudnn_benchmark=settings.cudnn_benchmark,
        float32_matmul_precision=settings.float32_matmul_precision,
        cudnn_allow_tf32=settings.cudnn_allow_tf32,
        cublas_workspace_config=settings.cublas_workspace_config,
        datasets=identities,
        modules=tuple(modules) if modules else msgspec.UNSET,
    )
    return schema.Fingerprint(critical=critical, recorded=recorded_facts())


@dataclass(frozen=True)
class TorchBuild:
    """What PyTorch says of itself; None of it without PyTorch."""

    version: str | None = None
    cuda: str | None = None
    cudnn: str | None = None
    blas: str | None = None


def torch_build(device: torch.device | None) -> TorchBuild:
    """The build of PyTorch that the device belongs to; an empty one for None."""
    if device is None:
        return TorchBuild()
    import torch  # noqa: PLC0415 - an environment without it has no device

    cudnn: int | None = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]
    return TorchBuild(
        version=str(torch.__version__),  # a subclass of str, which msgspec refuses
        cuda=torch.version.cuda,
        cudnn=None if cudnn is None else str(cudnn),
        blas=blas_name(torch.__config__.show()),
    )


def recorded_facts() -> schema.RecordedFacts:
    """What is kept for people to read, and compared by nobody."""
    return schema.RecordedFacts(
        os_release=platform.release(),
        cpu_count=os.cpu_count() or 1,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        python_executable=sys.executable,
    )


def read_lock(path: Path) -> tuple[dict[str, str], str]:
    """Reads a lock file: one `package==version` a line, nothing else but empty lines.

    Returns:
        Versions by normalized package name, and the SHA-256 of the file's bytes.

    Raises:
        EnvironmentProblem: When it cannot be read, or a line is of another form.
    """
    try:
        content = path.read_bytes()
        lines = content.decode("utf8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentProblem(f"The lock file {path} cannot be read: {error}") from error
    versions: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        match = _LOCK_LINE.fullmatch(line.strip())
        if match is None:
            raise EnvironmentProblem(
                f"Line {number} of {path} must be package==version, but is {line.strip()!r}, "
                "write the lock anew with: archloom env lock"
            )
        versions[normalized_name(match[1])] = match[2]
    return versions, hashlib.sha256(content).hexdigest()


def installed_versions(
    locked: Mapping[str, str], version_of: Callable[[str], str] = importlib.metadata.version
) -> dict[str, str]:
    """Full installed versions, local part included, of the locked packages that are there."""
    found: dict[str, str] = {}
    for name in sorted(locked):
        try:
            found[name] = version_of(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def all_versions() -> dict[str, str]:
    """Full versions of every package that Python finds, by normalized name."""
    found: dict[str, str] = {}
    for package in importlib.metadata.distributions():
        # An unfinished removal leaves packages without a name behind.
        name: str | None = package.metadata["Name"]
        if name:
            found.setdefault(normalized_name(name), package.version)  # as import finds them
    return dict(sorted(found.items()))


def find_drift(
    locked: Mapping[str, str], installed: Mapping[str, str]
) -> tuple[schema.PackageDrift, ...]:
    """Where installed packages differ from the lock, local version parts ignored."""
    return tuple(
        schema.PackageDrift(package=name, locked=version, installed=installed.get(name))
        for name, version in sorted(locked.items())
        if name not in installed or public_version(installed[name]) != public_version(version)
    )


def normalized_name(name: str) -> str:
    """See PEP 503, "Normalized Names"."""
    return re.sub(r"[-_.]+", "-", name).lower()


def public_version(version: str) -> str:
    """See PEP 440, "Local version identifiers": what stands before a `+`."""
    return version.split("+", 1)[0]


def code_hash(folder: Path) -> str:
    """SHA-256 over every Python file below a folder: its relative path, its length, its bytes."""
    digest = hashlib.sha256()
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.py")}
    for name, path in sorted(files.items()):
        content = path.read_bytes()
        digest.update(f"{name}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def blas_name(config: str) -> str:
    """The libraries that do the arithmetic and the instructions they use, from PyTorch's own words.

    Args:
        config: What `torch.__config__.show()` says.

    Returns:
        Such as `mkl 2024.2 20240605, mkl-dnn 3.12.0, AVX2`.
    """
    blas = re.search(r"BLAS_INFO=(\w+)", config)
    mkl = re.search(r"Math Kernel Library Version (\d[\d.]*)\S* Build (\d+)", config)
    dnn = re.search(r"MKL-DNN v([\d.]+)", config)
    instructions = re.search(r"CPU capability usage: (\S+)", config)
    name = blas[1] if blas else "unknown"
    parts = [f"{name} {mkl[1]} {mkl[2]}" if mkl and name == "mkl" else name]
    if dnn:
        parts.append(f"mkl-dnn {dnn[1]}")
    if instructions:
        parts.append(instructions[1])
    return ", ".join(parts)


def cpu_model(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name; where none is told, as on some ARM machines, its part numbers."""
    facts: dict[str, str] = {}
    try:
        for line in cpuinfo.read_text(encoding="utf8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            facts.setdefault(key.strip().lower(), value.strip())
    except OSError:
        return _run_line(["sysctl", "-n", "machdep.cpu.brand_string"], 5.0) or _fallback_cpu()
    if name := facts.get("model name") or facts.get("hardware"):
        return name
    if "cpu part" in facts:
        return f"implementer {facts.get('cpu implementer', '?')} part {facts['cpu part']}"
    return _fallback_cpu()


def gpu_facts(device: torch.device) -> schema.Gpu:
    """The GPU that the worker uses."""
    import torch  # noqa: PLC0415 - an environment without it has no device

    facts = torch.cuda.get_device_properties(device)
    return schema.Gpu(
        name=facts.name,
        memory_bytes=facts.total_memory,
        driver=driver_version(),
        capability=f"{facts.major}.{facts.minor}",
    )


def driver_version(module: Path = Path("/sys/module/nvidia/version")) -> str:
    """The NVIDIA driver's version, or `unknown`."""
    try:
        return module.read_text(encoding="ascii").strip()
    except OSError:
        query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
        return _run_line(query, NVIDIA_SMI_SECONDS) or "unknown"


def _run_line(command: Sequence[str], seconds: float) -> str | None:
    try:
        done = subprocess.run(
            command,
            check=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=seconds,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    lines = done.stdout.strip().splitlines()
    return lines[0].strip() if lines else None


def _fallback_cpu() -> str:
    return platform.processor() or platform.machine() or "unknown"
