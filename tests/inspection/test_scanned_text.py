"""What a scanned text leads to: the form of the enterprise whose code it holds, or nowhere; nothing is ever opened."""

from __future__ import annotations

import io
import re
import socket
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from casework import DAY, firm
from coded_town import PLATED, STICKERED, CodedTown, make_coded_town
from PIL import Image
from readers import allow
from town_pages import Town
from visits import picture

from scoring.administration.inspection.photo_reading import MOST_BYTES
from scoring.administration.inspection.scanned_text import LONGEST, ScannedText, whose_code
from scoring.errors import InputError
from scoring.store.people.grants import Grant

TOKEN = re.compile(r'(?:name="csrf_token" value|data-token)="([^"]+)"')
LINKS = re.compile(r'(?:href|src|action)="([^"]*)"')
FORM, SCAN = "/inspect/e/", "/scan"
HOSTS = (
    "evil.example",
    "sise.example.gov.cn@evil.example",
    "sise.example.gov.cn.evil.example",
    "sise.exаmple.gov.cn",
    "xn--sise-exmple-q9g.gov.cn",
    "sise。example。gov。cn",
    "[::1]:6379",
    "169.254.169.254",
    "127.0.0.1:22",
    "0x7f000001",
)
BEGINNINGS = (
    *("http://", "HTTPS://", "https:\\\\", "//", "/\\", "ftp://", "file:///", "javascript:alert(1)//"),
    *(
        "data:text/html,",
        "intent://",
        "weixin://dl/business/?t=",
        "\thttps://",
        "https:/",
        "view-source:https://",
    ),
)
ENDS = (
    "",
    "/Q/",
    "/Q/ABC*$%",
    "/latest/meta-data",
    "/?next=//evil.example",
    "/..%2f..%2fe",
    "/%0d%0aLocation:x",
)


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> CodedTown:
    """A town with codes."""
    return make_coded_town(tmp_path_factory.mktemp("coded"))


@pytest.fixture(scope="module")
def town(coded: CodedTown) -> Town:
    """Its pages."""
    return Town(coded)


@pytest.fixture
def nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No name is looked up and no connection made while a test runs."""

    def refused(*said: object, **more: object) -> None:
        raise AssertionError(f"opened {said}")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refused)
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, refused)
    yield


def frame(town: Town, content: bytes) -> Any:
    """What the camera's page is told of a picture."""
    client = town.browser("chief")
    token = TOKEN.search(client.get(SCAN).text)
    assert token
    sent = {"picture": (io.BytesIO(content), "frame.jpg")}
    return client.post("/inspect/api/scan", data=sent, headers={"X-CSRFToken": token[1]}).json


def read(coded: CodedTown, text: str) -> ScannedText | None:
    """Whose code a text is; ``None``: nobody's."""
    with coded.database.read() as connection:
        try:
            return whose_code(connection, text, DAY)
        except InputError:
            return None


def test_a_sticker_and_a_plate_are_read(coded: CodedTown) -> None:
    """By what the store has issued; in small letters as well, for some telephones write addresses so."""
    assert ScannedText(STICKERED, is_signed=True) == read(coded, coded.sticker())
    assert ScannedText(PLATED, is_signed=True) == read(coded, coded.plate())
    assert ScannedText(PLATED, is_signed=True) == read(coded, f" {coded.plate().lower()}\n")


@pytest.mark.parametrize(
    "text",
    [
        STICKERED,
        STICKERED.lower(),
        f"  {STICKERED[:8]} {STICKERED[8:14]} {STICKERED[14:]} ",
        "-".join((STICKERED[:9], STICKERED[9:])),
        "".join(chr(ord(letter) + 0xFEE0) for letter in STICKERED),
        f"https://www.gsxt.example/index.html?uniscid={STICKERED}&entname=%E8%99%9A",
        f"统一社会信用代码：{STICKERED}\n名称：虚构公司",
        f'{{"type":"yyzz","uscc":"{STICKERED}"}}',
        f"https://sise.example.gov.cn/e/{STICKERED}",
        f"weixin://dl/business/?t=x&code={STICKERED.lower()}",
    ],
)
def test_any_text_that_holds_the_code_is_read(coded: CodedTown, text: str) -> None:
    """An electronic licence, a page of ours, an enterprise's own code, and what was typed in groups."""
    assert ScannedText(STICKERED) == read(coded, text)


def test_a_page_of_an_enterprise_without_a_unified_code_is_read(coded: CodedTown) -> None:
    """By its id in the address, however it is written there."""
    for page in (
        f"http://localhost/e/{firm('finding-a')}",
        f"/desk/e/{quote(firm('finding-a'), safe='')}?x=1",
    ):
        assert ScannedText(firm("finding-a")) == read(coded, page)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\0",
        "91330802MA0000009X",
        f"x{STICKERED}",
        f"{STICKERED}1",
        STICKERED + " " * LONGEST,
        "https://sise.example.gov.cn/Q/",
        f"https://sise.example.gov.cn/Q/{'A' * 500}",
        "/e/",
        "/e/%00",
    ],
)
def test_what_holds_no_code_leads_nowhere(coded: CodedTown, text: str) -> None:
    """Nor does a code that is longer or shorter than one, or of nobody."""
    assert read(coded, text) is None


