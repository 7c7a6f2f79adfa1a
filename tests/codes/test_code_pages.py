"""The page that a scanned code opens: what holds now, to whom it may be shown, and nothing of what is none of ours."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter

import pytest
from code_authority import CodeAuthority
from code_pages import CodePages, colours_in, opened_copy, scan, told
from coded_stores import HOST
from public_pages import public_ids, public_path
from sqlalchemy import update
from stores import DAY

from scoring.administration.credential.code_address import base32
from scoring.administration.credential.not_a_code import CodeReason
from scoring.administration.credential.profile import encode, sign_codes
from scoring.rules.wording import LANGUAGES, say
from scoring.store.standing.code_issuing import renew_codes
from scoring.store.tables.orm import Standing
from scoring.store.tables.orm_access import DirectoryEntry, Viewing

FACES = ("sticker", "shown", "opaque")
OF_THE_MOMENT = ("Content-Length", "X-RateLimit-Reset", "Retry-After")
"""Headers that follow from the length of a name, and from the second."""
GUESSES, WITHHELD = int(os.environ.get("SISE_GUESSES", "300")), int(os.environ.get("SISE_WITHHELD", "24"))
"""Guesses of ids, and pages of which it is tried to tell the hidden colour; the campaign has 10,000 and 400."""


@pytest.fixture
def pages(built: Path, tmp_path: Path) -> Iterator[CodePages]:
    """The pages of a copy of the district."""
    with opened_copy(built, tmp_path / "copy", DAY) as opened:
        yield opened


def set_colour(pages: CodePages, enterprise_id: str, colour: str) -> None:
    """Gives an enterprise another colour three days later, and its code with it."""
    store = pages.store
    store.go_to(store.day + timedelta(days=3))
    with store.database.write() as connection:
        mine = Standing.enterprise_id == enterprise_id
        connection.execute(update(Standing).where(mine).values(colour=colour))
    renew_codes(store.database, store.version, store.day, "tester", store.clock)


def close(pages: CodePages, enterprise_id: str) -> None:
    """Has the register tell that an enterprise was deregistered."""
    with pages.store.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE enterprise_version SET status = 'deregistered' WHERE enterprise_id = ?", (enterprise_id,)
        )


@pytest.mark.parametrize("lower", [False, True])
def test_any_telephone_opens_it(pages: CodePages, lower: bool) -> None:
    """In capitals and in small letters: the page of the enterprise, with its name, and never a planned visit or an officer."""
    enterprise_id = pages.store.coded("blue")
    answer = scan(pages.client(), pages.store.text(enterprise_id), lower=lower)
    assert (200, True, ["蓝码"]) == (
        answer.status_code,
        enterprise_id in told(answer),
        colours_in(told(answer)),
    )
    assert say("zh", "public_is_not") in answer.text and "tel:12345" in answer.text


def test_the_colour_in_the_code_is_ignored(pages: CodePages) -> None:
    """An old sticker shows what holds now, what it says itself, and since when it is old; so does its twin."""
    enterprise_id = pages.store.coded("green")
    text = pages.store.text(enterprise_id)
    set_colour(pages, enterprise_id, "blue")
    said = told(scan(pages.client(), text))
    assert "这张码显示的是以前的颜色（绿码），自 2026 年 10 月 3 日 起停用" in said
    assert "绿码" not in said.replace("（绿码）", "")
    twin = pages.client().get("/api" + text.removeprefix(f"HTTPS://{HOST}").replace("/Q/", "/q/")).json
    assert ("superseded", "green", "2026-10-03") == tuple(
        twin["code"][name] for name in ("reason", "said", "ended_on")
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_none_of_ours_has_a_sentence_of_its_own(pages: CodePages, lang: str) -> None:
    """Another key's, another form, never issued: said so, with nothing of what it says."""
    store = pages.store
    own = store.text(store.coded("green"))
    stranger = CodeAuthority()
    beside = sign_codes([stranger.claims(issuer="CN-330800")], store.office.desk(store.day).key)  # type: ignore[union-attr]
    texts = {
        CodeReason.WRONG_FORMAT: own[:-3],
        CodeReason.UNKNOWN_KEY: encode(HOST, sign_codes([stranger.claims()], stranger.codes)[0]),
        CodeReason.BAD_SIGNATURE: own[:-12] + ("A" if own[-12] != "A" else "B") + own[-11:],
        CodeReason.NOT_ISSUED: encode(HOST, beside[0]),
    }
    client = pages.client()
    for reason, text in texts.items():
        answer = scan(client, text, lang)  # type: ignore[arg-type]
        assert answer.status_code == 404
        said = told(answer)
        assert say(lang, f"code_is_{reason}") in said, reason  # type: ignore[arg-type]
        assert stranger.claims().subject not in said and not colours_in(said)


