"""What the pages say of the project is so: rooms, columns, paths, and one set of examples in both languages."""

from __future__ import annotations

import re
import tomllib
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
ROOM = re.compile(r"^\| `scoring/([\w.]+)` \|[^|]*\|([^|]*)\|", re.MULTILINE)
NAME = re.compile(r"`(\w+)`")
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


def floors() -> dict[str, list[set[str]]]:
    """By room, the floors inside it from top to bottom, as the import contracts have them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = {}
    for contract in settings["tool"]["importlinter"]["contracts"]:
        if contract["type"] == "layers":
            layers[contract["containers"][0]] = [
                set(re.split(r" [|:] ", floor)) for floor in contract["layers"]
            ]
    return layers


def order_of(names: list[str], layers: list[set[str]]) -> list[int]:
    """On which floor each name stands; a name that stands on none is an error."""
    return [next(number for number, floor in enumerate(layers) if name in floor) for name in names]


@pytest.mark.parametrize(
    "page", [ROOT / "ARCHITECTURE.md", DOCS / "zh" / "architecture.md"], ids=["en", "zh"]
)
def test_the_map_shows_the_floors(page: Path) -> None:
    """The table of rooms names every room, and the floors inside, in the order of the import contracts."""
    contracts = floors()
    table = ROOM.findall(page.read_text(encoding="utf-8"))
    rooms = [room.removesuffix(".py") for room, _ in table]
    named = {
        "scoring": rooms,
        **{f"scoring.{room}": NAME.findall(cell) for room, cell in table if "`" in cell},
    }
    assert set(contracts) == set(named)
    for room, names in named.items():
        assert sorted(set().union(*contracts[room])) == sorted(names), room
        order = order_of(names, contracts[room])
        assert sorted(order) == order, room


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_column_is_described(lang: str) -> None:
    """The page on the data describes every canonical column once, and no other."""
    text = (DOCS / lang / "data.md").read_text(encoding="utf-8")
    first, second = text.split("`records`", 1)
    for part, columns in ((first, ENTERPRISE_COLUMNS), (second, RECORD_COLUMNS)):
        first_cells = " ".join(re.findall(r"^\| (`[^|]+`) \|", part, re.MULTILINE))
        named = NAME.findall(first_cells)
        assert sorted(columns) == sorted(named)


def test_readmes_are_short() -> None:
    """A README is read at one go."""
    for name in ("README.md", "README.en.md"):
        assert 150 > len((ROOT / name).read_text(encoding="utf-8").splitlines())
    assert 250 > len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines())
