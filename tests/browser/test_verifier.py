"""The offline verifier in a real browser: it verifies with the network off, and its scripts agree with the library."""

from __future__ import annotations

import base64
import io
import os
import struct
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import chromium
import pytest
import verifier
from code_authority import ENTERPRISES, NOW, CodeAuthority
from code_mutations import mutations
from code_pages import CodePages
from coded_stores import CodedStore
from PIL import Image
from playwright.sync_api import Browser, Page
from stores import DAY, noon
from verifier import Verifier

from scoring.administration.credential.code_claims import COLOURS
from scoring.administration.credential.code_claims import DAY as SECONDS
from scoring.administration.credential.face import Face
from scoring.administration.credential.render import draw_sheet, sheet_of
from scoring.administration.credential.verdict import check
from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.rules.wording import say
from scoring.store.log.note import Signer

pytestmark = pytest.mark.skipif(verifier.IS_MISSING, reason=verifier.REASON)
AGREEING = int(os.environ.get("SISE_CODES_AGREEING", "1500"))
"""Changed codes on which the page and the library must agree; the campaign has 20,000."""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the camera shows, once it is written."""
    return tmp_path_factory.mktemp("film") / "film.y4m"


@pytest.fixture(scope="module")
def browser(film: Path) -> Iterator[Browser]:
    """A browser whose camera shows the film."""
    with verifier.with_camera(film) as opened:
        yield opened


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CodedStore]:
    """A small district with codes."""
    folder, place = tmp_path_factory.mktemp("district"), tmp_path_factory.mktemp("verified")
    write_district(DistrictPlan(enterprises=60), folder)
    made = CodedStore(place, DAY)
    made.take(folder)
    made.score()
    made.adopt()
    yield made
    made.database.close()


@pytest.fixture(scope="module")
def address(store: CodedStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where it is served, with its lists; its clock stands at noon of the day."""
    note = tmp_path_factory.mktemp("lists") / "trust.note"
    root = Signer.read((store.keys.folder / "root.key").read_text(), "")
    note.write_text(store.trust().signed(root), encoding="utf-8")
    with chromium.served(CodePages(store, SISE_TRUST=str(note)).app) as served:
        yield served


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A telephone's tab whose clock stands at noon of the day."""
    context = browser.new_context(viewport={"width": 390, "height": 800}, locale="zh-CN")
    context.clock.install(time=noon(DAY))
    context.clock.resume()
    tab = context.new_page()
    tab.set_default_timeout(15_000)
    yield tab
    context.close()


@pytest.fixture
def opened(page: Page, address: str) -> Verifier:
    """The verifier, open, on the device, and with the network off."""
    made = Verifier(page, address)
    made.settle()
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("#trust-there:not([hidden])")
    return made


def photo(text: str, file: Path) -> Path:
    """A picture of a sticker with a code."""
    face = Face(
        "某企业",
        "91330802YY0A4HB33B",
        COLOURS[1],
        {"zh": "常规", "en": "Plain"},
        2,
        4,
        DAY,
        {"zh": "规则", "en": "Rules"},
        True,
    )
    file.write_bytes(draw_sheet(sheet_of(face, text), "png"))
    return file


def test_it_verifies_with_the_network_off(opened: Verifier, store: CodedStore, tmp_path: Path) -> None:
    """By a typed text and by a photograph: the verdict, what the code says, how old the list is, what was not verified."""
    enterprise_id = store.coded("green")
    text = store.text(enterprise_id)
    assert "valid" == opened.typed(text)
    said = opened.told()
    for words in (say("zh", "code_is_valid"), enterprise_id, "绿码", "2026-09-30", say("zh", "vf_un_now")):
        assert words in said
    assert "valid" == opened.photographed(photo(text, tmp_path / "sticker.png"))
    assert say("zh", "age_minutes") in opened.lists()


def test_it_refuses_a_tampered_code(opened: Verifier, store: CodedStore) -> None:
    """One letter of the signature: refused, and nothing of what it says is shown."""
    enterprise_id = store.coded("green")
    text = store.text(enterprise_id)
    assert "bad_signature" == opened.typed(text[:-8] + ("A" if text[-8] != "A" else "B") + text[-7:])
    assert enterprise_id not in opened.told() and "绿码" not in opened.told()


