import sys
from pathlib import Path

import pytest

from archloom_worker.errors import EnvironmentProblem
from archloom_worker.module_sources import module_hash


@pytest.fixture
def team(tmp_path: Path) -> Path:
    write(tmp_path / "team" / "__init__.py", "")
    write(tmp_path / "team" / "training.py", "import numpy\nfrom .parts import model\n")
    write(tmp_path / "team" / "parts" / "__init__.py", "")
    write(tmp_path / "team" / "parts" / "model.py", "from ..data import load\n")
    write(tmp_path / "team" / "data.py", "def load():\n    import loaders\n")
    write(tmp_path / "loaders.py", "")
    write(tmp_path / "stranger.py", "")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf8")


def hash_after(folder: Path, changed: str) -> str:
    path = folder / changed
    path.write_text(path.read_text(encoding="utf8") + "# changed\n", encoding="utf8")
    return module_hash("team.training", [folder])


@pytest.mark.parametrize(
    "changed",
    [
        "team/training.py",
        "team/__init__.py",
        "team/parts/__init__.py",
        "team/parts/model.py",
        "team/data.py",
        "loaders.py",
    ],
)
def test_a_change_anywhere_in_what_a_module_imports_is_seen(team: Path, changed: str) -> None:
    before = module_hash("team.training", [team])
    assert module_hash("team.training", [team]) == before
    assert hash_after(team, changed) != before


def test_what_it_does_not_import_is_not_its_code(team: Path) -> None:
    before = module_hash("team.training", [team])
    assert hash_after(team, "stranger.py") == before


def test_where_the_folders_lie_does_not_matter(team: Path) -> None:
    before = module_hash("team.training", [team])
    moved = team.rename(team.with_name("elsewhere"))
    assert module_hash("team.training", [Path("/nowhere"), moved]) == before


def test_a_folder_is_looked_through_before_the_next_one(team: Path, tmp_path: Path) -> None:
    before = module_hash("team.training", [team])
    first = tmp_path / "first"
    write(first / "loaders.py", "x = 1\n")
    assert module_hash("team.training", [team, first]) == before
    assert module_hash("team.training", [first, team]) != before


def test_an_installed_package_counts_as_a_whole() -> None:
    assert module_hash("joblib.parallel", []) == module_hash("joblib", [])
    assert len(module_hash("threadpoolctl", [])) == 64


def test_a_package_that_is_allowed_counts_with_all_that_is_in_it(team: Path) -> None:
    before = module_hash("team", [team])
    write(team / "team" / "parts" / "model.py", "x = 1\n")
    assert module_hash("team", [team]) != before


def test_what_is_built_into_python_has_a_hash() -> None:
    assert len(module_hash("sys", [])) == 64


def test_nothing_of_it_is_run(tmp_path: Path) -> None:
    write(tmp_path / "loud.py", "raise SystemExit('was run')\n")
    assert len(module_hash("loud", [tmp_path])) == 64
    assert "loud" not in sys.modules


def test_broken_code_has_a_hash_too(tmp_path: Path) -> None:
    write(tmp_path / "broken.py", "def (:\n")
    assert len(module_hash("broken", [tmp_path])) == 64


def test_a_module_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match=r"no_such\.module was not found, neither in /"):
        module_hash("no_such.module", [tmp_path])
    with pytest.raises(EnvironmentProblem, match="was not found, not among installed packages, "):
        module_hash("no_such.module", [])
