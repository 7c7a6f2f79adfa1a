"""Words: every sentence in both languages with the same parameters, every code worded, nothing left over."""

from __future__ import annotations

import ast
import re
import tomllib
from string import Formatter

import pytest
from syntax import SHIPPED, place, text_of, tree

from scoring import errors
from scoring.errors import SiseError
from scoring.rules.wording import FOLDER, LANGUAGES, both, say, wording
from scoring.store.tables.database import REFUSALS as REFUSALS_OF_DRIVERS

REFUSALS = {
    name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, SiseError)
}
BY_LANGUAGE = {"x_use_over"}
"""Sentences that name other things in other languages: a law by its article in Chinese, by its title in English."""
BY_TABLE = ("scoring/store/tables/database.py",)
"""Where a code is looked up by what a driver said; the table is walked below."""


def fields(sentence: str) -> set[str]:
    """Names of the parameters of a sentence."""
    return {name.partition(".")[0] for _, name, _, _ in Formatter().parse(sentence) if name}


def is_named(text_id: str, source: str) -> bool:
    """Whether the source names a text id: in full, or its beginning before what is filled in."""
    beginnings = [text_id[:end] for end, letter in enumerate(text_id, start=1) if letter == "_"]
    return f'"{text_id}"' in source or any(f'f"{beginning}{{' in source for beginning in beginnings)


class Anything:
    """A parameter that can be written in any form."""

    def __format__(self, form: str) -> str:
        return "7"

    def __repr__(self) -> str:
        return "7"


def raised() -> list[tuple[str, ast.Call]]:
    """Every place where a refusal is made, with the call."""
    calls = []
    for path in SHIPPED:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) in REFUSALS:
                calls.append((f"{place(path)}:{node.lineno}", node))
    return calls


def constant(node: ast.expr) -> str | None:
    """The text of a literal."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def test_both_languages_have_the_same_sentences() -> None:
    """Every text id stands in every language, with the same parameters."""
    known = [{text_id: fields(sentence) for text_id, sentence in wording(lang).items()} for lang in LANGUAGES]
    different = {text_id for text_id in known[0] if known[0][text_id] != known[1].get(text_id)}
    assert (BY_LANGUAGE, set(known[0])) == (different, set(known[1]))


def test_a_language_is_a_folder_of_the_same_files() -> None:
    """Each language has the same files, so that a third one is a copy that is translated."""
    names = [sorted(path.name for path in (FOLDER / lang).glob("*.toml")) for lang in LANGUAGES]
    assert names[0] == names[1]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_english_holds_no_chinese_punctuation(lang: str) -> None:
    """A sentence is written in its own language: an English one has no Chinese comma or stop, a Chinese one is no English."""
    if lang == "en":
        assert [] == [
            text_id for text_id, sentence in wording("en").items() if re.search("[，。；：、]", sentence)
        ]
    else:
        assert [] == [
            text_id
            for text_id, sentence in wording("zh").items()
            if re.fullmatch("[A-Za-z ,.;]{20,}", sentence)
        ]


def test_every_refusal_is_worded() -> None:
    """Every code that a refusal is made with has a sentence, and is given just the parameters that the sentence has."""
    wrong = []
    for where, call in raised():
        codes = [constant(node) for node in _codes(call)]
        given = {keyword.arg for keyword in call.keywords if keyword.arg} - {"place"}
        for code in codes:
            if code is None and where.startswith(BY_TABLE):
                continue
            if code is None or code not in wording("zh"):
                wrong.append(f"{where} {ast.unparse(call.args[0]) if call.args else 'no code'}")
            elif not any(keyword.arg is None for keyword in call.keywords) and given != fields(
                wording("zh")[code]
            ):
                wrong.append(
                    f"{where} {code}: {sorted(given)} given, {sorted(fields(wording('zh')[code]))} worded"
                )
    assert [] == wrong
    assert len(raised()) > 120


def test_every_refusal_of_a_driver_is_worded() -> None:
    """What a database may refuse, by its words, has a sentence for each code."""
    assert REFUSALS_OF_DRIVERS
    assert set() == set(REFUSALS_OF_DRIVERS.values()) - wording("zh").keys()


def _codes(call: ast.Call) -> list[ast.expr]:
    """The expressions that may be the code of a refusal: a choice has two."""
    if not call.args:
        return []
    first = call.args[0]
    return [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]


def test_refusals_are_worded_in_no_source() -> None:
    """No refusal carries Chinese in the source: a third language is a folder of words and no change of code."""
    worded = [where for where, call in raised() if re.search("[\u4e00-\u9fff]", ast.unparse(call))]
    assert [] == worded


def test_no_refusal_is_left_over() -> None:
    """Every sentence of ``refusals.toml`` is some code that the source names."""
    source = "\n".join(text_of(path) for path in SHIPPED)
    refusals = tomllib.loads((FOLDER / "zh" / "refusals.toml").read_text(encoding="utf-8"))
    assert [] == [code for code in refusals if not is_named(code, source)]


@pytest.mark.parametrize(
    "code", sorted(tomllib.loads((FOLDER / "zh" / "refusals.toml").read_text(encoding="utf-8")))
)
def test_a_refusal_says_itself(code: str) -> None:
    """With any parameters a refusal gives a sentence in each language, its place in front and its code behind."""
    error = SiseError(code, place="a.toml:3", **dict.fromkeys(fields(wording("zh")[code]), Anything()))
    for lang in LANGUAGES:
        assert re.fullmatch(rf"a\.toml:3: .+ \[{code}\]", error.text(lang), re.DOTALL)
    assert hash(error) is not None


def test_parameters_are_worded_by_language() -> None:
    """A list has the commas of the language, and a mapping gives each language its own words."""
    columns = [say(lang, "frame_prior_columns", columns=["a", "b"]) for lang in LANGUAGES]
    faults = both("frame_rows_refused", refused=2, faults={"zh": "错", "en": "wrong"})
    assert (True, True) == ("a、b" in columns[0], "a, b" in columns[1])
    assert (True, True) == ("错" in faults["zh"], "wrong" in faults["en"])
