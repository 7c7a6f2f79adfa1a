"""Five stories that must hold, told in the browser from the log-in to the colour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import chromium
import pytest
from casework import DAY, FINDING, OWN, firm, make_counter, record, row_of
from people_in_browser import Street, street
from playwright.sync_api import Browser
from town_pages import NAMES

from scoring.administration.casework.procedures import procedures
from scoring.rules.wording import Lang, say

pytestmark = pytest.mark.skipif(chromium.IS_MISSING, reason=chromium.REASON)
FALLEN = date(2026, 10, 15)
"""The day after notices that were served on ``DAY`` are over: the National Day holidays lie between."""
Open = Callable[..., Street]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town as everybody finds it: every fall is proposed and nobody was told; one firm has no trouble yet."""
    counter = make_counter(tmp_path_factory.mktemp("stories"), NAMES)
    quiet = row_of("penalty-quiet", severity="minor", publish_until="2027-01-01")
    counter.take(counter.file("before", quiet))
    counter.score()
    counter.database.close()
    return Path(counter.database.place)


@pytest.fixture
def open_street(made: Path, tmp_path: Path, browser: Browser) -> Iterator[Open]:
    """Opens a copy of the town in a language, with scripts switched off where it is plain."""
    with ExitStack() as streets:

        def opened(lang: Lang = "zh", *, plain: bool = False) -> Street:
            return streets.enter_context(street(made, tmp_path, DAY, browser, lang, plain=plain))

        yield opened


def colour(lang: Lang, name: str) -> str:
    """The word of a colour."""
    return say(lang, f"colour_{name}")


@pytest.mark.parametrize(("lang", "plain"), [("zh", False), ("en", False), ("zh", True)])
def test_a_finding_arrives_by_file(open_street: Open, lang: Lang, plain: bool) -> None:
    """It is proposed; the public sees nothing of it; unserved nothing falls; served by reading, it falls when the period is over."""
    here = open_street(lang, plain=plain)
    counter, page = here.counter, f"/e/{firm('penalty-quiet')}"
    counter.go_to(date(2026, 10, 8))
    finding = {**FINDING, "record_id": "new:1", "occurred_on": "2026-10-07", "known_on": "2026-10-08"}
    counter.take(counter.file("finding", row_of("penalty-quiet", **finding, document_no="检〔2026〕1号")))
    counter.score()
    public = here.who(None).open(page)
    before = public.told()
    assert colour(lang, "green") == public.colour()
    assert say(lang, "notice_why") not in before and "检〔2026〕1号" not in before
    desk = here.who("chief").open("/desk/queue")
    assert say(lang, "qu_unserved", day="2026-10-08") in desk.told()
    counter.go_to(date(2026, 11, 9))
    counter.score()
    assert colour(lang, "green") == public.open(page).colour()
    owner = here.who("owner2").open("/firm/")
    notice = owner.page.locator(".notice").first.inner_text()
    assert (
        "检〔2026〕1号" in notice
        and ("2026 年 11 月 16 日" if lang == "zh" else "16 November 2026") in notice
    )
    assert b"%PDF" == owner.paper(say(lang, "pr_notice"))[:4]
    counter.go_to(date(2026, 11, 16))
    counter.score()
    assert colour(lang, "green") == public.open(page).colour()
    counter.go_to(date(2026, 11, 17))
    counter.score()
    assert colour(lang, "yellow") == public.open(page).colour()
    assert colour(lang, "yellow") == owner.open("/firm/").colour()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_yellow_firm_asks_for_a_recheck(open_street: Open, lang: Lang) -> None:
    """From the record to the form; accepted and passed at the desk; the finding closes and the colour returns."""
    here = open_street(lang)
    counter, page = here.counter, f"/e/{firm('finding-a')}"
    owner = here.who("owner").open(f"/firm{page}")
    counter.go_to(FALLEN)
    counter.score()
    assert colour(lang, "yellow") == owner.open(f"/firm{page}").colour()
    owner.follow(say(lang, "ca_open_recheck"))
    owner.send(say(lang, "ca_file"), ground="已换灶具", document="整改报告")
    assert b"%PDF" == owner.paper(say(lang, "ca_receipt"))[:4]
    officer = here.who("officer").open("/desk/queue").follow(str(procedures()["recheck"].label.words[lang]))
    officer.send(say(lang, "do_accepted"), ground="材料齐全")
    officer.send(
        say(lang, "ca_answer"),
        outcome="documents",
        ground="照片和发票核对一致",
        document="核验单1号",
    )
    assert "/desk/queue" in officer.page.url
    assert colour(lang, "green") == owner.open(f"/firm{page}").colour()
    assert colour(lang, "green") == here.who(None).open(page).colour()