def test_a_text_with_two_codes_is_refused(coded: CodedTown) -> None:
    """Rather than that one of them is taken by chance."""
    with coded.database.read() as connection, pytest.raises(InputError) as refused:
        whose_code(connection, f"{STICKERED} {PLATED}", DAY)
    assert "scan_several_codes" == refused.value.code


@pytest.mark.usefixtures("nothing_is_opened")
def test_foreign_addresses_are_only_text(coded: CodedTown) -> None:
    """A thousand of them lead nowhere, and those that hold a code to its enterprise alone."""
    texts = ["".join(parts) for parts in product(BEGINNINGS, HOSTS, ENDS)]
    assert 900 < len(texts)
    assert [] == [text for text in texts if read(coded, text) is not None]
    held = [f"{text}/?uniscid={STICKERED}" for text in texts[::9]]
    assert {STICKERED} == {code.enterprise_id for text in held if (code := read(coded, text))}


@pytest.mark.usefixtures("nothing_is_opened")
def test_a_scan_leads_to_a_form_of_ours_or_says_why_not(town: Town) -> None:
    """No answer sends anybody elsewhere, and no page repeats what was scanned as a link."""
    client = town.browser("chief")
    texts = ["".join(parts) for parts in product(BEGINNINGS, HOSTS[:3], ENDS[-2:])]
    for text in (*texts, *(f"{text}/{STICKERED}" for text in texts[:6])):
        answer = client.get(SCAN, query_string={"text": text})
        if STICKERED in text:
            assert (303, FORM + STICKERED) == (answer.status_code, urlsplit(answer.location).path)
            assert urlsplit(answer.location).netloc in ("", "localhost")
        else:
            assert 409 == answer.status_code and "evil.example" not in LINKS.sub("", answer.text)
            assert [] == [
                link for link in LINKS.findall(answer.text) if not re.match(r"/(?![/\\])|[?#]", link)
            ]
    with_code = client.get(SCAN, query_string={"text": f"{STICKERED}\r\nSet-Cookie: a=b"})
    assert 303 == with_code.status_code and "a=b" not in str(with_code.headers)


def test_a_photograph_of_the_sticker_is_read(coded: CodedTown, town: Town) -> None:
    """As a form without scripts sends it, and as the camera's frames come: the same enterprise."""
    card = Image.open(io.BytesIO(coded.picture_of(coded.sticker()))).convert("RGB")
    out = io.BytesIO()
    card.rotate(7, expand=True, fillcolor="white").save(out, "JPEG", quality=70)
    sent = town.post("chief", SCAN, picture=(io.BytesIO(out.getvalue()), "IMG_0001.JPG"))
    assert (303, FORM + STICKERED) == (sent.status_code, urlsplit(sent.location).path)
    seen = frame(town, out.getvalue())
    assert (True, STICKERED, True) == tuple(seen[name] for name in ("known", "enterprise_id", "signed"))
    assert seen["address"] == f"/inspect/e/{STICKERED}"


def test_a_picture_without_a_code_of_ours_says_no_more(coded: CodedTown, town: Town) -> None:
    """The camera goes on; the form says that there was none, and nothing of what else was in the picture."""
    secret = coded.picture_of("https://evil.example/secret")
    for content in (picture(), secret):
        assert {"known": False} == frame(town, content)
        page = town.post("chief", SCAN, picture=(io.BytesIO(content), "f.png"))
        assert 409 == page.status_code and "secret" not in page.text


@pytest.mark.parametrize("content", [b"GIF89a" + bytes(100), b"%PDF-1.7", b"<svg/>"])
def test_what_is_no_picture_is_refused(town: Town, content: bytes) -> None:
    """Whatever its name says."""
    assert 409 == town.post("chief", SCAN, picture=(io.BytesIO(content), "IMG.JPG")).status_code


@pytest.mark.parametrize("size", [MOST_BYTES + 1, 200 << 20])
def test_a_picture_of_any_length_is_refused(town: Town, size: int) -> None:
    """By what the request says of its length, before it is read."""
    client = town.browser("chief")
    token = TOKEN.search(client.get(SCAN).text)
    assert token
    fields = f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token[1]}\r\n'
    head = f'{fields}--x\r\nContent-Disposition: form-data; name="picture"; filename="a.jpg"\r\n\r\n'
    body = io.BytesIO(head.encode() + bytes(min(size, MOST_BYTES + 1)) + b"\r\n--x--\r\n")
    sent = {"Content-Type": "multipart/form-data; boundary=x"}
    length = {"CONTENT_LENGTH": str(size)}
    answer = client.post(SCAN, input_stream=body, headers=sent, environ_overrides=length)
    assert 413 == answer.status_code


def test_a_code_of_elsewhere_is_answered_as_none(town: Town, coded: CodedTown) -> None:
    """An inspector of another city learns from a code neither whose it is nor that it is one."""
    allow(town.store, "far", Grant("", "inspector", "t", areas=frozenset({"330500"})))
    far = town.browser("far")
    answers = [far.get(SCAN, query_string={"text": text}) for text in (coded.sticker(), "nothing at all")]
    assert [409, 409] == [answer.status_code for answer in answers]
    assert 1 == len({LINKS.sub("", TOKEN.sub("", answer.text)) for answer in answers})
