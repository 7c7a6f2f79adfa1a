"""What computes and explains results depends on its arguments alone.

No file, clock, network, chance or thread has a part in it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Literal

import pytest
from syntax import SHIPPED, imported, place, tree

Outside = Literal["file", "clock", "network", "chance", "thread"]

PURE = ("scoring/engine/", "scoring/explain/", "scoring/assess/", "scoring/policy/language/")
"""Rooms in which the same arguments give the same answer."""

EXCEPTIONS: dict[tuple[str, Outside], str] = {
    ("scoring/engine/duckdb.py", "file"): "DuckDB reads the clustered files that it is given",
    ("scoring/engine/spark.py", "network"): "Spark computes on the cluster that is named",
    ("scoring/engine/kept_texts.py", "file"): "keeps the texts of queries, which take seconds to write",
    ("scoring/engine/dialects.py", "thread"): "a lock: the options of Ibis belong to the process",
    ("scoring/assess/dataset.py", "file"): "what was read lies in a temporary folder",
    ("scoring/assess/not_looked_at.py", "file"): "writes the list of what nothing sees",
    ("scoring/assess/prior_file.py", "file"): "reads the bands in effect",
    ("scoring/assess/results_writer.py", "file"): "writes the result files",
    ("scoring/assess/results_writer.py", "thread"): "writes one range while the next is computed",
    ("scoring/assess/folder.py", "file"): "makes the result folder and hashes what lies in it",
    ("scoring/assess/folder.py", "clock"): "seconds of each stage, on which no result depends",
}
"""Modules that reach outside all the same, each with its reason."""

PACKAGES: dict[str, Outside] = {
    **dict.fromkeys(("os", "io", "shutil", "tempfile", "sqlite3"), "file"),
    **dict.fromkeys(("duckdb", "sqlalchemy"), "file"),
    **dict.fromkeys(("time", "sched"), "clock"),
    **dict.fromkeys(("socket", "ssl", "http", "urllib", "requests"), "network"),
    **dict.fromkeys(("pyspark", "flask"), "network"),
    **dict.fromkeys(("random", "secrets", "uuid"), "chance"),
    **dict.fromkeys(("threading", "concurrent", "multiprocessing"), "thread"),
    **dict.fromkeys(("subprocess", "asyncio"), "thread"),
}
"""What a module reaches by importing a package."""

CALLS: dict[str, Outside] = {
    **dict.fromkeys(("read_text", "read_bytes", "write_text", "write_bytes", "fdopen"), "file"),
    **dict.fromkeys(("mkdir", "unlink", "rmdir", "touch"), "file"),
    **dict.fromkeys(("iterdir", "glob", "rglob", "stat", "is_file", "is_dir", "exists"), "file"),
    **dict.fromkeys(("read_csv", "read_table", "read_parquet", "ParquetWriter"), "file"),
    **dict.fromkeys(("write_csv", "write_table", "to_csv", "to_parquet"), "file"),
    **dict.fromkeys(("today", "now", "utcnow", "localtime", "gmtime"), "clock"),
    **dict.fromkeys(("default_rng", "shuffle", "urandom"), "chance"),
}
"""What a call reaches by the name of what is called."""

MODULES = [path for path in SHIPPED if place(path).startswith(PURE)]


def reaches(source: ast.Module) -> Iterator[Outside]:
    """Everything outside its arguments that a module reaches."""
    for node in ast.walk(source):
        for package in imported(node):
            if package in PACKAGES:
                yield PACKAGES[package]
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else ast.unparse(called)
            if name in CALLS:
                yield CALLS[name]
            elif name == "open" and _opens_a_file(node):
                yield "file"


def _opens_a_file(call: ast.Call) -> bool:
    # ``open`` of a path takes a mode at most; a scorer is opened too, over tables.
    modes = [isinstance(argument, ast.Constant) for argument in call.args]
    return isinstance(call.func, ast.Name) or all(modes)


def test_nothing_outside_decides() -> None:
    """The rooms reach what the table of exceptions names and nothing else; every exception is needed."""
    reached = set()
    for path in MODULES:
        reached |= {(place(path), outside) for outside in reaches(tree(path))}
    assert set(EXCEPTIONS) == reached


def test_the_rooms_are_there() -> None:
    """Each room of the list has modules, so that a renamed one does not pass unseen."""
    for room in PURE:
        assert any(place(path).startswith(room) for path in MODULES), room


@pytest.mark.parametrize(
    ("source", "outside"),
    [
        ("text = open(path).read()", "file"),
        ("with path.open('rb') as file: pass", "file"),
        ("text = Path('x').read_text(encoding='utf-8')", "file"),
        ("import pyarrow.parquet as pq\nrows = pq.read_table(path)", "file"),
        ("import tempfile", "file"),
        ("from datetime import date\nday = date.today()", "clock"),
        ("import time", "clock"),
        ("from urllib.request import urlopen", "network"),
        ("import random", "chance"),
        ("import numpy as np\nnumbers = np.random.default_rng()", "chance"),
        ("from concurrent.futures import ThreadPoolExecutor", "thread"),
    ],
)
def test_what_reaches_outside_is_seen(source: str, outside: Outside) -> None:
    """A module that reaches outside is noticed, whichever way it does."""
    assert [outside] == sorted(set(reaches(ast.parse(source))))


def test_what_stays_inside_is_not_held_back() -> None:
    """Texts, paths as names and things that are opened but are no files pass."""
    lines = ("from pathlib import Path", "with scorer.open(enterprises, records): pass", "Path('x').name")
    assert [] == list(reaches(ast.parse("\n".join(lines))))