def test_an_objection_to_another_authoritys_record(open_street: Open) -> None:
    """The letter, next month's file which leaves the mark, the answer with its document; the record is withdrawn."""
    here = open_street()
    counter, name = here.counter, "penalty-foreign"
    page = f"/e/{firm(name)}"
    owner = here.who("owner").open(f"/firm{page}")
    counter.go_to(FALLEN)
    counter.score()
    assert "黄码" == owner.open(f"/firm{page}").colour()
    owner.follow("对此提异议").send("提交", reason="undone", ground="复议已撤销", document="复议决定书")
    assert "绿码" == owner.open(f"/firm{page}").colour()
    chief = here.who("chief").open("/desk/queue").follow("异议")
    assert b"%PDF" == chief.paper("给作出机关的函（PDF）")[:4]
    chief.send("登记已发函", ground="转办", document="衢异函〔2026〕3号", office=OWN)
    counter.go_to(date(2026, 10, 20))
    counter.take(counter.file("month", row_of(name, amount_fen=900_000, known_on=counter.day)))
    counter.score()
    assert ("disputed", "绿码") == (counter.contest(record(name)), owner.open(f"/firm{page}").colour())
    chief.open("/desk/queue").follow("异议")
    chief.send("答复", outcome="withdrawn", ground="来函：已撤销", document="衢环函〔2026〕8号", office=OWN)
    counter.score()
    assert "绿码" == owner.open(f"/firm{page}").colour()
    assert "异议成立，撤回记录" in owner.told()
    assert counter.day == counter.latest_version(record(name))["withdrawn_on"]


def test_red_takes_two_people_one_of_them_legal(open_street: Open) -> None:
    """Who imported it is refused, one person twice and two ordinary ones too; with a legal reviewer it falls."""
    here = open_street()
    counter, page = here.counter, f"/desk/e/{firm('listing-a')}/proposal"
    chief = here.who("chief").open("/desk/queue").follow("虚构listing-a公司")
    chief.send("登记送达", how="handed_over", ground="送达回证 1 号", on=DAY.isoformat())

    def confirms(account: str) -> str:
        person = here.who(account).open(page).send("确认事实", ground="看过列入决定")
        problem = person.page.locator(".problem")
        return str(problem.inner_text()) if problem.count() else ""

    assert "" != confirms("tester")
    assert "" == confirms("chief")
    assert "" != confirms("chief")
    assert "" != confirms("second")
    counter.go_to(FALLEN)
    counter.score()
    assert "未评价" == here.who(None).open(f"/e/{firm('listing-a')}").colour()
    assert "" == confirms("lawyer")
    counter.score()
    assert "红码" == here.who(None).open(f"/e/{firm('listing-a')}").colour()


def test_a_whole_story_on_paper(open_street: Open, tmp_path: Path) -> None:
    """Who has neither account nor telephone is served by hand, objects at the window, and takes every paper home."""
    here = open_street()
    counter, name = here.counter, "penalty-b"
    chief = here.who("chief").open("/desk/queue").follow(f"虚构{name}公司")
    assert b"%PDF" == chief.paper("告知书（PDF）")[:4]
    chief.send("登记送达", how="handed_over", ground="送达回证 7 号", on=DAY.isoformat())
    clerk = here.who("clerk").open("/desk/")
    clerk.page.fill("#q", "penalty b")
    clerk.page.click("form[role=search] button")
    clerk.follow(f"虚构{name}公司").follow("陈述申辩")
    scan = tmp_path / "申请书.pdf"
    scan.write_bytes(b"%PDF-1.4 scanned")
    who = {"person": "张三", "seen": "identity_card", "paper": str(scan)}
    clerk.send("提交", **who, ground="当时已经整改")
    assert "张三" in clerk.told() and b"%PDF" == clerk.paper("收件回执（PDF）")[:4]
    officer = here.who("chief").open("/desk/queue").follow("陈述申辩")
    officer.send("答复", outcome="not_adopted", ground="整改晚于限期")
    clerk.open(f"/desk/e/{firm(name)}").follow("对此提异议")
    clerk.send("提交", **who, reason="class", ground="应为轻微")
    assert b"%PDF" == clerk.paper("收件回执（PDF）")[:4]
    counter.go_to(FALLEN)
    counter.score()
    assert "绿码" == here.who(None).open(f"/e/{firm(name)}").colour()
    decides = here.who("officer").open("/desk/queue").follow("异议")
    decides.send("答复", outcome="rejected", ground="分类无误")
    # The record counts again: what follows is a proposal of its own, served anew.
    assert "绿码" == here.who(None).open(f"/e/{firm(name)}").colour()
    chief.open("/desk/queue?procedure=service").follow(f"虚构{name}公司")
    chief.send("登记送达", how="handed_over", ground="送达回证 9 号", on=FALLEN.isoformat())
    counter.go_to(date(2026, 10, 23))
    counter.score()
    assert "黄码" == here.who(None).open(f"/e/{firm(name)}").colour()
    clerk.open(f"/desk/e/{firm(name)}").follow("异议")
    assert "异议不成立" in clerk.told() and b"%PDF" == clerk.paper("收件回执（PDF）")[:4]
