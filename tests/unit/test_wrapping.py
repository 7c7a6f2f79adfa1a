"""Lines of Chinese and Latin: what never begins or ends one, what stays whole, and that nothing is lost or left at the end."""

from __future__ import annotations

import ast
import io
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, Group
from rich.text import Text

from scoring import cli
from scoring.cli.show.terminal import Prose, Sheet, Terminal, Trimmed
from scoring.cli.show.wrapping import CLOSING, OPENING, break_places, line_starts

TEXTS = st.text(alphabet="企业法人abc019 ，。：（）〔〕·→“”%/-", max_size=60).map(
    lambda text: " ".join(text.split())
)
NOTE = "在 2026-04-01 至 2026-09-30 选择模型时未看过的检查上，名单前 10% 找到全部问题的 22%；随机检查为 10%。"


def lines_of(text: str, width: int, hanging: int = 0, *, fold: bool = True) -> list[str]:
    """A line of text as it is broken."""
    starts = [0, *line_starts(text, width, hanging, fold=fold), len(text)]
    return [text[begin:end] for begin, end in pairwise(starts)]


@given(TEXTS)
def test_no_line_begins_with_a_closing_or_ends_with_an_opening_mark(text: str) -> None:
    """Wherever a line may be broken, what follows is no closing mark and what goes before is no opening one."""
    for offset in break_places(text):
        assert text[offset] not in CLOSING
        assert text[:offset].rstrip()[-1] not in OPENING


@given(TEXTS, st.integers(min_value=12, max_value=40), st.integers(min_value=0, max_value=4))
def test_lines_fit_and_lose_nothing(text: str, width: int, hanging: int) -> None:
    """No line is wider than the room that it has, and all lines together are the text."""
    lines = lines_of(text, width, hanging)
    rooms = [width, *[width - hanging] * len(lines)]
    assert all(cell_len(line.rstrip()) <= room for line, room in zip(lines, rooms, strict=False))
    assert text == "".join(lines)


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("按主体归集，名单前 10% 找到", 16, ["按主体归集，名单", "前 10% 找到"]),
        ("近三年行政处罚：2 条", 16, ["近三年行政处罚：", "2 条"]),
        ("计算最近 1095 天", 14, ["计算最近 ", "1095 天"]),
        ("见 scoring/rules/wording/zh 一节", 22, ["见 ", "scoring/rules/wording/", "zh 一节"]),
        ("Key supervision of all", 12, ["Key ", "supervision ", "of all"]),
        ("· 局限：数据为虚构", 8, ["· 局限：", "数据为虚", "构"]),
        ("国家发展改革委令第36号", 19, ["国家发展改革委令", "第36号"]),
        ("拟为红码（第4级）", 14, ["拟为红码", "（第4级）"]),
        ("to Red (rank 4)", 13, ["to Red ", "(rank 4)"]),
    ],
)
def test_where_lines_are_broken(text: str, width: int, expected: list[str]) -> None:
    """Numbers keep their measure words, marks their text, and Latin words their letters."""
    assert expected == lines_of(text, width)


def test_a_path_longer_than_a_line_can_still_be_copied() -> None:
    """Without folding a long path sticks out in one piece."""
    path = "/home/someone/a/very/long/way/to/the/store.db"
    assert ["已写入 ", f"{path}，", "请保管"] == lines_of(f"已写入 {path}，请保管", 20, fold=False)


def printed(what: object, width: int = 40) -> list[str]:
    """What a terminal of a width shows, as lines."""
    screen = io.StringIO()
    Console(width=width, file=screen).print(Trimmed(what))  # type: ignore[arg-type]
    return screen.getvalue().splitlines()


def test_what_follows_hangs_behind_the_mark() -> None:
    """All lines but the first of an entry are set in by as much as its mark is wide."""
    lines = printed(Prose(f"· {NOTE}", indent=2, hanging=2))
    assert "  · " == lines[0][:4]
    assert len(lines) > 2 and all(line.startswith("    ") and line[4] != " " for line in lines[1:])


def test_no_line_ends_with_a_blank() -> None:
    """Tables without a frame, their titles and notes end where their text ends; a coloured blank is kept."""
    table = Sheet("一", "二", title="题目", frame=False)
    table.add_row("甲", "乙丙丁")
    lines = printed(Group(table, Prose(NOTE), Text(" 绿码 ", "white on green4")))
    assert [] == [line for line in lines[:-1] if line != line.rstrip()]
    assert " 绿码 " == lines[-1]


def test_cells_and_heads_follow_the_same_rules() -> None:
    """Titles, heads and cells of a table are broken as sentences are."""
    table = Sheet("该类主体不在本评价规则的适用范围，不予评价", title=NOTE)
    table.add_column("得分", no_wrap=True)
    table.add_row("该类主体不在本评价规则的适用范围内；不予评价", "10")
    text = [line.strip("┃│ ") for line in printed(table, 30)]
    assert [] == [line for line in text if line[:1] in CLOSING - {"·"}]


@pytest.mark.parametrize(("terminal", "count"), [(True, 3), (False, 1)])
def test_sentences_are_wrapped_on_a_terminal_alone(terminal: bool, count: int) -> None:
    """A sentence in a pipe or a file is one line, so that it can be searched for."""
    stream = Terminal()
    stream.file, stream.width = io.StringIO(), 50
    stream._force_terminal = terminal
    stream.no_color = True
    stream.sentence(NOTE)
    assert count == len(stream.file.getvalue().splitlines())


def test_everything_printed_goes_through_the_one_wrapper() -> None:
    """No command prints by itself: tables, sentences and data have one way to the terminal."""
    folder = Path(cli.__file__).parent
    printing = []
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(
                getattr(node, "func", None), "attr", getattr(getattr(node, "func", None), "id", "")
            )
            if name == "print" and path.name != "terminal.py":
                printing.append(f"{path.name}:{getattr(node, 'lineno', 0)}")
    assert [] == printing
