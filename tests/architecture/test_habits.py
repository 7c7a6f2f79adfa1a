"""House rules that a reader can rely on: what is imported where, no clock, no chance, nothing unpickled or swallowed."""

from __future__ import annotations

import ast
import re

import pytest
from syntax import SHIPPED, SOURCES, found, functions, imported, place, text_of, tree

AT_HOME: dict[str, tuple[str, ...]] = {
    "duckdb": ("scoring/sql/", "scoring/engine/duckdb.py", "scoring/records/", "scoring/disk.py"),
    "pyarrow": (
        "scoring/sql/",
        "scoring/engine/",
        "scoring/assess/",
        "scoring/records/",
        "scoring/store/",
        "scoring/administration/results/",
        "scoring/analysis/",
    ),
    "ibis": ("scoring/engine/", "scoring/records/relate/"),
    "pyspark": ("scoring/engine/spark.py",),
    "pandas": (
        "scoring/assess/",
        "scoring/records/read/dataframes.py",
        "scoring/explain/notebook.py",
        "scoring/administration/supervision/",
        "scoring/analysis/",
    ),
    "sklearn": ("scoring/analysis/training/",),
    "sqlalchemy": (
        "scoring/store/",
        "scoring/administration/casework/",
        "scoring/administration/figures/",
        "scoring/administration/identity/",
        "scoring/administration/inspection/",
        "scoring/administration/results/",
        "scoring/cli/",
    ),
    "flask": ("web/",),
}
"""Packages that may be imported in certain places alone."""

EDGES = ("scoring/cli/", "web/")
"""Where a clock and chance are allowed: below them results depend on their inputs alone."""
OWN_EDGE = "scoring/administration/credential/verify_code.py"
"""A programme of its own, given to others as one file: it asks its own clock where no moment is typed."""
BELOW = [path for path in SHIPPED if not place(path).startswith((*EDGES, OWN_EDGE))]

CLOCKS = {"today", "now", "utcnow", "time_ns", "localtime", "gmtime", "monotonic", "getenv"}
CHANCE = {"random", "uuid", "secrets"}
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc"}


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
    # salts of rows, tokens and codes are there to be guessed by nobody
    drawn = ("scoring/store/log/sealing.py", "scoring/administration/identity/secret_words.py")
    unsalted = [p for p in BELOW if place(p) not in drawn]
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
    assert [] == [place(p) for p in SOURCES if notes.search(text_of(p))]
