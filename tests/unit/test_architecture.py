"""House rules that a reader can rely on: where what is imported, no clock, no chance, short files, documented functions."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("scoring", "web", "benchmarks", "campaigns", "tests")
MAX_LINES = 350
MAX_FUNCTION = 60

AT_HOME: dict[str, tuple[str, ...]] = {
    "duckdb": (
        "scoring/engine/",
        "scoring/records/",
        "scoring/sql/prepared.py",
        "scoring/analysis/synthetic/write.py",
    ),
    "pyarrow": (
        "scoring/engine/",
        "scoring/records/",
        "scoring/store/",
        "scoring/sql/prepared.py",
        "scoring/analysis/synthetic/write.py",
    ),
    "ibis": ("scoring/engine/",),
    "pyspark": ("scoring/engine/spark.py",),
    "pandas": (
        "scoring/synthetic/",
        "scoring/training/",
        "scoring/supervision/",
        "scoring/assess/scorer.py",
        "scoring/assess/frames.py",
        "scoring/records/read/dataframes.py",
        "scoring/explain/notebook.py",
    ),
    "flask": ("web/",),
}
"""Packages that may be imported in certain places alone."""

EDGES = ("scoring/cli/", "web/", "benchmarks/", "campaigns/", "tests/")
"""Where a clock and chance are allowed: above them results depend on their inputs alone."""

CLOCKS = {"today", "now", "utcnow", "time_ns", "localtime", "gmtime", "monotonic", "getenv"}
CHANCE = {"random", "uuid", "secrets"}
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc"}
SOURCES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))] + [ROOT / "run.py"]
BELOW = [
    path
    for path in SOURCES
    if path.is_relative_to(ROOT / "scoring") and not path.relative_to(ROOT).as_posix().startswith(EDGES)
]

Function = ast.FunctionDef | ast.AsyncFunctionDef


def place(path: Path) -> str:
    """The path as it is written in the repository."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """The syntax of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def found(paths: Iterable[Path], wrong: Callable[[ast.AST], bool]) -> list[str]:
    """Places of the nodes for which ``wrong`` holds."""
    return [
        f"{place(p)}:{n.lineno}"
        for p in paths
        for n in ast.walk(tree(p))
        if isinstance(n, (ast.stmt, ast.expr)) and wrong(n)
    ]


def imported(node: ast.AST) -> set[str]:
    """Top-level packages that a statement imports."""
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return {node.module.partition(".")[0]}
    return set()


def functions(path: Path) -> Iterator[Function]:
    """All functions and methods of a file."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def public_nodes(path: Path) -> Iterator[ast.Module | ast.ClassDef | Function]:
    """The module, its public classes and functions, and their public methods."""
    yield tree(path)
    for node in tree(path).body:
        if isinstance(node, (ast.ClassDef, *Function.__args__)) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (n for n in node.body if isinstance(n, Function) and not n.name.startswith("_"))


def is_clock(node: ast.AST) -> bool:
    """Whether a call asks what time it is; ``perf_counter`` measures durations and decides nothing."""
    if not isinstance(node, ast.Call):
        return False
    call = node.func
    if isinstance(call, ast.Attribute):
        return call.attr in CLOCKS or (
            call.attr == "time" and isinstance(call.value, ast.Name) and call.value.id == "time"
        )
    return isinstance(call, ast.Name) and call.id in CLOCKS


def is_chance(node: ast.AST) -> bool:
    """Whether a statement imports a source of chance."""
    return bool(imported(node) & CHANCE)


def is_unseeded(node: ast.AST) -> bool:
    """Whether numpy is asked for random numbers without a seed, or by its hidden global state."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    name = ast.unparse(node.func)
    if name.endswith("random.default_rng"):
        return not node.args
    return bool(re.match(r"(np|numpy)\.random\.[a-z]", name))


def catches_everything(node: ast.AST) -> bool:
    """Whether an except clause catches whatever comes."""
    return isinstance(node, ast.ExceptHandler) and (
        node.type is None or "Exception" in ast.unparse(node.type).split()
    )


