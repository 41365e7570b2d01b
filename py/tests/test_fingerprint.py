import hashlib
import importlib.metadata
import os
import platform
import stat
from pathlib import Path

import msgspec
import pytest
import torch

from archloom_worker import fingerprint, schema
from archloom_worker.determinism import current_settings, settings_without_torch
from archloom_worker.errors import EnvironmentProblem
from archloom_worker.fingerprint import (
    blas_name,
    code_hash,
    cpu_model,
    driver_version,
    find_drift,
    installed_versions,
    measure_fingerprint,
    normalized_name,
    read_lock,
)

CONFIG = """PyTorch built with:
  - Intel(R) oneAPI Math Kernel Library Version 2024.2-Product Build 20240605 for Intel(R) 64
  - Intel(R) MKL-DNN v3.12.0 (Git Hash 80afa71049cd)
  - CPU capability usage: AVX512
  - Build settings: BLAS_INFO=mkl, BUILD_TYPE=Release"""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.lock"
    lines = [f"{name}=={importlib.metadata.version(name)}" for name in ("msgspec", "numpy")]
    path.write_text("\n".join(lines) + "\n", encoding="utf8")
    return path


def test_everything_is_measured(lock: Path) -> None:
    digits = schema.DatasetFacts(
        name="digits",
        kind="images",
        input_shape=(1, 8, 8),
        class_count=10,
        train_count=1797,
        test_count=0,
        content_hash="cc",
    )
    measured = measure_fingerprint(lock, torch.device("cpu"), current_settings("bitwise"), [digits])
    critical = measured.critical
    assert critical.python == platform.python_version()
    assert critical.torch == str(torch.__version__)
    assert critical.packages.keys() == {"msgspec", "numpy"}
    assert critical.drift == ()
    assert critical.lock_hash == hashlib.sha256(lock.read_bytes()).hexdigest()
    assert critical.intra_op_threads == torch.get_num_threads()
    assert critical.gpus == ()
    assert critical.datasets == (schema.DatasetIdentity(name="digits", content_hash="cc"),)
    assert measured.recorded.memory_bytes > 1 << 20
    assert measured.recorded.cpu_count >= 1
    encoded = msgspec.json.encode(measured)
    assert msgspec.json.decode(encoded, type=schema.Fingerprint) == measured


def test_the_same_machine_measures_the_same_twice(lock: Path) -> None:
    settings = current_settings("bitwise")
    twice = [measure_fingerprint(lock, torch.device("cpu"), settings, ()) for _ in range(2)]
    assert twice[0] == twice[1]


def test_a_lock_is_read_with_names_normalized(tmp_path: Path) -> None:
    path = tmp_path / "requirements.lock"
    path.write_bytes(b"Scikit_Learn==1.9.1\r\n\nzope.interface==7.0\n")
    versions, digest = read_lock(path)
    assert versions == {"scikit-learn": "1.9.1", "zope-interface": "7.0"}
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("line", ["torch", "torch>=2", "-r other.txt", "# note", "torch==2 ; x"])
def test_another_line_in_a_lock_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "requirements.lock"
    path.write_text(f"numpy==2.4.6\n{line}\n", encoding="utf8")
    with pytest.raises(EnvironmentProblem, match=r"Line 2 of .* must be package==version"):
        read_lock(path)


def test_a_lock_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match=r"nothing\.lock cannot be read"):
        read_lock(tmp_path / "nothing.lock")


def test_drift_is_what_is_missing_or_of_another_version() -> None:
    locked = {"torch": "2.13.0", "numpy": "2.4.6", "pyzmq": "27.3.0"}
    installed = {"torch": "2.13.0+cpu", "numpy": "2.4.5"}
    assert find_drift(locked, installed) == (
        schema.PackageDrift(package="numpy", locked="2.4.6", installed="2.4.5"),
        schema.PackageDrift(package="pyzmq", locked="27.3.0", installed=None),
    )


def test_installed_versions_are_full_and_leave_out_what_is_missing() -> None:
    found = installed_versions({"torch": "0", "no-such-package-at-all": "1"})
    assert found == {"torch": importlib.metadata.version("torch")}


