"""Changes between two policies as sentences: names as they stand in the file, values as people read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from scoring.analysis.impact.diff import Difference, differences, fields_of
from scoring.entities import CODED_COLUMNS, Lang, code_label
from scoring.explain.words.figures import decimal
from scoring.policy.language.schema import Bin, Condition, Form, Text
from scoring.policy.load import ResolvedPolicy
from scoring.rules.wording import LANGUAGES, say, wording


def compared(old: ResolvedPolicy, new: ResolvedPolicy) -> dict[str, Any]:
    """What changed from ``old`` to ``new`` as plain data, with a sentence in both languages for each change.

    ``decides`` of the whole tells whether anything that decides changed: whether the hashes differ.
    """
    found = differences(old.policy, new.policy)
    decides = old.sha256 != new.sha256
    summary = "d_decides" if decides else "d_only_labels" if found else "d_same"
    return {
        "old": identity(old),
        "new": identity(new),
        "decides": decides,
        "summary": {lang: say(lang, summary, n=len(found)) for lang in LANGUAGES},
        "changes": [_change(d) for d in found],
    }


def identity(version: ResolvedPolicy) -> dict[str, str]:
    """Which version of which policy, and the hash of what it decides."""
    return {
        "id": version.policy.id,
        "version": version.policy.version,
        "sha256": version.sha256,
        "status": version.status,
    }


def _change(d: Difference) -> dict[str, Any]:
    text = {lang: sentence(d, lang) for lang in LANGUAGES}
    return {
        "path": list(d.path),
        "kind": d.kind,
        "old": _plain(d.old),
        "new": _plain(d.new),
        "decides": d.decides,
        "text": text,
    }


def sentence(d: Difference, lang: Lang) -> str:
    """One change in words, e.g. ``指标 一般行政处罚：window_days 365 → 730``."""
    where, field = _where(d, lang), ".".join(d.path[2 if d.entry else 1 :]) or d.path[0]
    if d.kind == "added" or d.kind == "removed":
        return say(
            lang,
            f"d_{d.kind}",
            where=where,
            what=shown(d.new if d.kind == "added" else d.old, d.path[-1], lang),
        )
    if d.kind == "reordered":
        return say(
            lang, "d_reordered", where=where, old=_listed(d.old, "", lang), new=_listed(d.new, "", lang)
        )
    if _is_words(d.old) and _is_words(d.new) and set(d.old) != set(d.new):  # type: ignore[call-overload]
        more, less = ([w for w in a if w not in b] for a, b in ((d.new, d.old), (d.old, d.new)))  # type: ignore[attr-defined, operator]
        which = "d_more_less" if more and less else "d_more" if more else "d_less"
        return say(
            lang,
            which,
            where=where,
            field=field,
            more=_listed(more, d.path[-1], lang),
            less=_listed(less, d.path[-1], lang),
        )
    return say(
        lang,
        "d_changed",
        where=where,
        field=field,
        old=shown(d.old, d.path[-1], lang),
        new=shown(d.new, d.path[-1], lang),
    )


def _where(d: Difference, lang: Lang) -> str:
    top = d.path[0] if len(d.path) > 1 or d.kind == "reordered" else "policy"
    area = wording(lang).get(f"d_area_{top}", top)
    name = getattr(d.label, lang) if d.label else d.entry
    return f"{area} {name}" if name else area


def shown(value: object, field: str, lang: Lang) -> str:
    """A value of a policy as a person reads it; a kind of value that is new here shows its names and values."""
    if value is None:
        return say(lang, "d_none")
    if isinstance(value, bool):
        return say(lang, "d_yes" if value else "d_no")
    if isinstance(value, Text):
        return say(lang, "d_quoted", text=getattr(value, lang))
    if isinstance(value, Form):
        return _MODELS.get(type(value), _fields)(value, lang)
    if isinstance(value, (tuple, list)):
        return _listed(value, field, lang) if value else say(lang, "d_none")
    if isinstance(value, int):
        return decimal(value)
    return code_label(CODED_COLUMNS[field], str(value), lang) if field in CODED_COLUMNS else str(value)


def _listed(values: Any, field: str, lang: Lang) -> str:
    if values and all(isinstance(v, tuple) for v in values):  # pairs, e.g. age_weights
        return say(lang, "d_and").join(": ".join(shown(v, field, lang) for v in pair) for pair in values)
    return say(lang, "d_and").join(shown(v, field, lang) for v in values)


def _bin(value: Any, lang: Lang) -> str:
    upto = say(lang, "d_rest") if value.upto is None else f"≤ {decimal(value.upto)}"
    return say(lang, "d_bin", upto=upto, points=decimal(value.points))


def _condition(value: Any, lang: Lang) -> str:
    subject = value.indicator or value.enterprise
    if value.unknown:
        return say(lang, "d_unknown", subject=subject)
    if value.in_:
        return say(lang, "d_in", subject=subject, values=_listed(value.in_, value.enterprise or "", lang))
    bounds = (("≥", value.at_least), ("≤", value.at_most))
    return " ".join([subject, *(f"{sign} {decimal(bound)}" for sign, bound in bounds if bound is not None)])


def _fields(value: Any, lang: Lang) -> str:
    """Any other model: its names and values, without texts, its own id and what is not given."""
    given = {
        name: v
        for name, v in fields_of(value).items()
        if name != "id" and v not in (None, ()) and not isinstance(v, Text)
    }
    return say(lang, "d_semicolon").join(f"{name} {shown(v, name, lang)}" for name, v in given.items())


_MODELS: Mapping[type, Callable[[Any, Lang], str]] = {Bin: _bin, Condition: _condition}


def _is_words(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(item, str) for item in value)


def _plain(value: object) -> Any:
    """A value as JSON has it, names as in the file."""
    if isinstance(value, Form):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
