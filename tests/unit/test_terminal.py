"""Tables on a terminal of 80 columns: nothing is cut, and brackets of the data stay."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date
from typing import Any, get_args

import outlooks
import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from scoring.cli import show
from scoring.cli.show.terminal import Trimmed
from scoring.cli.show.wrapping import CLOSING
from scoring.entities import BandInfo, Evidence, Explanation, Lang, Reason, Rule, Score
from scoring.explain.words.grades import legend
from scoring.policy.load import list_policies, load_policy

VERSION = load_policy("quzhou-demo", date(2026, 6, 30))
SOURCE = "canonical:a/long/folder/[bold]of[/b]/sources"
COUNTS = {
    "rows_in": 12_345_678,
    "accepted": 11_345_677,
    "rejected": 1_000_000,
    "merged": 0,
    "out_of_scope": 1,
    "rejected_by": {"amount_too_large": 999_999, "unknown_code": 1},
    "warnings": {"uscc_check_digit": 5},
    "assumed": ["known_on"],
}
RUN: dict[str, Any] = {"sources": {SOURCE: COUNTS}, "excluded": {"not_final": 3}, "seconds": {"read": 1.0}}
BANDS = legend(VERSION.policy)


def shown(what: RenderableType) -> str:
    """What an 80-column terminal shows, without blanks and lines of the table."""
    screen = io.StringIO()
    Console(width=80, file=screen).print(what)
    return re.sub(r"[\s│]", "", screen.getvalue())


def explanation(band: BandInfo, points: int, *rules: Rule) -> Explanation:
    """An explanation with one heavy reason on one record whose authority has brackets in its name."""
    record = Evidence(
        "r-1",
        "administrative_penalty",
        None,
        "general",
        date(2026, 4, 15),
        date(2026, 4, 15),
        "虚构市场监督管理局[/b]分局",
        "虚柯市监罚〔2025〕001617号",
        180_000,
        None,
        100,
        date(2027, 4, 14),
    )
    indicator = VERSION.policy.indicator("fines")
    reason = Reason(
        "fines", indicator.label.model_dump(), -45, 180_000, False, "adverse", (record,), (), None
    )
    score = Score(
        **{
            **dict.fromkeys(Score.__dataclass_fields__),
            "enterprise_id": "91330802YYJFBM480Y",
            "name": "虚构[red]商贸",
        }
    )
    score = replace(score, points=points, colour=band.colour, as_of=date(2026, 6, 30))
    return Explanation(
        score,
        {},
        850,
        (),
        (reason,),
        rules,
        band,
        BANDS,
        (),
        (),
        {"zh": "抽查", "en": "drawn"},
        VERSION.policy.title.model_dump(),
        True,
    )


@pytest.mark.parametrize("lang", get_args(Lang))
def test_sources_are_whole(lang: Lang) -> None:
    """Counts, source, codes of refusals and warnings are all there in both languages."""
    text = shown(show.source_table(RUN, lang)) + shown(show.facts_table(RUN, VERSION, lang))
    assert "…" not in text
    figures = ("12,345,678", "11,345,677", "1,000,000", "999,999")
    codes = ("[amount_too_large]", "[unknown_code]", "[uscc_check_digit]", "known_on")
    assert [] == [words for words in (*figures, *codes, SOURCE) if words not in text]


def lines_shown(what: RenderableType, width: int = 80) -> list[str]:
    """The lines that a terminal of a width shows."""
    screen = io.StringIO()
    Console(width=width, file=screen).print(Trimmed(what))
    return screen.getvalue().splitlines()


def test_a_small_share_has_a_bar() -> None:
    """What is not nothing has a bar of one cell at least, and nothing has none."""
    run = {"as_of": "2026-09-30", "bands": {"A": 9_990, "C": 1}, "not_rated": {}, "fictitious": False}
    bars = [
        line.count("█") for line in lines_shown(show.colour_table(run, VERSION, "en")) if "code rank" in line
    ]
    assert [20, 0, 1, 0] == bars


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", ("原因", "尚未生效", "争议中")), ("en", ("Rule", "not final", "contested"))]
)
def test_what_did_not_count_is_a_table(lang: Lang, words: tuple[str, ...]) -> None:
    """Each rule that dropped records has a row with its number, the most frequent first; those that dropped none have none."""
    run = {"excluded": {"contested": 3, "not_final": 1_500, "expired": 0}, "seconds": {"read": 1.0}}
    rows = [line for line in lines_shown(show.facts_table(run, VERSION, lang)) if line[:1] in "┃│"]
    assert [True, True, True] == [word in row for word, row in zip(words, rows, strict=True)]
    assert "1,500" in rows[1]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("lang", get_args(Lang))
def test_no_line_is_too_wide_or_ends_with_a_blank(lang: Lang, width: int) -> None:
    """Everything that is said of an enterprise fits the terminal, with no blank at the end of a line and no mark at its beginning."""
    whole = show.explanation(outlooks.explanation(number="[b]〔2025〕[/b]"), VERSION, lang, officer=True)
    lines = lines_shown(whole, width)
    assert max(map(cell_len, lines)) <= width
    badges = re.compile(r"(grade|rank \d\)|级）|未评价|Not rated) $")
    assert [] == [line for line in lines if line != line.rstrip() and not badges.search(line)]
    assert [] == [line for line in lines if line.strip(" │┃")[:1] in CLOSING - {"·"} and line.strip(" │┃")]


@pytest.mark.parametrize("lang", get_args(Lang))
def test_policies_are_whole(lang: Lang) -> None:
    """Every id and version of the shipped policies can be read and typed again."""
    text = shown(show.policy_table(list_policies(), lang))
    assert [] == [
        v.policy.id for v in list_policies() if f"{v.policy.id}" not in text or v.policy.version not in text
    ]
    assert "…" not in text


@pytest.mark.parametrize(("lang", "value"), [("zh", "1,800元"), ("en", "1,800yuan")])
def test_explanation_is_whole(lang: Lang, value: str) -> None:
    """Dates, document numbers, brackets in names and amounts in yuan survive the width."""
    text = shown(show.explanation(explanation(BANDS[2], 650), VERSION, lang, officer=False))
    expected = (
        "2026-04-15",
        "2027-04-14",
        "虚柯市监罚〔2025〕001617号",
        "虚构市场监督管理局[/b]分局",
        "虚构[red]商贸",
        value,
        "−45",
    )
    assert [] == [words for words in expected if words not in text]
    assert "…" not in text


@pytest.mark.parametrize(
    ("lang", "words", "idle"),
    [("zh", "至多黄码（第3级）：上限", "没有改变等级"), ("en", "AtmostYellow(rank3):上限", "changednothing")],
)
def test_a_cap_says_how_far_and_whether_it_decided(lang: Lang, words: str, idle: str) -> None:
    """A cap names the colour and rank in words, and says so where the points alone gave the grade."""
    cap = Rule("cap", "cap", {"zh": "上限", "en": "上限"}, BANDS[2].id, ())
    by_points = shown(show.explanation(explanation(BANDS[2], 650, cap), VERSION, lang, officer=False))
    by_cap = shown(show.explanation(explanation(BANDS[2], 950, cap), VERSION, lang, officer=False))
    assert (True, True, True, False) == (
        words in by_points,
        words in by_cap,
        idle in by_points,
        idle in by_cap,
    )


TO_COME = {
    "zh": (
        "若无此记录：755分（+105），为绿码（第2级）",
        "1.2026年8月31日起可以申请信用修复",
        "条件：满一年、已纠正",
        "§国家发展改革委令第36号第四条",
        "2.2026年8月31日起可以申请信用修复（HIDDEN-7）",
        "如获准，最晚2026年9月14日转为绿码（第2级），800分（+150）；不申请，要到2026年12月13日",
        "找谁",
        "虚构市场监管局（未配置联系方式）",
        "可提前结束的记录",
        "信用修复：2026年8月31日起可以申请；如获准，最晚2026年9月14日停止使用",
        "未来变化（按现在的规则，到2029-06-29）",
        "没有新记录时，2026年12月13日起为绿码（第2级）",
        "按分数，距绿码（第2级）还差150分",
        "650→690分（+40）；罚没金额+40",
        "黄码（第3级）→绿码（第2级）690→800分（+110）",
        "不再适用：某项上限",
        "怎样避免：每年自查",
        "不服某条记录：法定救济",
        "可以自知道之日起60日内申请行政复议",
        "未用于评价您的记录（1）",
        "尚未生效（行政复议、诉讼的期限未满），不计",
    ),
    "en": (
        "Withoutthisrecord:755points(+105),Green(rank2)",
        "1.Youcanapplyforcreditrepairfrom31August2026",
        "Conditions:oneyearover,mended",
        "§国家发展改革委令第36号第四条",
        "2.Youcanapplyforcreditrepairfrom31August2026(HIDDEN-7)",
        "Ifaccepted:Green(rank2),800points(+150)by14September2026.Ifyoudonothing:on13December2026",
        "Whomtoask",
        "虚构市场监管局(nocontactconfigured)",
        "Recordsthatcanendearly",
        "Creditrepair:youcanapplyfrom31August2026;ifaccepted,nolongerusedby14September2026",
        "Whatistocomeunderthepresentrules,until2029-06-29",
        "Ifnothingnewisrecorded:Green(rank2)from13December2026",
        "Bypointsalone,150shortofGreen(rank2)",
        "650→690points(+40);Amountoffines+40",
        "Yellow(rank3)→Green(rank2)690→800points(+110)",
        "Nolongerapplies:Acertaincap",
        "Howtoavoidit:Inspectyourselfeveryyear",
        "Ifyoudisagreewitharecord:whatthelawoffers",
        "Youcanaskforadministrativereviewwithin60daysofknowingofit",
        "Notheldagainstyou(1)",
        "Notfinal(thetimeforadministrativereviewandlawsuitisnotover);notcounted",
    ),
}


@pytest.mark.parametrize("lang", get_args(Lang))
def test_what_is_to_come_is_whole(lang: Lang) -> None:
    """What a record costs, how it ends, what is to come and the path stand on 80 columns, in this order, brackets kept."""
    text = shown(
        show.explanation(outlooks.explanation(number="[b]〔2025〕[/b]"), VERSION, lang, officer=False)
    )
    assert [] == [words for words in TO_COME[lang] if words not in text]
    assert sorted(at := [text.index(words) for words in TO_COME[lang]]) == at
    assert (True, False) == ("[b]〔2025〕[/b]" in text, "…" in text)


def test_what_a_record_costs_is_told_once() -> None:
    """A record behind two reasons says what would be without it under the heavier one alone."""
    assert 1 == shown(show.explanation(outlooks.explanation(), VERSION, "en", officer=False)).count(
        "Withoutthisrecord"
    )


def test_records_that_change_nothing_share_a_line() -> None:
    """Two records of a reason that alone change nothing are told so in one line."""
    same = outlooks.WhatIf(650, "C")
    idle = outlooks.reason(
        "fines", -45, outlooks.record("r-1", without=same), outlooks.record("r-2", without=same)
    )
    text = shown(
        show.explanation(replace(outlooks.explanation(), reasons=(idle,)), VERSION, "en", officer=False)
    )
    assert (1, 0) == (
        text.count("Withoutanyoneoftheserecords:thesameresult"),
        text.count("Withoutthisrecord"),
    )


@pytest.mark.parametrize("officer", [False, True])
def test_records_that_do_not_count_are_told_with_their_rule(officer: bool) -> None:
    """The enterprise and officers see a record that does not count in a cause, in a step, and with rule and remedies."""
    text = shown(show.explanation(outlooks.explanation(), VERSION, "en", officer=officer))
    line = "HIDDEN-7·虚构市场监管局·2025-12-13·1,800yuan·countsuntil2026-12-12Notfinal"
    assert (4, True) == (text.count("HIDDEN-7"), line in text)


def test_who_is_not_rated_has_a_path_too() -> None:
    """Who is not rated is told what leads to a rating, or that nothing does and who schedules inspections."""
    e = outlooks.explanation()
    unrated = replace(e, score=replace(e.score, points=None, band=None, colour=None), band=None, reasons=())
    none = shown(
        show.explanation(
            replace(unrated, outlook=outlooks.outlook_of(distance=None)), VERSION, "en", officer=False
        )
    )
    found = shown(show.explanation(unrated, VERSION, "en", officer=False))
    said = ("notratedupto29June2029" in none, "Authoritiesscheduleinspections" in none)
    assert (True, True) == said
    assert "Ifaccepted:Green(rank2),800pointsby14September2026" in found