def test_it_warns_of_a_stale_list(opened: Verifier, page: Page, store: CodedStore) -> None:
    """Eight days later nothing is called valid, and the page says how old the list is."""
    page.clock.set_system_time(noon(DAY + timedelta(days=8)))
    page.reload()
    page.wait_for_selector("#status-stale:not([hidden])")
    assert "status_unchecked" == opened.typed(store.text(store.coded("green")))
    assert "8" in opened.lists() and say("zh", "vf_status_stale") in opened.lists()


def test_a_foreign_code_shows_nothing(opened: Verifier, page: Page, tmp_path: Path) -> None:
    """Of another's address nothing is shown or opened, typed or photographed."""
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    evil = "https://evil.example/login?next=//x"
    for verdict in (opened.typed(evil), opened.photographed(photo(evil, tmp_path / "evil.png"))):
        assert "wrong_format" == verdict
    assert "evil" not in opened.told() and page.url.startswith(opened.address)
    assert [] == [url for url in asked if "evil" in url]


def test_pictures_without_a_code_and_bombs(opened: Verifier, tmp_path: Path) -> None:
    """Each has a sentence, and a picture of a hundred megapixels is not unpacked."""
    plain = tmp_path / "plain.png"
    Image.new("L", (300, 200), 180).save(plain)
    assert "unreadable" == opened.photographed(plain)
    assert "fault-large" == opened.photographed(bomb(tmp_path / "bomb.png"))
    (tmp_path / "none.png").write_bytes(b"no picture")
    assert "fault-picture" == opened.photographed(tmp_path / "none.png")


def bomb(file: Path, side: int = 10_000) -> Path:
    """A small PNG of a hundred megapixels."""
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1 + side // 8) * side, 9)
    chunks = [(b"IHDR", head), (b"IDAT", rows), (b"IEND", b"")]
    whole = io.BytesIO(b"\x89PNG\r\n\x1a\n")
    whole.seek(0, io.SEEK_END)
    for name, content in chunks:
        whole.write(
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )
    file.write_bytes(whole.getvalue())
    return file


def test_it_reads_by_the_camera(
    opened: Verifier, page: Page, store: CodedStore, film: Path, tmp_path: Path
) -> None:
    """A sticker held before the camera, the network off: its verdict, and the camera is off again."""
    text = store.text(store.coded("blue"))
    verifier.write_film(Image.open(photo(text, tmp_path / "sticker.png")), film)
    page.context.grant_permissions(["camera"])
    page.click("#open-camera")
    page.wait_for_selector("#verdict[data-verdict]", timeout=30_000)
    assert "valid" == opened.verdict()
    assert page.is_hidden("#camera")


def test_an_older_list_does_not_come_back(page: Page, address: str, store: CodedStore) -> None:
    """Who has seen a version takes no older one, and says so; the one that it has goes on."""
    opened = Verifier(page, address)
    page.evaluate("import('/static/verify/keep.js').then(kept => kept.keep('version', 9))")
    page.click("#renew")
    page.wait_for_selector("[data-fault=trust_older]:not([hidden])")
    assert say("zh", "vf_fault_trust_older") in opened.lists()
    assert "valid" == opened.typed(store.text(store.coded("green")))


@pytest.mark.parametrize(
    ("name", "path", "body", "fault"),
    [
        ("trust", "**/q/trust", b"sise trust list v1\nnonsense\n", "trust_damaged"),
        ("status", "**/q/status", b"\xd2\x84\x40", "status_damaged"),
    ],
)
def test_damaged_lists_are_not_taken(
    page: Page, address: str, store: CodedStore, name: str, path: str, body: bytes, fault: str
) -> None:
    """A sentence each, and the list of before goes on."""
    opened = Verifier(page, address)
    page.route(path, lambda route: route.fulfill(status=200, body=body))
    page.click("#renew")
    page.wait_for_selector(f"[data-fault={fault}]:not([hidden])")
    assert "valid" == opened.typed(store.text(store.coded("green")))


