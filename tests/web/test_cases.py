"""Casework on the pages: a firm files and answers, officers decide, the window enters for who has neither account nor phone."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from casework import DAY, OWN, Counter, firm, make_counter, record
from town_pages import NAMES, Town
from werkzeug.test import TestResponse

from scoring.store.tables.database import Database


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town as everybody finds it: every fall is proposed and nobody was told."""
    counter = make_counter(tmp_path_factory.mktemp("cases"), NAMES)
    counter.database.close()
    return Path(counter.database.place)


@pytest.fixture
def town(made: Path, tmp_path: Path) -> Iterator[Town]:
    """A copy of it, behind its pages."""
    file = tmp_path / "town.db"
    shutil.copyfile(made, file)
    counter = Counter(Database(str(file)), DAY, tmp_path)
    counter.reuse()
    yield Town(counter)
    counter.database.close()


def number_of(answer: TestResponse) -> int:
    """The case that a filed form leads to."""
    assert 303 == answer.status_code, answer.text[:2000]
    return int(answer.headers["Location"].rsplit("/", 1)[1].split("?")[0])


def test_reading_serves_and_the_notice_runs(town: Town) -> None:
    """An unserved proposal is served by its owner's reading, once; an officer's reading and the public's serve nothing."""
    path = f"/e/{firm('penalty-a')}"
    for account in ("chief", "stranger"):
        town.browser(account).get(f"/desk{path}")
    assert [] == town.steps("served")
    for _ in range(2):
        told = town.told("owner", f"/firm{path}")
    assert [(firm("penalty-a"), "owner")] == [tuple(step) for step in town.steps("served")]
    assert "2026 年 10 月 13 日" in told
    pdf = town.browser("owner").get(f"/firm{path}/notice.pdf")
    assert ("application/pdf", b"%PDF") == (pdf.mimetype, pdf.data[:4])


def test_a_firm_objects_and_its_authority_decides(town: Town) -> None:
    """Disputed at once; refused to who imported it; decided by an officer of the authority; the firm reads the outcome."""
    base = f"/firm/e/{firm('penalty-a')}"
    form = {"record": record("penalty-a"), "reason": "wrong", "ground": "不是我们"}
    number = number_of(town.post("owner", f"{base}/open/objection", **form))
    assert "disputed" == town.counter.contest(record("penalty-a"))
    assert "记录已标注争议" in town.told("owner", f"{base}/cases/{number}")
    assert f"第 {number} 号 异议" in town.told("officer", "/desk/queue")
    path = f"/desk/e/{firm('penalty-a')}/cases/{number}"
    answer = {"kind": "answer", "outcome": "rejected", "ground": "属实", "office": OWN}
    refused = town.post("tester", path, **answer)
    assert 409 == refused.status_code and "不能由其答复" in unescape(refused.text)
    assert 303 == town.post("officer", path, **answer).status_code
    assert "异议不成立" in town.told("owner", f"{base}/cases/{number}")
    assert town.counter.contest(record("penalty-a")) != "disputed"


def test_an_objection_to_anothers_record_is_sent_on(town: Town) -> None:
    """A letter is printed and entered, then the answer with its document; the other authority's officer sees it as well."""
    base = f"/firm/e/{firm('penalty-foreign')}"
    form = {"record": record("penalty-foreign"), "reason": "undone", "ground": "已撤销"}
    number = number_of(town.post("owner", f"{base}/open/objection", **form))
    path = f"/desk/e/{firm('penalty-foreign')}/cases/{number}"
    assert 404 == town.browser("officer").get(path).status_code
    assert 200 == town.browser("ecology").get(path).status_code
    letter = town.browser("chief").get(f"{path}/letter.pdf")
    assert b"%PDF" == letter.data[:4]
    sent = {"kind": "sent", "ground": "转办", "document": "衢异函〔2026〕3号", "office": OWN}
    assert 303 == town.post("chief", path, **sent).status_code
    early = {"kind": "answer", "outcome": "withdrawn", "ground": "来函撤销", "office": OWN}
    assert 409 == town.post("chief", path, **early).status_code
    assert 303 == town.post("chief", path, **early, document="衢环函〔2026〕8号").status_code
    assert DAY == town.counter.latest_version(record("penalty-foreign"))["withdrawn_on"]


def test_red_takes_two_people_one_of_them_legal(town: Town) -> None:
    """Who imported it is refused, the second ordinary one too, and one person twice; department officers see none of it."""
    path = f"/desk/e/{firm('listing-a')}/proposal"
    form = {"kind": "confirm", "ground": "看过列入决定"}
    assert 404 == town.browser("officer").get(path).status_code
    town.post("chief", path, kind="served", how="handed_over", ground="送达回证 1 号", on=DAY.isoformat())
    assert 409 == town.post("tester", path, **form).status_code
    assert 303 == town.post("chief", path, **form).status_code
    assert 409 == town.post("chief", path, **form).status_code
    assert 409 == town.post("second", path, **form).status_code
    assert 303 == town.post("lawyer", path, **form).status_code
    town.counter.go_to(date(2026, 10, 15))
    town.counter.score()
    assert ("red", False) == town.counter.colour("listing-a")