def test_the_code_hash_follows_names_and_contents_of_python_files(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "a.py").write_text("x", encoding="utf8")
    (tmp_path / "data" / "b.py").write_text("y", encoding="utf8")
    first = code_hash(tmp_path)
    (tmp_path / "README.md").write_text("z", encoding="utf8")
    assert code_hash(tmp_path) == first
    (tmp_path / "data" / "b.py").write_text("yy", encoding="utf8")
    second = code_hash(tmp_path)
    (tmp_path / "data" / "b.py").rename(tmp_path / "data" / "c.py")
    assert len({first, second, code_hash(tmp_path)}) == 3


def test_the_blas_is_named_with_its_versions_and_instructions() -> None:
    assert blas_name(CONFIG) == "mkl 2024.2 20240605, mkl-dnn 3.12.0, AVX512"
    assert blas_name("BLAS_INFO=open, CPU capability usage: NEON") == "open, NEON"
    assert blas_name("") == "unknown"
    assert blas_name(torch.__config__.show()) != "unknown"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "processor\t: 0\nmodel name\t: Example CPU @ 3 GHz\nmodel name\t: Other",
            "Example CPU @ 3 GHz",
        ),
        ("Hardware\t: BCM2711\n", "BCM2711"),
        ("CPU implementer\t: 0x41\nCPU part\t: 0xd0c\n", "implementer 0x41 part 0xd0c"),
    ],
)
def test_the_processor_is_named_by_what_the_system_tells(
    tmp_path: Path, text: str, name: str
) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(text, encoding="utf8")
    assert cpu_model(path) == name


def test_a_processor_that_nothing_names_is_still_something(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text("bogomips: 1\n", encoding="utf8")
    assert cpu_model(path)
    assert cpu_model(tmp_path / "nothing")


def test_the_driver_is_read_from_the_module_else_asked_for_else_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "version"
    module.write_text("550.54.15\n", encoding="ascii")
    assert driver_version(module) == "550.54.15"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert driver_version(tmp_path / "nothing") == "unknown"
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 535.104.05\necho 535.104.05\n", encoding="ascii")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    assert driver_version(tmp_path / "nothing") == "535.104.05"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_the_gpu_is_measured(lock: Path) -> None:
    measured = measure_fingerprint(
        lock, torch.device("cuda", 0), current_settings("bitwise"), ()
    ).critical
    assert measured.device == "cuda"
    (gpu,) = measured.gpus
    assert gpu.name
    assert gpu.memory_bytes > 1 << 30
    assert gpu.driver != "unknown"
    assert measured.cuda is not None
    assert measured.cudnn is not None


def test_the_worker_code_is_hashed_where_it_lies() -> None:
    assert (fingerprint.PACKAGE_FOLDER / "schema.py").is_file()
    assert os.path.isabs(fingerprint.PACKAGE_FOLDER)


def test_without_a_lock_everything_that_is_installed_is_recorded() -> None:
    critical = measure_fingerprint(
        None, torch.device("cpu"), current_settings("bitwise"), ()
    ).critical
    assert critical.lock_hash is None
    assert critical.drift == ()
    assert critical.packages["torch"] == importlib.metadata.version("torch")
    assert "scikit-learn" in critical.packages
    names = [package.metadata["Name"] for package in importlib.metadata.distributions()]
    assert len(critical.packages) == len({normalized_name(name) for name in names})


def test_without_pytorch_nothing_is_said_of_it() -> None:
    settings = settings_without_torch("seeded", 3)
    critical = measure_fingerprint(None, None, settings, ()).critical
    assert (critical.torch, critical.blas, critical.cudnn) == (None, None, None)
    assert critical.float32_matmul_precision is None
    assert not critical.deterministic_algorithms
    assert (critical.device, critical.intra_op_threads) == ("cpu", 3)


def test_what_may_be_called_is_part_of_it() -> None:
    def measured(*modules: schema.ModuleIdentity) -> schema.CriticalFacts:
        return measure_fingerprint(
            None, None, settings_without_torch("seeded", 1), (), modules
        ).critical

    assert measured().modules is msgspec.UNSET
    own = schema.ModuleIdentity(name="team.training", content_hash="aa")
    assert measured(own).modules == (own,)
