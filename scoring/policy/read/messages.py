"""Sentences for errors of form: what pydantic found, said in Chinese and English with an example."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from scoring.policy.read.finding import Finding, TomlPath
from scoring.policy.read.locate import Locator

EXAMPLES: Mapping[str, str] = {
    "id": 'id = "quzhou-demo"',
    "valid_from": "valid_from = 2026-04-01",
    "title": 'title = { zh = "演示规则", en = "Demonstration policy" }',
    "label": 'label = { zh = "一般行政处罚", en = "General administrative penalties" }',
    "remedy": 'remedy = { zh = "完成整改。", en = "Complete the rectification." }',
    "zh": 'zh = "一般行政处罚"',
    "en": 'en = "General administrative penalties"',
    "subjects": 'subjects = ["company", "branch"]',
    "finality": 'finality = "zhejiang-11"',
    "worsening_notice_workdays": "worsening_notice_workdays = 5",
    "disputed": 'disputed = "hold_worsening"',
    "legal": 'legal = ["plan"]',
    "scale": "[scale]\nbase = 820\nlow = 0\nhigh = 1000",
    "base": "base = 820",
    "low": "low = 0",
    "high": "high = 1000",
    "per_point": "per_point = 1",
    "groups": '[[groups]]\nid = "compliance"',
    "group": 'group = "compliance"',
    "direction": 'direction = "adverse"',
    "aggregate": 'aggregate = "count"',
    "select": 'select = { kind = ["administrative_penalty"] }',
    "kind": 'kind = ["administrative_penalty"]',
    "scope": 'scope = ["own"]',
    "window_days": "window_days = 365",
    "age_weights": "age_weights = [[180, 100], [365, 60]]",
    "bins": "bins = [{ upto = 0, points = 0 }, { points = -40 }]",
    "points": "points = -40",
    "upto": "upto = 0",
    "unknown": "unknown = 0",
    "bands": '[[bands]]\nid = "A"\nfrom = 900',
    "band": 'band = "D"',
    "from": "from = 900",
    "colour": 'colour = "blue"',
    "document": 'document = "衢政办发〔2021〕7号"',
    "article": 'article = "二（三）14"',
    "tag": 'tag = "found"',
    "issued_on": "issued_on = 2021-04-12",
    "sampling_bp": "sampling_bp = 300",
    "annual_cap": "annual_cap = 2",
    "status": 'status = "demonstration"',
    "checked_on": "checked_on = 2026-06-30",
    "versions": "[[versions]]\nvalid_from = 2026-04-01",
    "months": "months = 6",
}
_KINDS: Mapping[str, tuple[str, str]] = {
    "int": ("一个整数", "a whole number"),
    "date": ("一个日期", "a date"),
    "string": ("一段文字", "text"),
    "bool": ("true 或 false", "true or false"),
    "tuple": ("一个列表", "a list"),
    "dict": ("一个表", "a table"),
    "model": ("一个表", "a table"),
}


def findings_of(errors: list[ErrorDetails], model: type[BaseModel], locator: Locator) -> list[Finding]:
    """Turn pydantic's errors into findings with file, line and a sentence in zh and en.

    Args:
        errors: As given by ``ValidationError.errors()``.
        model: The model that was being read; its field names are offered for misspelt keys.
        locator: Lines of the file.
    """
    names = sorted(_field_names(model, set()))
    return [_finding(error, names, locator) for error in errors if not _follows(error, errors)]


def _follows(error: ErrorDetails, errors: list[ErrorDetails]) -> bool:
    """Whether a list is only too short because pydantic dropped a faulty element of it."""
    depth = len(error["loc"])
    return error["type"] == "too_short" and any(
        e["loc"][:depth] == error["loc"] and len(e["loc"]) > depth for e in errors
    )


def _finding(error: ErrorDetails, names: list[str], locator: Locator) -> Finding:
    loc: TomlPath = tuple(part for part in error["loc"] if part != "[key]")
    zh, en = _sentence(error, loc, names)
    place = locator.place(loc)
    where = ".".join(str(part) for part in loc)
    return Finding(
        _code(error["type"]), place, f"{where}：{zh}" if where else zh, f"{where}: {en}" if where else en
    )


def _code(kind: str) -> str:
    known = {"missing": "missing_key", "extra_forbidden": "unknown_key", "form": "form"}
    return known.get(kind, "bad_value")


def _sentence(error: ErrorDetails, loc: TomlPath, names: list[str]) -> tuple[str, str]:
    kind, context = error["type"], error.get("ctx", {})
    key = next((str(part) for part in reversed(loc) if isinstance(part, str)), "")
    example = EXAMPLES.get(key, "")
    zh_eg, en_eg = (f"，例如 {example}", f", e.g. {example}") if example else ("", "")
    if kind == "form":
        return str(context["zh"]), str(context["en"])
    if kind == "missing":
        return f"缺少 {key}，此处必须写明{zh_eg}", f"{key} is missing and must be given here{en_eg}"
    if kind == "extra_forbidden":
        near = get_close_matches(key, names, n=1)
        zh_near, en_near = (f"；是否想写 {near[0]}？", f"; did you mean {near[0]}?") if near else ("", "")
        return f"不认识的键 {key}{zh_near}", f"unknown key {key}{en_near}"
    got = _short(error["input"])
    zh, en = _expected(kind, context)
    return f"写的是 {got}，应为{zh}{zh_eg}", f"got {got}, expected {en}{en_eg}"


def _expected(kind: str, context: Mapping[str, object]) -> tuple[str, str]:
    if kind in ("literal_error", "enum"):
        choices = str(context["expected"]).replace(" or ", ", ")
        return f"以下之一：{choices}", f"one of {choices}"
    if kind.startswith(("greater_than", "less_than")):
        sign, bound = next(
            (s, context[k]) for s, k in (("≥", "ge"), ("≤", "le"), (">", "gt"), ("<", "lt")) if k in context
        )
        return f"{sign} {bound} 的数", f"a number {sign} {bound}"
    if kind == "string_pattern_mismatch":
        return f"符合 {context['pattern']} 的名称", f"a name like {context['pattern']}"
    if kind in ("too_short", "string_too_short"):
        return "不空的内容", "something that is not empty"
    if kind in ("too_long", "string_too_long"):
        return (
            f"不超过 {context['max_length']} 项（字）",
            f"at most {context['max_length']} items (characters)",
        )
    return _KINDS.get(kind.split("_", 1)[0], ("另一种写法", "another form"))


def _short(value: object, limit: int = 60) -> str:
    text = repr(value) if not isinstance(value, str) else f'"{value}"'
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _field_names(model: type[BaseModel], seen: set[type[BaseModel]]) -> set[str]:
    if model in seen:
        return set()
    seen.add(model)
    names: set[str] = set()
    for name, info in model.model_fields.items():
        names.add(info.alias or name)
        for part in _models_in(info.annotation):
            names |= _field_names(part, seen)
    return names


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for arg in getattr(annotation, "__args__", ()) for m in _models_in(arg)]
