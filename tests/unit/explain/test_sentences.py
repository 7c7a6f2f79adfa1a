"""What is to come, in sentences: exact words in both languages, and nothing told that is not so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from outlooks import (
    A900,
    B800,
    BANDS,
    C650,
    C690,
    LAW,
    NUMBER,
    POLICY,
    VERSION,
    explanation,
    moved,
    outlook_of,
    record,
    turn,
)

from scoring.entities import Explanation, Turn, WhatIf
from scoring.explain.outlook import plan_words, sentences
from scoring.explain.words.grades import legend
from scoring.rules.wording import wording

YELLOW = explanation()
UNRATED = replace(YELLOW, score=replace(YELLOW.score, points=None, band=None), band=None, reasons=())
LAST = date(2027, 1, 1)
GONE = next(gate.label for gate in POLICY.gates if gate.id == "gone")
UNRATED_WORDS = (f"若无此记录：未评价（{GONE.zh}）", f"Without this record: not rated ({GONE.en})")


def with_turns(*turns: Turn, better_on: date | None = None, who: Explanation = YELLOW) -> list[str]:
    """The English lines on until when."""
    outlook = outlook_of(*turns, better_on=better_on)
    return [line["en"] for line in sentences.until(replace(who, outlook=outlook))]


@pytest.mark.parametrize(
    ("then", "zh", "en"),
    [
        (
            C690,
            "若无此记录：690 分（+40），仍为黄码（第3级）",
            "Without this record: 690 points (+40), still Yellow (rank 3)",
        ),
        (
            B800,
            "若无此记录：800 分（+150），为绿码（第2级）",
            "Without this record: 800 points (+150), Green (rank 2)",
        ),
        (
            WhatIf(650, "B"),
            "若无此记录：650 分，为绿码（第2级）",
            "Without this record: 650 points, Green (rank 2)",
        ),
        (C650, "若无此记录：结果不变", "Without this record: the same result"),
        (WhatIf(None, None, "gone"), *UNRATED_WORDS),
    ],
    ids=["points", "grade", "grade alone", "same", "not rated"],
)
def test_without_a_record(then: WhatIf, zh: str, en: str) -> None:
    """What would be without a record says points, change and grade, or that nothing changes."""
    assert {"zh": zh, "en": en} == sentences.without(record("r-1", without=then), YELLOW, POLICY)


def test_without_a_record_when_nobody_is_rated() -> None:
    """Who is not rated with and without a record keeps the result.

    Where nobody asked nothing is told.
    """
    unrated = sentences.without(record("r-1", without=WhatIf(None, None, "gone")), UNRATED, POLICY)
    rated = sentences.without(record("r-1", without=B800), UNRATED, POLICY)
    assert unrated is not None and rated is not None
    assert "Without this record: the same result" == unrated["en"]
    assert sentences.without(record("r-1"), UNRATED, POLICY) is None
    assert "Without this record: 800 points, Green (rank 2)" == rated["en"]


def test_until_names_the_first_change_and_the_better_day() -> None:
    """The first change of grade comes first.

    A later better day is told as well, and changes of points alone are not.
    """
    falls, rises = turn(date(2026, 9, 1), C650, WhatIf(440, "D")), turn(LAST, WhatIf(440, "D"), B800)
    first = "If nothing new is recorded: Red (rank 4) from 1 September 2026"
    assert [first, "Better on 1 January 2027: Green (rank 2)"] == with_turns(
        turn(date(2026, 8, 1), C650, C690), falls, rises, better_on=LAST
    )
    assert [
        first,
        "If nothing new is recorded, nothing better comes by itself before 29 June 2029",
    ] == with_turns(falls)


def test_until_tells_a_better_day_once() -> None:
    """A first change that is the better one is told in one line."""
    line = "If nothing new is recorded: Green (rank 2) from 1 January 2027"
    assert [line] == with_turns(turn(LAST, C650, B800), better_on=LAST)


def test_until_without_any_change() -> None:
    """Without a change of grade the grade, or being not rated, lasts as long as was looked."""
    stays = ["If nothing new is recorded: Yellow (rank 3) at least until 29 June 2029"]
    assert (stays, ["If nothing new is recorded: not rated up to 29 June 2029"]) == (
        with_turns(),
        with_turns(who=UNRATED),
    )


def test_the_best_grade_is_not_told_that_nothing_is_better() -> None:
    """Who has the best grade is told the fall alone."""
    best = replace(YELLOW, band=BANDS[0], score=replace(YELLOW.score, points=900, band="A"))
    assert 1 == len(with_turns(turn(LAST, A900, B800), who=best))


def test_distance_names_the_next_grade() -> None:
    """The points that are missing lead to the grade that they name.

    Who misses none is told nothing.
    """
    assert {
        "zh": "按分数，距绿码（第2级）还差 150 分",
        "en": "By points alone, 150 short of Green (rank 2)",
    } == sentences.distance(YELLOW, POLICY)
    assert sentences.distance(replace(YELLOW, outlook=outlook_of(distance=None)), POLICY) is None


def test_distance_where_few_points_are_good() -> None:
    """Where the best grade has the fewest points, the missing points lead down to the next grade."""
    edges = zip(POLICY.bands, (0, 200, 400, 600), strict=True)
    bands = tuple(band.model_copy(update={"from_": edge}) for band, edge in edges)
    low = POLICY.model_copy(update={"bands": bands})
    yellow = replace(YELLOW, bands=legend(low), outlook=outlook_of(distance=51))
    assert {
        "zh": "按分数，距黄码（第3级）还差 51 分",
        "en": "By points alone, 51 short of Yellow (rank 3)",
    } == sentences.distance(yellow, low)


def test_causes_that_end_with_the_same_records_are_one_sentence() -> None:
    """Indicators that move with the same record are one sentence, and a cap is its own."""
    second = sentences.turns(YELLOW, POLICY)[1]
    together, alone = (cause["text"]["en"] for cause in second["causes"])
    moved_indicators = "Market and other fields: administrative penalties +60, Amount of fines +50"
    assert f"{moved_indicators} (ends: Administrative penalty {NUMBER})" == together
    assert "No longer applies: A certain cap" == alone
    assert ("690 → 800 points (+110)", True) == (second["points"]["en"], second["grade_changes"])


def test_many_records_of_a_cause_are_counted() -> None:
    """Of many records that end together three are named and the others counted."""
    many = outlook_of(turn(LAST, C650, C690, moved("fines", 40, *"abcde")))
    described = sentences.turns(replace(YELLOW, outlook=many), POLICY)
    assert {
        "zh": "罚没金额 +40（到期：a、b、c、……另有 2 条）",
        "en": "Amount of fines +40 (ends: a, b, c, … and 2 more)",
    } == described[0]["causes"][0]["text"]


def test_a_remedy_is_told_once() -> None:
    """What prevents a fall is told at its first fall of points, and again wherever the grade changes."""
    falls = [turn(date(2026, 7, day), C690, C650) for day in (1, 2)]
    falls.append(turn(date(2026, 7, 3), B800, C650))
    described = sentences.turns(replace(YELLOW, outlook=outlook_of(*falls)), POLICY)
    assert [1, 0, 1] == [len(described_turn["prevention"]) for described_turn in described]


def test_changes_of_grade_are_always_shown() -> None:
    """With room for two, the last change of grade is shown and later changes of points are folded."""
    days = [turn(date(2026, 7, day), C650, C690) for day in (1, 2, 3)]
    outlook = outlook_of(*days, turn(LAST, C690, B800))
    shown, folded = sentences.foremost(sentences.turns(replace(YELLOW, outlook=outlook), POLICY), 2)
    assert ["2026-07-01", "2027-01-01"] == [described["on"] for described in shown]
    assert ["2026-07-02", "2026-07-03"] == [described["on"] for described in folded]


def test_a_path_says_what_it_leads_to() -> None:
    """The steps come in order with conditions and article, and the sentence names day, grade and points."""
    path = plan_words.path(YELLOW, POLICY)
    assert path is not None
    end = path["steps"][0]["early_end"]
    assert ("one year over, mended", "第四条") == (end["conditions"]["en"], end["legal"].article)
    repair = (
        "Credit repair: you can apply from 31 August 2026; if accepted, no longer used by 14 September 2026"
    )
    assert repair == end["text"]["en"]
    reached = "如获准，最晚 2026 年 9 月 14 日转为绿码（第2级），800 分（+150）"
    assert f"{reached}；不申请，要到 2026 年 12 月 13 日" == path["text"]["zh"]


@pytest.mark.parametrize(
    ("who", "en"),
    [
        (YELLOW, "At present nothing can bring a better grade sooner"),
        (
            UNRATED,
            "At present nothing can bring a rating sooner. Authorities schedule inspections; "
            "each new result leads to a new assessment",
        ),
    ],
    ids=["rated", "not rated"],
)
def test_no_path_is_a_sentence(who: Explanation, en: str) -> None:
    """Where no path exists a sentence says so; nobody is told to obtain an inspection."""
    path = plan_words.path(replace(who, outlook=outlook_of()), POLICY)
    assert path is not None
    assert ([], en) == (path["steps"], path["text"]["en"])


def test_no_path_tells_when_the_grade_changes_by_itself() -> None:
    """Where nothing can be done and the grade changes by time, the sentence names the day."""
    outlook = outlook_of(turn(date(2026, 7, 1), C650, C690), turn(LAST, C690, B800), better_on=LAST)
    path = plan_words.path(replace(YELLOW, outlook=outlook), POLICY)
    assert path is not None
    assert "目前没有可以提前变好的办法；2027 年 1 月 1 日会自动转为绿码（第2级）" == path["text"]["zh"]


def test_a_record_is_told_where_it_weighs_most() -> None:
    """A record behind two reasons is told in full under the first, which is the heavier."""
    assert YELLOW.reasons[0] is sentences.first_cited(YELLOW)["r-1"][1]


def test_nothing_is_told_where_nobody_asked() -> None:
    """Without an outlook there are no turns, no path, no distance and no lines."""
    silent = replace(YELLOW, outlook=None)
    assert ([], None, None, []) == (
        sentences.turns(silent, POLICY),
        plan_words.path(silent, POLICY),
        sentences.distance(silent, POLICY),
        sentences.until(silent),
    )


def test_both_languages_hold_the_same_sentences() -> None:
    """Every id of the wording stands in both languages."""
    assert set(wording("zh")) == set(wording("en"))


def test_titles_of_laws_of_restoration_are_known() -> None:
    """A law of restoration that the policy does not cite has its own title.

    An unknown one keeps the title it came with.
    """
    cited = {entry.id for entry in POLICY.legal}
    laws = [instrument.legal for instrument in VERSION.law.instruments if instrument.legal.id not in cited]
    assert laws[0].title.model_dump() == sentences.title_of(replace(LAW, id=laws[0].id), VERSION)
    unknown = replace(LAW, id="unknown")
    assert {"zh": LAW.title, "en": LAW.title} == sentences.title_of(unknown, VERSION)
