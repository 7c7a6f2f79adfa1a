"""What the pages say of the project is so: rooms, columns, paths, and the same examples in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path.name for path in (DOCS / "zh").glob("*.md") if path.name != "commands.md")
TEXTS = sorted(
    [
        *(DOCS / "zh").glob("*.md"),
        *(DOCS / "en").glob("*.md"),
        *(ROOT / name for name in ("README.md", "README.en.md", "ARCHITECTURE.md", "CONTRIBUTING.md")),
        ROOT / "data" / "README.md",
    ]
)
FENCE = re.compile(r"^( *)```(\w+)[^\n]*\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
TOP = r"(?:scoring|web|tests|docs|models|notebooks|requirements|benchmarks|campaigns|data)"
PATH = re.compile(rf"`({TOP}/[\w./-]*\w/?)`")
MADE = {
    "scoring/rules/policies/quzhou-demo/2027-01-01.toml",
    "scoring/rules/policies/quzhou-demo/2027-02-01.toml",
    "scoring/rules/sources/district-visits.toml",
    "tests/situations/alarms.toml",
}
"""Files that a recipe makes."""


def text_of(path: Path) -> str:
    """A page, with the file that it includes in its place."""
    text = path.read_text(encoding="utf-8")
    for name in re.findall(r"```\{include\} (\S+)", text):
        text += (path.parent / name).read_text(encoding="utf-8")
    return text


def examples(path: Path) -> list[tuple[str, str]]:
    """Fenced blocks of a page, without comments."""
    blocks = FENCE.findall(text_of(path))
    return [(language, re.sub(r" *# .*", "", body)) for _, language, body in blocks if language != "text"]


@pytest.mark.parametrize("name", PAGES)
def test_both_languages_show_the_same(name: str) -> None:
    """A page has the same commands and files in Chinese and in English, but for the comments in them."""
    assert examples(DOCS / "en" / name) == examples(DOCS / "zh" / name)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_paths_exist(path: Path) -> None:
    """Every file and folder of the project that a page names is there."""
    named = set(PATH.findall(path.read_text(encoding="utf-8")))
    assert set() == {name for name in named - MADE if not (ROOT / name).exists()}


@pytest.mark.parametrize(
    "page", [ROOT / "ARCHITECTURE.md", DOCS / "zh" / "architecture.md"], ids=["en", "zh"]
)
def test_every_room_is_on_the_map(page: Path) -> None:
    """The table of rooms names every package and module directly below ``scoring``, and no other."""
    rooms = re.findall(r"^\| `(scoring/[\w.]+)` \|", page.read_text(encoding="utf-8"), re.MULTILINE)
    folders = {f"scoring/{path.parent.name}" for path in (ROOT / "scoring").glob("*/__init__.py")}
    modules = {f"scoring/{path.name}" for path in (ROOT / "scoring").glob("*.py")} - {"scoring/__init__.py"}
    assert sorted(folders | modules) == sorted(rooms)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_column_is_described(lang: str) -> None:
    """The page on the data describes every canonical column once, and no other."""
    text = (DOCS / lang / "data.md").read_text(encoding="utf-8")
    first, second = text.split("`records`", 1)
    for part, columns in ((first, ENTERPRISE_COLUMNS), (second, RECORD_COLUMNS)):
        cells = re.findall(r"^\| (`[^|]+`) \|", part, re.MULTILINE)
        named = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
        assert sorted(columns) == sorted(named)


def test_readmes_are_short() -> None:
    """A README is read at one go."""
    for name in ("README.md", "README.en.md"):
        assert 150 > len((ROOT / name).read_text(encoding="utf-8").splitlines())
    assert 250 > len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines())
