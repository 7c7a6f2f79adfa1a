"""Findings: each is worded in both languages under a text id, with just the parameters that its sentence has."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from string import Formatter

import pytest

import scoring.policy
from scoring.policy.check.checks import CHECKS
from scoring.policy.language.schema import Policy
from scoring.policy.law.register import Register
from scoring.policy.read.finding import Finding, as_error
from scoring.policy.read.messages import examples
from scoring.rules import WORDING
from scoring.rules.wording import LANGUAGES, wording

SOURCES = sorted(Path(scoring.policy.__file__).parent.rglob("*.py"))
SENTENCES = tomllib.loads((WORDING / "zh" / "findings.toml").read_text(encoding="utf-8"))
POSITIONS = {"finding": 2, "_finding": 1, "teach": 0}
"""By name of what words a fault, the place of the text id among its arguments."""
HAN = re.compile("[\u4e00-\u9fff]")


def fields(sentence: str) -> set[str]:
    """Names of the parameters of a sentence."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def worded() -> Iterator[tuple[str, str, set[str]]]:
    """Where a fault is worded in the source, under which text id, and with which parameters."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or any(word.arg is None for word in node.keywords):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name not in POSITIONS:
                continue
            # a code that has one sentence names it
            wanted = node.args[POSITIONS[name] : POSITIONS[name] + 1] or node.args[:1]
            text_id = wanted[0].value if wanted and isinstance(wanted[0], ast.Constant) else None
            if isinstance(text_id, str):
                words = {str(word.arg) for word in node.keywords} - {"severity"}
                yield f"{path.name}:{node.lineno}", text_id, words


def test_every_finding_is_worded() -> None:
    """Each text id has its sentence in both languages, and is given just the parameters that the sentence has."""
    faults = list(worded())
    for lang, (place, text_id, words) in product(LANGUAGES, faults):
        assert words == fields(wording(lang).get(text_id, "{?}")), f"{place} {text_id}"
    assert len(faults) > 75


def test_no_sentence_is_left_over() -> None:
    """Every sentence on findings is one that the source names, in whole or by its beginning."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    begun = tuple(re.findall(r"f\"(\w+_)\{", source))
    assert [] == [
        text_id for text_id in SENTENCES if f'"{text_id}"' not in source and not text_id.startswith(begun)
    ]


def test_one_finding_says_itself() -> None:
    """The sentence of a code is its own unless another is named; place in front, code behind."""
    finding = Finding("id_reserved", "a.toml:3", parameters={"id": "scale_limit"})
    assert (
        "a.toml:3: scale_limit is kept for clipping to the scale, take another id, e.g. size_limit [id_reserved]"
        == (finding.text("en"))
    )
    assert finding.words == {"zh": finding.zh, "en": finding.en}
    assert HAN.search(finding.zh) and not HAN.search(finding.en)
    assert {finding} == {Finding("id_reserved", "a.toml:3", "", {"id": "scale_limit"})}


@pytest.mark.parametrize(
    ("count", "code", "more"), [(1, "rule_file_fault", ""), (3, "rule_file_faults", "2 more")]
)
def test_an_error_is_the_first_finding(count: int, code: str, more: str) -> None:
    """The refusal of a file says its first error, in each language, and how many more there are; warnings are none."""
    parameters = {"name": "x", "topic": {"zh": "荣誉", "en": "honours"}}
    warning = Finding("fair_competition", "a.toml:1", "", parameters, "warning")
    errors = [
        Finding("id_reserved", f"a.toml:{line}", "", {"id": f"x{line}"}) for line in range(2, count + 2)
    ]
    error = as_error([warning, *errors])
    assert (code, "a.toml:2") == (error.code, error.place)
    assert (True, True, True) == (
        error.zh.startswith(errors[0].zh),
        error.en.startswith(errors[0].en),
        more in error.en,
    )


def test_examples_are_of_keys_that_exist() -> None:
    """An example of a key is TOML that gives the key, and no key that a rule file has not."""
    known = re.findall(r"\w+", f"{Policy.model_json_schema()} {Register.model_json_schema()} months")
    for key, example in examples().items():
        assert key in tomllib.loads(example), key
        assert key in known


def test_every_check_is_listed_once() -> None:
    """The list of checks holds every public function of the rooms of checks that takes a policy and its lines."""
    named = {check.__name__ for check in CHECKS}
    source = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES if path.parent.name == "check")
    assert len(named) == len(CHECKS)
    assert named == set(re.findall(r"^def (check_\w+)\(subject: Subject\)", source, re.MULTILINE))
