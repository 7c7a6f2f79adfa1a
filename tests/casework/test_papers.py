"""The notice, the letter and the receipt: one A4 page each in both languages, the same bytes again, typed text as text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pytest
from casework import CLERK, Counter, firm
from PIL import Image

from scoring.administration.casework.letter_paper import letter_paper
from scoring.administration.casework.notice_paper import notice_paper, notice_pdf
from scoring.administration.casework.opening import NewCase, open_case
from scoring.administration.casework.papers import Paper, pdf_of, png_of
from scoring.administration.casework.parties import Presence
from scoring.administration.casework.window_receipt import receipt_paper
from scoring.entities import Lang
from scoring.errors import StoreError

CAME = Presence("张三", ("identity_card", "letter_of_authority"), "授权委托书.pdf", "3f" * 32)
HOSTILE = '#set page(width: 1pt) \\ "$x$ *粗* `#read("/etc/passwd")` @ref <label> // /* #panic()\u202e'
A4 = (595.276, 841.89)
Made = Callable[[Counter, Lang], Paper]


def notice(town: Counter, lang: Lang) -> Paper:
    """The notice of a fall."""
    return notice_paper(town.database, town.version, firm("penalty-a"), town.day, lang)


def letter(town: Counter, lang: Lang) -> Paper:
    """The letter about a foreign record."""
    with town.database.read() as connection:
        return letter_paper(connection, town.case(1), lang)


def receipt(town: Counter, lang: Lang) -> Paper:
    """The receipt of what was entered at the window."""
    with town.database.read() as connection:
        return receipt_paper(connection, town.case(1), lang)


@pytest.fixture
def objected(counter: Counter) -> Counter:
    """The town with an objection to a foreign record that was entered at the window."""
    assert 1 == counter.object_to("penalty-foreign", CLERK, by="window", presence=CAME, document="照片三张")
    return counter


def pages(pdf: bytes) -> list[bytes]:
    """The page objects of a PDF, from its plain part: typst writes them uncompressed."""
    return [
        part
        for part in pdf.split(b"endobj")
        if b"/Type/Page" in part.replace(b" ", b"") and b"/Pages" not in part
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("page", [notice, letter, receipt])
def test_a_page(objected: Counter, page: Made, lang: Lang) -> None:
    """It is one page of A4, the same bytes again, and a picture of it is not empty."""
    paper = page(objected, lang)
    pdf = pdf_of(paper)
    assert (pdf, 1) == (pdf_of(page(objected, lang)), len(pages(pdf)))
    image = Image.open(BytesIO(png_of(paper, 72)))
    assert tuple(round(side) for side in A4) == image.size
    darkest, lightest = image.convert("L").getextrema()
    assert darkest < 80 < 250 < lightest


def test_the_notice_says_all_of_it(objected: Counter) -> None:
    """Grade now and proposed, the cause, until when, to whom, how, and every remedy."""
    paper = notice(objected, "zh")
    said = paper.content
    for word in (
        "未评价",
        "黄",
        "虚〔2026〕penalty-a号",
        "5 个工作日",
        "柯城区虚构市场监管局",
        "窗口",
        "异议",
        "重算申请",
    ):
        assert word in said, word
    for word in ("人工审查", "复查申请", "行政复议", "演示规则"):
        assert word in said, word
    objected.serve(firm("penalty-a"))
    assert "2026 年 10 月 13 日" in notice(objected, "zh").content


def test_the_letter_and_the_receipt_say_what_they_must(objected: Counter) -> None:
    """To whom, about what, by when; who came, what was seen, the digest of the paper, what follows."""
    sent, given = letter(objected, "zh").content, receipt(objected, "zh").content
    for word in ("柯城区虚构生态环境局", "2026 年 10 月 13 日", "虚〔2026〕penalty-foreign号", "照片三张"):
        assert word in sent, word
    for word in ("张三", "身份证", "授权委托书.pdf", "3f" * 32, CLERK, "复核", "办结前不计入"):
        assert word in given, word
    for paper in (letter(objected, "en"), receipt(objected, "en")):
        assert "13 October 2026" in paper.content


def test_what_was_typed_is_text(objected: Counter) -> None:
    """Markup, code, references and control characters stand on the page as they were typed; long ones are cut."""
    plain = receipt(objected, "zh")
    hostile = Paper(
        **{**vars(plain), "rows": [("陈述内容", HOSTILE)], "title": HOSTILE, "addressee": HOSTILE}
    )
    assert 1 == len(pages(pdf_of(hostile)))
    talkative = NewCase(
        "objection", firm("penalty-b"), "长" * 9000, "wrong", "source:penalty-b", None, "件" * 900
    )
    talkative = replace(talkative, by="window", presence=replace(CAME, person="某" * 900))
    taken = open_case(objected.database, objected.version, talkative, CLERK, objected.clock)
    with objected.database.read() as connection:
        file = objected.case(taken.number)
        for lang in ("zh", "en"):
            assert [1, 1] == [
                len(pages(pdf_of(made(connection, file, lang)))) for made in (letter_paper, receipt_paper)
            ]


def test_no_paper_where_there_is_none_to_give(objected: Counter) -> None:
    """Without a proposal there is no notice, and one's own procedures send no letter."""
    with pytest.raises(StoreError, match="proposal_not_open"):
        notice_pdf(objected.database, objected.version, firm("penalty-foreign"), objected.day, "zh")
    number = objected.open("recheck", firm("finding-a"), record_id="source:finding-a")
    with objected.database.read() as connection, pytest.raises(StoreError, match="case_without_letter"):
        letter_paper(connection, objected.case(number), "zh")
