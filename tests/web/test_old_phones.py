"""The pages need nothing that the browser of an old phone, Chrome 87 of 2020, does not have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

WEB = Path(__file__).resolve().parents[2] / "web"


class Newer(NamedTuple):
    """A feature that came after Chrome 87.

    Attributes:
        chrome: The version that brought it.
        pattern: How it is seen in a source text.
        example: A text that has it.
    """

    chrome: int
    pattern: str
    example: str


STYLES = (
    Newer(88, r":(?:is|where)\(", "a:is(.b, .c)"),
    Newer(88, r"\baspect-ratio\s*:", "aspect-ratio: 1"),
    Newer(88, r":not\([^()]*,", "a:not(.b, .c)"),
    Newer(89, r"::target-text", "::target-text { }"),
    Newer(90, r"overflow(?:-[xy])?\s*:\s*clip", "overflow: clip"),
    Newer(93, r"\baccent-color\s*:", "accent-color: red"),
    Newer(94, r"\bscrollbar-gutter\s*:", "scrollbar-gutter: stable"),
    Newer(99, r"@layer\b", "@layer base;"),
    Newer(101, r"\bhwb\(", "color: hwb(1 2% 3%)"),
    Newer(104, r"@media[^{]*[<>]=?", "@media (width >= 600px) {"),
    Newer(105, r":has\(", "a:has(b)"),
    Newer(105, r"@container\b|\bcontainer-type\s*:", "@container (min-width: 1px) {"),
    Newer(108, r"\d[dsl]v[hw]\b", "height: 100dvh"),
    Newer(111, r"\b(?:color-mix|oklch|oklab|lch|lab)\(", "color: color-mix(in srgb, red, blue)"),
    Newer(112, r"\{[^{}]*&", "a { & b { } }"),
    Newer(114, r"\btext-wrap\s*:", "text-wrap: balance"),
    Newer(117, r"\bsubgrid\b", "grid-template-rows: subgrid"),
    Newer(120, r"\btext-spacing-trim\s*:", "text-spacing-trim: normal"),
    Newer(123, r"\blight-dark\(", "color: light-dark(red, blue)"),
)
SCRIPTS = (
    Newer(89, r"^(?:(?:const|let) [^=]+= )?await\b", "const a = await load();"),
    Newer(90, r"\bnew RegExp\([^)]*,\s*[\"'][a-z]*d", 'new RegExp("a", "gd")'),
    Newer(91, r"#\w+ in \w", "return #key in other;"),
    Newer(
        91, r"\bimport\([^)]*,\s*\{\s*(?:assert|with)\b", 'import("./a.json", { assert: { type: "json" } })'
    ),
    Newer(92, r"\.at\(", "list.at(-1)"),
    Newer(92, r"\brandomUUID\(", "crypto.randomUUID()"),
    Newer(93, r"\bObject\.hasOwn\(", "Object.hasOwn(a, b)"),
    Newer(93, r"\bnew Error\([^)]*,\s*\{\s*cause", 'new Error("a", { cause })'),
    Newer(94, r"\bstatic\s*\{", "static { this.a = 1; }"),
    Newer(97, r"\.findLast(?:Index)?\(", "list.findLast(f)"),
    Newer(98, r"\bstructuredClone\(", "structuredClone(a)"),
    Newer(103, r"\bAbortSignal\.(?:timeout|any)\(", "AbortSignal.timeout(1)"),
    Newer(110, r"\.(?:toSorted|toReversed|toSpliced)\(", "list.toSorted()"),
    Newer(117, r"\bObject\.groupBy\(", "Object.groupBy(a, f)"),
    Newer(119, r"\bPromise\.withResolvers\(", "Promise.withResolvers()"),
    Newer(121, r"\bArray\.fromAsync\(", "Array.fromAsync(a)"),
    Newer(122, r"\.(?:isSubsetOf|intersection|symmetricDifference)\(", "one.intersection(other)"),
    Newer(128, r"\bPromise\.try\(", "Promise.try(f)"),
)
PAGES = (
    Newer(92, r"<meta[^>]*name=\"theme-color\"[^>]*media=", '<meta name="theme-color" media="print">'),
    Newer(102, r"<[^>]*\sinert(?:\s|>)", "<div inert>"),
    Newer(114, r"<[^>]*\spopover(?:=|\s|>)", '<div popover="auto">'),
    Newer(120, r"<details[^>]*\sname=", '<details name="a">'),
    Newer(135, r"<[^>]*\scommand(?:for)?=", '<button commandfor="a">'),
)
SOURCES = (
    *((path, STYLES) for path in sorted(WEB.glob("static/**/*.css"))),
    *((path, SCRIPTS) for path in sorted(WEB.glob("static/**/*.js"))),
    *((path, PAGES) for path in sorted(WEB.glob("templates/**/*.html"))),
)


@pytest.mark.parametrize(
    ("path", "newer"), [pytest.param(*source, id=str(source[0].relative_to(WEB))) for source in SOURCES]
)
def test_nothing_is_newer_than_the_phone(path: Path, newer: tuple[Newer, ...]) -> None:
    """Neither a page, a style nor a script, those of others among them, has a feature of the list."""
    text = path.read_text(encoding="utf-8")
    seen = [(feature.chrome, feature.example) for feature in newer if re.search(feature.pattern, text, re.M)]
    assert [] == seen


@pytest.mark.parametrize("feature", [*STYLES, *SCRIPTS, *PAGES], ids=lambda feature: feature.example)
def test_each_feature_would_be_seen(feature: Newer) -> None:
    """The pattern of each one finds it in an example, and the list is of newer ones alone."""
    assert re.search(feature.pattern, feature.example, re.M) and feature.chrome > 87


def test_all_sources_are_looked_at() -> None:
    """Styles, scripts and pages are all there: a list of nothing would pass."""
    kinds = [path.suffix for path, _ in SOURCES]
    assert kinds.count(".css") >= 1 and kinds.count(".js") >= 7 and kinds.count(".html") >= 30