def test_the_window_enters_for_who_has_neither_account_nor_phone(town: Town) -> None:
    """Who came and what was seen is kept with the paper's digest; a receipt is printed; others are no clerks."""
    path = f"/desk/e/{firm('penalty-b')}/window/objection"
    form = {"record": record("penalty-b"), "reason": "class", "ground": "应为轻微", "person": "张三"}
    assert 409 == town.post("clerk", path, **form).status_code
    paper = (io.BytesIO(b"scan" * 1000), "申请书.pdf")
    number = number_of(town.post("clerk", path, **form, seen=["identity_card"], paper=paper))
    told = town.told("clerk", f"/desk/e/{firm('penalty-b')}/cases/{number}")
    assert "张三" in told and "身份证" in told
    receipt = town.browser("clerk").get(f"/desk/e/{firm('penalty-b')}/cases/{number}/receipt.pdf")
    assert b"%PDF" == receipt.data[:4]
    assert 403 == town.browser("chief").get(path).status_code


def test_a_firm_takes_back_what_it_filed(town: Town) -> None:
    """The record counts again; a stranger sees neither the case nor its receipt."""
    base = f"/firm/e/{firm('penalty-a')}"
    form = {"record": record("penalty-a"), "reason": "wrong", "ground": "x"}
    number = number_of(town.post("owner", f"{base}/open/objection", **form))
    for path in (base, f"{base}/cases/{number}", f"{base}/cases/{number}/receipt.pdf"):
        assert 404 == town.browser("stranger").get(path).status_code
    other = f"/firm/e/{firm('penalty-b')}/cases/{number}"
    assert 404 == town.browser("stranger").get(other).status_code
    assert 303 == town.post("owner", f"{base}/cases/{number}", ground="弄错了").status_code
    assert "提出人撤回" in town.told("owner", f"{base}/cases/{number}")


def test_own_records_are_withdrawn_by_two(town: Town) -> None:
    """Disputed by one of the authority, for good by another; another authority's record is none of theirs."""
    path = f"/desk/e/{firm('penalty-a')}/records/{record('penalty-a')}"
    other = f"/desk/e/{firm('penalty-foreign')}/records/{record('penalty-foreign')}"
    assert 404 == town.browser("officer").get(other).status_code
    assert 303 == town.post("officer", path, kind="withdraw", ground="重复录入").status_code
    assert "disputed" == town.counter.contest(record("penalty-a"))
    assert 409 == town.post("officer", path, kind="second", ground="属实").status_code
    assert 303 == town.post("chief", path, kind="second", ground="属实").status_code
    assert DAY == town.counter.latest_version(record("penalty-a"))["withdrawn_on"]
    assert 400 == town.post("chief", path, kind="paint it red", ground="x").status_code


def test_what_was_typed_stays_when_it_is_refused(town: Town) -> None:
    """The form comes back with its words, the reason of the refusal and what was expected."""
    base = f"/firm/e/{firm('penalty-a')}/open/objection"
    answer = town.post("owner", base, record=record("penalty-a"), reason="", ground="写了很久的说明")
    assert 409 == answer.status_code
    assert "写了很久的说明" in answer.text and 'role="alert"' in answer.text


HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}", "'; DROP TABLE step; --")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_typed_is_text(town: Town, text: str) -> None:
    """No markup, no template and no SQL that somebody types is anything but text, on either side's page."""
    base = f"/firm/e/{firm('penalty-a')}"
    form = {"record": record("penalty-a"), "reason": "wrong", "ground": text, "document": text}
    number = number_of(town.post("owner", f"{base}/open/objection", **form))
    for account, path in (
        ("owner", f"{base}/cases/{number}"),
        ("chief", f"/desk/e/{firm('penalty-a')}/cases/{number}"),
    ):
        html = town.browser(account).get(path).text
        assert text in unescape(html)
        assert "<script>alert" not in html and "<img src=x" not in html


def test_malformed_forms_are_refused(town: Town) -> None:
    """Whatever a form holds, it is never a fault of the server."""
    base = f"/firm/e/{firm('penalty-a')}"
    client = town.browser("owner")
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(f"{base}/open/objection").text)
    assert token
    values = (
        "",
        "\x00",
        "𠮷" * 5000,
        "-1",
        "999999999999999999999",
        "../../etc/passwd",
        "\ud800".encode("utf-8", "replace").decode(),
    )
    for name in ("record", "reason", "ground", "document", "matter", "office", "kind"):
        for value in values:
            answer = client.post(f"{base}/open/objection", data={"csrf_token": token[1], name: value})
            assert answer.status_code in (409, 413, 400), (name, value[:20], answer.status_code)
