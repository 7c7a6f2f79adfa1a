"""How the code reads, in figures: lines, comments, sizes, names. Counted in characters over what is shipped."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from statistics import mean, median

import pytest
from syntax import (
    ROOT,
    SHIPPED,
    SOURCES,
    Comprehension,
    assigned_names,
    comments,
    functions,
    place,
    public_nodes,
    text_of,
    tree,
)

LONG_LINE = 100
MOST_LONG_LINES = 0.03
LEAST_COMMENTS = 0.01
MEDIAN_FILE, LONGEST_FILE = 125, 350
MEDIAN_FUNCTION, LONGEST_FUNCTION = 9, 60
LEAST_NAME = 6.3
VAGUE = {"found", "told", "asked"}
MAY_SHARE_NAMES = ("scoring/cli/", "web/", "scoring/store/migrations/")
"""Where a module may be called as another one is: a command is called as the room that it opens."""


def _lines() -> list[str]:
    return [line for path in SHIPPED for line in text_of(path).splitlines()]


def _function_lengths(paths: list[Path]) -> dict[str, int]:
    return {
        f"{place(path)}:{function.lineno} {function.name}": (function.end_lineno or 0) - function.lineno + 1
        for path in paths
        for function in functions(path)
    }


def test_no_line_is_left_to_itself() -> None:
    """The formatter lays out every line: no comment tells it to leave one."""
    exempt = "# fmt" + ":"
    assert [] == [place(path) for path in SOURCES if exempt in text_of(path)]


def test_long_lines_are_rare() -> None:
    """Of all lines at most three in a hundred have more than 100 characters."""
    lines = _lines()
    share = sum(len(line) > LONG_LINE for line in lines) / len(lines)
    assert share <= MOST_LONG_LINES, (
        f"{share:.1%} of {len(lines)} lines are longer than {LONG_LINE} characters"
    )


def test_reasons_are_told() -> None:
    """At least one comment stands in a hundred lines."""
    count, lines = sum(len(comments(path)) for path in SHIPPED), len(_lines())
    assert count / lines >= LEAST_COMMENTS, f"{100 * count / lines:.2f} comments in 100 lines"


def test_comprehensions_are_not_nested() -> None:
    """No comprehension stands inside another one."""
    nested = []
    for path in SHIPPED:
        for node in ast.walk(tree(path)):
            inner = [other for other in ast.walk(node) if other is not node]
            if isinstance(node, Comprehension) and any(isinstance(other, Comprehension) for other in inner):
                nested.append(f"{place(path)}:{node.lineno}")
    assert [] == nested


def test_files_are_short() -> None:
    """Half of the shipped files have at most 125 lines, and no file of the project more than 350."""
    sizes = {place(path): len(text_of(path).splitlines()) for path in SOURCES}
    assert {} == {name: size for name, size in sizes.items() if size > LONGEST_FILE}
    assert median(sizes[place(path)] for path in SHIPPED) <= MEDIAN_FILE


def test_functions_are_short() -> None:
    """Half of the shipped functions have at most 9 lines, and no function of the project more than 60."""
    assert {} == {name: size for name, size in _function_lengths(SOURCES).items() if size > LONGEST_FUNCTION}
    assert median(_function_lengths(SHIPPED).values()) <= MEDIAN_FUNCTION


def test_everything_public_is_documented() -> None:
    """Modules, public classes, functions and methods of the packages say what they are."""
    packages = ("scoring/", "web/", "benchmarks/", "campaigns/")
    documented = [path for path in SOURCES if place(path).startswith(packages)]
    silent = [
        (path, node) for path in documented for node in public_nodes(path) if not ast.get_docstring(node)
    ]
    assert [] == [
        f"{place(path)}:{getattr(node, 'lineno', 1)} {getattr(node, 'name', '')}" for path, node in silent
    ]


def test_packages_say_what_they_are_for() -> None:
    """The docstring of a package is a sentence, not its name."""
    packages = [path for path in SHIPPED if path.name == "__init__.py"]
    assert [] == [place(path) for path in packages if len((ast.get_docstring(tree(path)) or "").split()) < 4]


@pytest.mark.parametrize("kind", ["class", "module"])
def test_a_name_means_one_thing(kind: str) -> None:
    """No class is called as another one, and no module outside the command line and the pages."""
    if kind == "class":
        names = [
            node.name for path in SHIPPED for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)
        ]
    else:
        names = [
            path.stem
            for path in SHIPPED
            if path.name != "__init__.py" and not place(path).startswith(MAY_SHARE_NAMES)
        ]
    assert [] == sorted(name for name, count in Counter(names).items() if count > 1)


def test_names_tell() -> None:
    """``found``, ``told`` and ``asked`` are no names of anything, and names have 6.3 letters on average."""
    vague = [
        f"{place(path)}:{node.lineno} {name}"
        for path in SHIPPED
        for node in ast.walk(tree(path))
        if (name := _bound_name(node)) in VAGUE
    ]
    assert [] == vague
    assert mean(len(name) for path in SHIPPED for name in assigned_names(path)) >= LEAST_NAME


def _bound_name(node: ast.AST) -> str | None:
    if isinstance(node, ast.arg):
        return node.arg
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return node.name
    return node.id if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else None


def test_room_for_everything() -> None:
    """At most 15 entries stand under ``scoring/``, and at most nine packages on any floor inside."""
    top = [path for path in (ROOT / "scoring").iterdir() if _is_entry(path)]
    assert len(top) <= 15, sorted(path.name for path in top)
    crowded = {}
    for folder in (ROOT / "scoring").rglob("*"):
        packages = [path for path in folder.iterdir() if _is_package(path)] if folder.is_dir() else []
        if len(packages) > 9:
            crowded[place(folder)] = len(packages)
    assert {} == crowded


def _is_package(path: Path) -> bool:
    return (path / "__init__.py").is_file()


def _is_entry(path: Path) -> bool:
    return _is_package(path) or (path.suffix == ".py" and path.name != "__init__.py")