def test_what_was_signed_beside_the_log_is_written_down(
    pages: CodePages, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever has the key and issues a code for nobody's decision is noticed at the first scan."""
    store = pages.store
    claims = CodeAuthority().claims(issuer="CN-330800", serial=b"forgery!")
    (content,) = sign_codes([claims], store.office.desk(store.day).key)  # type: ignore[union-attr]
    with caplog.at_level(logging.WARNING, "sise.codes"):
        scan(pages.client(), encode(HOST, content))
    assert b"forgery!".hex() in caplog.text


def test_a_lawful_code_outlives_its_key(pages: CodePages) -> None:
    """After its key was withdrawn the page still opens and asks for a new sticker."""
    store = pages.store
    enterprise_id = store.coded("blue")
    text = store.text(enterprise_id)
    key = store.keys.register().signing("codes", store.day)
    assert key is not None
    store.keys.withdraw(key.id, store.day)
    said = told(scan(pages.client(), text))
    assert enterprise_id in said and say("zh", "scan_new_sticker") in said


@pytest.mark.parametrize("face", FACES)
def test_who_is_gone_is_dark(pages: CodePages, face: str) -> None:
    """On every face, to everybody and to officers, and on the public's page: why, and no colour."""
    enterprise_id = pages.store.coded("green")
    text = pages.text(enterprise_id, face)
    close(pages, enterprise_id)
    client = pages.client()
    answers = [
        scan(client, text),
        scan(pages.officer(), text),
        client.get(public_path_of(pages, enterprise_id)),
    ]
    for answer in answers:
        assert (200, []) == (answer.status_code, colours_in(told(answer)))
        assert "已注销登记" in told(answer)


def public_path_of(pages: CodePages, enterprise_id: str) -> str:
    """The public's page in Chinese."""
    return f"{public_path(pages.store.database.place, enterprise_id)}?lang=zh"


def test_a_shown_code_tells_who_and_what_is_published(pages: CodePages) -> None:
    """Everybody and the enterprise's partner see name and published records, an officer colour and day."""
    for colour, word in (("blue", "蓝码"), ("green", "绿码"), ("yellow", "黄码"), ("red", "红码")):
        enterprise_id = pages.store.coded(colour)
        text = pages.text(enterprise_id, "shown")
        answer = scan(pages.client(), text)
        assert (200, []) == (answer.status_code, colours_in(told(answer)))
        assert say("zh", "scan_records") in told(answer) and 'class="face' not in answer.text
        seen = told(scan(pages.officer(), text))
        assert [word] == colours_in(seen) and "2026 年 9 月 30 日" in seen


def test_an_officers_scan_is_written_down(pages: CodePages) -> None:
    """As a look at the enterprise; another area's officer is the public, and his scan is none."""
    enterprise_id = pages.store.coded("red")
    text = pages.store.text(enterprise_id)
    scan(pages.officer(), text)
    rows = pages.store.rows(Viewing)
    assert [("officer", enterprise_id, "public.scanned")] == [
        (row["account"], row["enterprise_id"], row["page"]) for row in rows
    ]
    with pages.store.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM viewing")
    scan(pages.client(), text)
    assert [] == pages.store.rows(Viewing)


def test_a_sole_traders_page_is_off_by_default(built: Path, tmp_path: Path) -> None:
    """It is as if there were none; where the deployment has such pages, no name stands on it."""
    for number, is_on in enumerate((False, True)):
        with opened_copy(built, tmp_path / f"copy{number}", DAY, sole_traders=is_on) as pages:
            enterprise_id = pages.store.coded("green")
            name = pages.store.standing(enterprise_id)["name"]
            with pages.store.database.write() as connection:
                mine = DirectoryEntry.enterprise_id == enterprise_id
                connection.execute(update(DirectoryEntry).where(mine).values(entity_type="sole_trader"))
            client = pages.client()
            answers = [
                client.get(public_path_of(pages, enterprise_id)),
                scan(client, pages.store.text(enterprise_id)),
                client.get(f"/?q={enterprise_id}&lang=zh"),
            ]
            assert [200 if is_on else 404] * 2 == [answer.status_code for answer in answers[:2]]
            assert [False] * 3 == [name in answer.text for answer in answers]
            assert is_on == ("个体工商户" in answers[0].text)


def test_guesses_are_stopped(pages: CodePages) -> None:
    """From one address 429 comes before the hundredth guess, of pages, codes and licences together; none is found."""
    chance, client, store = random.Random(7), pages.client(), pages.store
    forms = (
        lambda: f"/e/{chance.randbytes(16).hex()}",
        lambda: f"/Q/{base32(chance.randbytes(16))}",
        lambda: f"/api/e/{chance.randbytes(16).hex()}",
        lambda: f"/?q=91330802{chance.randrange(10**9):09d}X",
    )
    statuses = [client.get(chance.choice(forms)()).status_code for _ in range(GUESSES)]
    assert statuses.index(429) < 99 and set(statuses[99:]) == {429}
    assert 200 not in {client.get(f"/e/{chance.randbytes(16).hex()}").status_code for _ in range(50)}
    # Who has an id goes on elsewhere, and asks as often as he likes.
    page = public_path(store.database.place, store.coded("blue"))
    other = pages.client()
    assert {200} == {other.get(page).status_code for _ in range(120)}


def test_ids_follow_from_nothing(pages: CodePages) -> None:
    """Every enterprise has one, of 128 bits; two stores of the same facts have no id in common."""
    ids = public_ids(pages.store.database.place)
    assert len(ids) == len(set(ids.values())) == 120
    assert {32} == {len(page) for page in ids.values()}
    bits = "".join(f"{int(page, 16):0128b}" for page in ids.values())
    assert 0.47 < bits.count("1") / len(bits) < 0.53


def test_what_is_withheld_tells_nothing(pages: CodePages) -> None:
    """Pages of withheld results have one text, one set of headers, and times in no order of the colours, cold and warm."""
    client, shown, times = pages.client(), set[object](), dict[str, dict[str, list[float]]]()
    for row in sorted(pages.store.rows_of_standings(), key=lambda row: str(row["enterprise_id"])):
        colour, path = row["colour"], public_path_of(pages, str(row["enterprise_id"]))
        if colour is None or len(times.get("cold", {}).get("all", ())) == WITHHELD:
            continue
        for state in ("cold", "warm"):
            began = perf_counter()
            answer = client.get(path)
            spent = perf_counter() - began
            if "结果不公开" in told(answer):
                text = answer.text.replace(str(row["enterprise_id"]), "ID").replace(str(row["name"]), "NAME")
                shown.add((text, *(pair for pair in answer.headers if pair[0] not in OF_THE_MOMENT)))
                side = "good" if colour in ("blue", "green") else "bad"
                for name in (side, "all"):
                    times.setdefault(state, {}).setdefault(name, []).append(spent)
    assert 1 == len(shown)
    for state, spent_by in times.items():
        good, bad = spent_by["good"], spent_by["bad"]
        share, bound = ordered(good, bad), 3.3 * deviation(good, bad)
        print(f"\n{state}: {len(good)} and {len(bad)} pages, a bad one slower in {share:.2f} of pairs")
        assert len(bad) >= 4 and abs(share - 0.5) < bound, (state, share, bound)


def ordered(some: Sequence[float], others: Sequence[float]) -> float:
    """In which share of pairs the other is greater; half where they tell nothing of each other."""
    pairs = [(one < other) + (one == other) / 2 for one in some for other in others]
    return sum(pairs) / len(pairs)


def deviation(some: Sequence[float], others: Sequence[float]) -> float:
    """The standard deviation of that share by chance alone (Mann and Whitney)."""
    return float(((len(some) + len(others) + 1) / (12 * len(some) * len(others))) ** 0.5)


def test_the_lists_are_served(pages: CodePages, tmp_path: Path) -> None:
    """The status list is signed, whoever asks; the trust list is there where the deployment names one."""
    from scoring.administration.credential import verify_code

    store = pages.store
    note = tmp_path / "trust.note"
    from scoring.store.log.note import Signer

    root = Signer.read((store.keys.folder / "root.key").read_text(), "")
    note.write_text(store.trust().signed(root), encoding="utf-8")
    served = CodePages(store, SISE_TRUST=str(note)).client()
    trust = verify_code.read_trust(served.get("/q/trust").text, store.keys.register().root)
    status = verify_code.read_status(served.get("/q/status").data, trust, store.seconds)
    text = store.text(store.coded("green"))
    assert "valid" == verify_code.check(text, trust, store.seconds, status)["reason"]
    assert 404 == pages.client().get("/q/trust").status_code
    assert date(2026, 9, 30) == store.day
