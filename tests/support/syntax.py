"""The project's own source, parsed: what the architecture tests read."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("scoring", "web", "benchmarks", "campaigns", "tests")
SOURCES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))] + [ROOT / "run.py"]
SHIPPED = [path for path in SOURCES if path.relative_to(ROOT).parts[0] in ("scoring", "web")]

Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def place(path: Path) -> str:
    """The path as it is written in the repository."""
    return path.relative_to(ROOT).as_posix()


@cache
def text_of(path: Path) -> str:
    """The text of a file."""
    return path.read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    """The syntax of a file."""
    return ast.parse(text_of(path), str(path))


def found(paths: Iterable[Path], wrong: Callable[[ast.AST], bool]) -> list[str]:
    """Places of the nodes for which ``wrong`` holds."""
    return [
        f"{place(path)}:{node.lineno}"
        for path in paths
        for node in ast.walk(tree(path))
        if isinstance(node, (ast.stmt, ast.expr)) and wrong(node)
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
                yield from (
                    inner
                    for inner in node.body
                    if isinstance(inner, Function) and not inner.name.startswith("_")
                )


def comments(path: Path) -> list[str]:
    """All comments of a file."""
    tokens = tokenize.generate_tokens(io.StringIO(text_of(path)).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def assigned_names(path: Path) -> list[str]:
    """Every name that a file assigns to, as often as it does."""
    return [
        node.id
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