@pytest.mark.parametrize("package", sorted(AT_HOME))
def test_package_stays_at_home(package: str) -> None:
    """A heavy package is imported where the design names it and nowhere else."""
    others = [
        p
        for p in SOURCES
        if place(p).startswith(("scoring/", "web/")) and not place(p).startswith(AT_HOME[package])
    ]
    assert [] == found(others, lambda node: package in imported(node))


def test_no_clock_below_the_edge() -> None:
    """Below the command line and the web nobody asks what day it is: a result follows from its inputs."""
    assert [] == found(BELOW, is_clock)


def test_no_chance_below_the_edge() -> None:
    """Below the edge there is no chance; the generator of synthetic data draws from numpy with a seed."""
    unsalted = [
        p for p in BELOW if place(p) != "scoring/store/log/sealing.py"
    ]  # salts are there to be guessed by nobody
    assert [] == found(unsalted, is_chance) + found(BELOW, is_unseeded)


def test_nothing_is_unpickled() -> None:
    """Nothing that runs reads a pickled object, and skops is there to write alone: a table in JSON decides, never an object."""
    shipped = [p for p in SOURCES if place(p).startswith(("scoring/", "web/", "run.py"))]
    assert [] == found(
        shipped,
        lambda node: bool(imported(node) & {"pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}),
    )
    assert ["scoring/analysis/training/estimator.py: from skops.io import dumps"] == [
        f"{place(p)}: {ast.unparse(n)}" for p in shipped for n in ast.walk(tree(p)) if "skops" in imported(n)
    ]


def test_no_assert_checks_input() -> None:
    """Shipped code never checks by ``assert``, which vanishes under ``-O``."""
    shipped = [p for p in SOURCES if place(p).startswith(("scoring/", "web/"))]
    assert [] == found(shipped, lambda node: isinstance(node, ast.Assert))


def test_nothing_catches_everything() -> None:
    """No handler catches ``Exception`` or all: a fault that nobody foresaw is to be seen."""
    handlers = [(p, n) for p in SOURCES for n in ast.walk(tree(p)) if isinstance(n, ast.ExceptHandler)]
    assert [] == [f"{place(p)}:{n.lineno}" for p, n in handlers if catches_everything(n)]


def test_only_the_edge_prints() -> None:
    """Results are returned; the command line alone prints."""
    printed = [p for p in BELOW if not place(p).startswith("scoring/cli")]
    assert [] == found(
        printed, lambda n: isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "print"
    )


def test_names_say_something() -> None:
    """No module is called by a name under which anything could lie."""
    assert [] == [place(p) for p in SOURCES if NAMES_THAT_SAY_NOTHING & {p.stem, p.parent.name}]


def test_files_are_short() -> None:
    """No file is longer than can be read at one go."""
    assert [] == [place(p) for p in SOURCES if len(p.read_text(encoding="utf-8").splitlines()) > MAX_LINES]


def test_functions_are_short() -> None:
    """No function is longer than a screen."""
    long = [
        f"{place(p)}:{f.lineno} {f.name}"
        for p in SOURCES
        for f in functions(p)
        if (f.end_lineno or 0) - f.lineno + 1 > MAX_FUNCTION
    ]
    assert [] == long


def test_everything_public_is_documented() -> None:
    """Modules, public classes, functions and methods of the packages say what they are."""
    shipped = [p for p in SOURCES if place(p).startswith(("scoring/", "web/", "benchmarks/", "campaigns/"))]
    silent = [(p, n) for p in shipped for n in public_nodes(p) if not ast.get_docstring(n)]
    assert [] == [f"{place(p)}:{getattr(n, 'lineno', 1)} {getattr(n, 'name', '')}" for p, n in silent]


def test_every_test_says_what_it_shows() -> None:
    """Every test has a docstring of one sentence."""
    tests = [
        (p, f)
        for p in SOURCES
        if p.name.startswith("test_")
        for f in functions(p)
        if f.name.startswith("test_")
    ]
    assert [] == [
        f"{place(p)}:{f.lineno} {f.name}" for p, f in tests if not (ast.get_docstring(f) or "").endswith(".")
    ]


def test_nothing_is_left_to_do() -> None:
    """No note of unfinished work stands in the sources."""
    notes = re.compile(r"#.*\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    assert [] == [place(p) for p in SOURCES if notes.search(p.read_text(encoding="utf-8"))]