def test_lists_for_other_keys_and_a_wrong_clock(page: Page, address: str, store: CodedStore) -> None:
    """Another authority's status list, and a clock two days behind: a sentence each."""
    opened = Verifier(page, address)
    other = CodeAuthority()
    token = other.token(other.statuses(issued=store.seconds))
    page.route("**/q/status", lambda route: route.fulfill(status=200, body=token))
    page.click("#renew")
    page.wait_for_selector("[data-fault=status_of_other_key]:not([hidden])")
    page.unroute("**/q/status")
    page.clock.set_system_time(noon(DAY - timedelta(days=2)))
    page.reload()
    page.wait_for_selector("[data-fault=clock_behind]:not([hidden])")
    assert "no_trust" == opened.typed(store.text(store.coded("green")))


def test_without_a_reader_the_server_reads(
    page: Page, address: str, store: CodedStore, tmp_path: Path
) -> None:
    """Where the scripts of others are not there, a photograph is read by the server and verified here."""
    page.route("**/static/vendor/zxing*", lambda route: route.abort())
    opened = Verifier(page, address)
    page.wait_for_selector("#by-server:not([hidden])")
    assert "valid" == opened.photographed(photo(store.text(store.coded("green")), tmp_path / "a.png"))


def test_without_scripts_a_photograph_leads_to_its_page(
    browser: Browser, address: str, store: CodedStore, tmp_path: Path
) -> None:
    """The form sends it; a code of ours opens its page, another's address none."""
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    enterprise_id = store.coded("blue")
    for text, words in (
        (store.text(enterprise_id), enterprise_id),
        ("https://evil.example/", say("zh", "code_is_foreign_host")),
    ):
        page.goto(f"{address}/verify/?lang=zh")
        page.set_input_files("#picture", str(photo(text, tmp_path / "sent.png")))
        chromium.click(page, page.locator("#without-script button"))
        assert words in page.inner_text("main")
        assert page.url.startswith(address)
    context.close()


def test_an_officer_has_the_names(browser: Browser, address: str, store: CodedStore) -> None:
    """His device holds the names of his areas; everybody else's none."""
    from readers import allow, token_of

    from scoring.store.people.grants import SUPERVISOR, Grant
    from web.reading import COOKIE

    allow(store.database.place, "names", Grant("", SUPERVISOR, "test"))
    context = browser.new_context(locale="zh-CN")
    context.clock.install(time=noon(DAY))
    context.clock.resume()
    context.add_cookies(
        [{"name": COOKIE, "value": token_of(store.database.place, "names", store.clock), "url": address}]
    )
    page = context.new_page()
    opened = Verifier(page, address)
    page.wait_for_selector("#names-there:not([hidden])")
    enterprise_id = store.coded("green")
    opened.typed(store.text(enterprise_id))
    assert str(store.standing(enterprise_id)["name"]) in opened.told()
    context.close()


def test_scripts_and_library_agree(page: Page, address: str) -> None:
    """Of codes in every state and of changed ones: the same reason, whoever verifies signatures, none above ten milliseconds."""
    authority = CodeAuthority()
    statuses = authority.statuses({0: 1, 1: 2, 2: 3})
    texts = [
        authority.code(subject=subject, colour=colour, index=index, serial=bytes([index] * 8))
        for index, (subject, colour) in enumerate(zip(ENTERPRISES * 2, COLOURS, strict=False))
    ]
    texts += [authority.shown(), authority.code(index=2**17 - 1), authority.code(index=2**20), ""]
    changed = [text for _, text in mutations([text for text in texts if text], AGREEING, 20261203)]
    note, root = authority.trust.signed(authority.root), authority.root.key.text()
    token = base64.b64encode(authority.token(statuses)).decode()
    Verifier(page, address)
    for at in (NOW, NOW + 200 * SECONDS):
        expected = [str(check(text, authority.trust, at, statuses).reason) for text in texts]
        for forced in ("browser", "script"):
            assert (expected, True) == (
                verifier.reasons(page, texts, [note, root, token], at, forced)[0],
                True,
            )
    expected = [str(check(text, authority.trust, NOW, statuses).reason) for text in changed]
    found, slowest = verifier.reasons(page, changed, [note, root, token], NOW)
    apart = [
        (text, one, other) for text, one, other in zip(changed, expected, found, strict=True) if one != other
    ]
    print(f"\n{len(changed):,} changed codes, slowest {slowest:.1f} ms")
    assert [] == apart
    few = changed[:60]
    assert expected[:60] == verifier.reasons(page, few, [note, root, token], NOW, "script")[0]
