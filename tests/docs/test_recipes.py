"""The recipes of CONTRIBUTING.md, followed to the letter on a copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGLISH = ROOT / "CONTRIBUTING.md"
CHINESE = ROOT / "docs" / "zh" / "contributing.md"
COPIED = ("scoring", "tests/situations", "tests/support", "tests/conftest.py", "pyproject.toml")
FENCE = re.compile(r"^( *)```(\w+)([^\n]*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
ATTRIBUTE = re.compile(r"""(\w+)=(?:"([^"]*)"|'([^']*)')""")
SHIM = """#!/bin/sh
case "$2 $3" in
"sise "*) shift 2; exec {python} -m scoring.cli "$@" ;;
"test --quick") shift 3; exec {python} -m pytest -q -n 0 "$@" ;;
esac
exit 9
"""


@dataclass(frozen=True)
class Block:
    """One fenced block of a recipe.

    Attributes:
        language: The word after the fence.
        title: The file that it belongs to; empty for commands.
        before: The line of that file before which it is put; empty: at the end.
        text: What stands in it.
    """

    language: str
    title: str
    before: str
    text: str


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a text, without the indent of the list that they stand in."""
    read = []
    for _, language, info, body in FENCE.findall(text):
        attributes = {name: double or single for name, double, single in ATTRIBUTE.findall(info)}
        title, before = attributes.get("title", ""), attributes.get("before", "")
        read.append(Block(language, title, before, textwrap.dedent(body)))
    return read


def recipes(document: Path) -> dict[str, list[Block]]:
    """The blocks of each numbered recipe of a document, by its number."""
    parts = re.split(r"^### (\d)\. .*$|^## .*$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {number: blocks(text) for number, text in zip(parts[1::2], parts[2::2], strict=True) if number}


RECIPES = recipes(ENGLISH)


def put(block: Block, folder: Path) -> None:
    """Writes a block where the head of the recipes says that it belongs."""
    path = folder / block.title
    path.parent.mkdir(parents=True, exist_ok=True)
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if block.before:
        assert 1 == text.count(f"{block.before}\n"), f"{block.title} has not one line {block.before!r}"
        indented = textwrap.indent(block.text, " " * (len(block.before) - len(block.before.lstrip())))
        path.write_text(text.replace(f"{block.before}\n", f"{indented}{block.before}\n"), encoding="utf-8")
        return
    for line in block.text.splitlines(keepends=True):
        word = line.split(" = ")[0]
        known = re.compile(rf"^{re.escape(word)} = .*\n", re.MULTILINE)
        if "wording" in block.title and known.search(text):
            text = known.sub(lambda _, line=line: line, text)
        else:
            text += line
    path.write_text(text, encoding="utf-8")


def run(block: Block, folder: Path) -> None:
    """Runs the commands of a block in the copy; each must succeed."""
    script = "\n".join(line.removeprefix("$ ") for line in block.text.splitlines())
    environment = {
        **os.environ,
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder),
        "PYTHONUTF8": "1",
        "COLUMNS": "120",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert 0 == done.returncode, f"{script}\n{done.stdout}\n{done.stderr}"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the recipes change, with a ``python3`` that runs it."""
    folder = tmp_path / "copy"
    for name in COPIED:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    (folder / "data").symlink_to(ROOT / "data")
    shim = folder / "bin" / "python3"
    shim.parent.mkdir()
    shim.write_text(SHIM.format(python=sys.executable))
    shim.chmod(0o755)
    return folder


@pytest.mark.parametrize("number", sorted(RECIPES))
def test_recipe(number: str, copy: Path) -> None:
    """Whoever puts every block where it belongs and runs every command meets no error."""
    for block in RECIPES[number]:
        if block.title:
            put(block, copy)
        elif block.language == "console":
            run(block, copy)


def test_there_are_six() -> None:
    """There are six recipes, each with something to write and something to run."""
    assert list("123456") == list(RECIPES)
    for read in RECIPES.values():
        assert {True, False} == {bool(block.title) for block in read}


@pytest.mark.parametrize("document", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_steps_name_their_files(document: Path) -> None:
    """What a block's first line says to programs, its step says to people: the file, and the line before which it goes."""
    text = document.read_text(encoding="utf-8")
    read, ends = blocks(text), [0, *(match.end() for match in FENCE.finditer(text))]
    for block, start in zip(read, ends, strict=False):
        step = text[start : text.index(block.text.strip().splitlines()[0], start)].partition("```")[0]
        assert not block.title or f"`{block.title}`" in step, f"{block.title} is not named in {step}"
        assert not block.before or f"`{block.before.strip()}`" in step


def test_both_languages_give_the_same_recipes() -> None:
    """The Chinese page has the same blocks, letter by letter."""
    assert recipes(CHINESE) == RECIPES
