"""What the worker's source may not do: make code or objects from bytes that came from elsewhere."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "archloom_worker"

BARE = {"eval", "exec", "compile", "__import__"}
"""Built in; methods may bear these names."""

ANYWHERE = {
    *("import_module", "exec_module", "run_module", "run_path", "Unpickler", "allow_pickle"),
    *("Popen", "check_output", "check_call", "getoutput", "CDLL", "PyDLL"),
    *("execv", "execve", "execvp", "execvpe", "execl", "posix_spawn", "spawnv"),
}

PAIRS = {
    *("pickle.load", "pickle.loads", "marshal.load", "marshal.loads", "shelve.open", "yaml.load"),
    *("torch.load", "jit.load", "hub.load", "np.load", "numpy.load", "joblib.load"),
    *("dill.load", "dill.loads", "cloudpickle.load", "cloudpickle.loads"),
    *("os.system", "os.popen", "subprocess.run", "subprocess.call"),
}

SAFE = {"safetensors.torch.load", "safetensors.numpy.load"}
"""These bear such a name and read numbers alone."""

RENAMED = {pair.split(".")[0] for pair in PAIRS} - {"np", "jit", "hub", "torch", "numpy", "os"}
"""Modules that may not be imported under another name, which the search would not know."""

# Each of them with its reason; what is here and is not needed any more fails, too.
ALLOWED = {
    ("data/cifar.py", "Unpickler"): "official CIFAR files; find_class lets only arrays through",
    (
        "data/nats_bench.py",
        "Unpickler",
    ): "official NATS-Bench files; find_class lets nothing through",
    (
        "fingerprint.py",
        "subprocess.run",
    ): "a constant command that names the machine's processor or driver",
    ("modules.py", "import_module"): "the user's functions: only modules named by --allow",
    (
        "inspection/find.py",
        "import_module",
    ): "archloom inspect: a name from the user's command line",
    ("inspection/__main__.py", "exec"): "pythonia's own source, from the package that installed it",
    ("inspection/__main__.py", "compile"): "as above",
    ("placement/ray_driver.py", "import_module"): "the constant name ray",
    ("placement/ray_driver.py", "Popen"): "the worker's own command line, made by the orchestrator",
}


def dotted(node: ast.expr) -> str:
    """`a.b.c` of such an expression, as far as names go."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def uses(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            pairs = [f"{node.module}.{alias.name}" for alias in node.names]
            names = {".".join(pair.rsplit(".", 2)[-2:]) for pair in pairs if pair not in SAFE}
            yield from names & PAIRS
        if isinstance(node, ast.Import):
            yield from (item.name for item in node.names if item.asname and item.name in RENAMED)
        name = ""
        if isinstance(node, ast.Call):
            name = dotted(node.func)
        elif isinstance(node, ast.ClassDef):
            name = next((dotted(base) for base in node.bases if "Unpickler" in dotted(base)), "")
        name = name.removeprefix("builtins.")
        last, pair = name.rsplit(".", 1)[-1], ".".join(name.rsplit(".", 2)[-2:])
        if name in BARE or last in ANYWHERE:
            yield last
        elif pair in PAIRS and name not in SAFE:
            yield pair


FILES = sorted(SOURCE.rglob("*.py"))


def test_nothing_makes_code_or_objects_of_bytes_but_where_it_is_said() -> None:
    found = {
        (str(path.relative_to(SOURCE)), name)
        for path in FILES
        for name in uses(ast.parse(path.read_text(encoding="utf8")))
    }
    assert found == set(ALLOWED)


@pytest.mark.parametrize(
    "line",
    ["eval(text)", "torch.load(path)", "pickle.loads(b)", "class A(pickle.Unpickler): ...",
     "importlib.import_module(name)", "subprocess.run(x)", "builtins.exec(x)", "np.load(f)",
     "from pickle import loads", "from torch import load as read", "import pickle as p",
     "spec.loader.exec_module(module)", "runpy.run_path(path)", "os.execvp(a, b)"],
)  # fmt: skip
def test_the_search_finds(line: str) -> None:
    assert list(uses(ast.parse(line)))
