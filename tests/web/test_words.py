"""Wording: both languages complete, nothing unused, and the language that was asked for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from readers import AudienceClient
from werkzeug.datastructures import LanguageAccept

import web
from scoring.explain.words.marks import MARKS
from scoring.rules.wording import FOLDER, wording
from web.language import chosen

ROOT = Path(web.__file__).parent
IDS = {
    text_id
    for name in ("pages", "public")
    for text_id in tomllib.loads((FOLDER / "zh" / f"{name}.toml").read_text(encoding="utf-8"))
}
"""Texts of the pages alone."""
SOURCES = {
    path: path.read_text(encoding="utf-8") for path in ROOT.rglob("*.[hp][ty]*") if path.suffix != ".pyc"
}


def test_every_text_of_a_template_exists() -> None:
    """Every id that a template or module asks for exists."""
    asked = {i for text in SOURCES.values() for i in re.findall(r"(?:\bt|both)\([\"'](\w+)[\"'][,)]", text)}
    assert set() == asked - wording("zh").keys()


def test_no_sentence_is_unused() -> None:
    """Every text id is asked for somewhere; none is left over."""
    everything = "\n".join(SOURCES.values())
    named = {i for i in IDS if re.search(rf"[\"']{i}[\"']", everything)}
    filled_in = {i for i in IDS if f'f"{i.partition("_")[0]}_{{' in everything}
    joined = tuple(re.findall(r'"(\w+_)" ~', everything))
    filled_in |= {i for i in IDS if i.startswith(joined)}
    unused = IDS - named - filled_in
    assert set() == unused


@pytest.mark.parametrize(
    ("asked", "accepted", "expected"),
    [
        ("en", "zh-CN", "en"),
        ("zh", "en", "zh"),
        (None, "en-GB,en;q=0.9,zh;q=0.5", "en"),
        (None, "fr,zh-CN;q=0.8,en;q=0.5", "zh"),
        (None, "fr,de", "zh"),
        (None, "", "zh"),
        ("fr", "en", "en"),
    ],
)
def test_language_is_asked_for_else_the_browsers_else_chinese(
    asked: str | None, accepted: str, expected: str
) -> None:
    """The link decides, then the browser, then Chinese."""
    parsed = [
        (part.split(";q=")[0], float(part.split(";q=")[1]) if ";q=" in part else 1.0)
        for part in accepted.split(",")
        if part
    ]
    assert expected == chosen(asked, LanguageAccept(parsed))


def test_switch_keeps_the_page(desk: AudienceClient) -> None:
    """The switch of language keeps what was asked for."""
    html = desk.get("/?q=虚构&colour=red&lang=zh").text
    assert 'href="?q=%E8%99%9A%E6%9E%84&amp;colour=red&amp;lang=en"' in html


@pytest.mark.parametrize("path", ["/", "/about", "/nowhere"])
def test_english_pages_hold_no_stray_chinese(desk: AudienceClient, path: str) -> None:
    """Chinese on an English page is always marked as such, for screen readers."""
    html = desk.get(f"{path}?lang=en").text
    body = re.sub(r"<(\w+)[^>]*lang=\"zh-Hans\".*?</\1>", "", html, flags=re.S)
    assert [] == re.findall(r"[\u4e00-\u9fff]+", body)


def test_pages_have_the_hues_of_the_cards() -> None:
    """The style sheet names the same hues as the cards."""
    css = (ROOT / "static" / "site.css").read_text(encoding="utf-8")
    hues = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", css))
    assert {mark.id: mark.fill for mark in MARKS.values()} == {mark: hues[mark] for mark in MARKS}


def test_enterprise_page_in_english_marks_chinese(client: AudienceClient, ids: Mapping[str, str]) -> None:
    """On an English enterprise page names, authorities and documents are marked as Chinese; nothing else is Chinese."""
    html = client.get(f"/e/{ids['red']}?lang=en").text
    body = re.sub(r"<title>.*?</title>|alt=\"[^\"]*\"", "", html)
    body = re.sub(r"<(\w+)[^>]*lang=\"zh-Hans\".*?</\1>", "", body, flags=re.S)
    assert [] == re.findall(r"[\u4e00-\u9fff]+", body)
