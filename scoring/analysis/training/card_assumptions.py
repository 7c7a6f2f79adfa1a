"""The parts of a card that say whether a table was released, and what its figures rest on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scoring.analysis.training.group_rates import verdict_of
from scoring.analysis.training.markdown import (
    head,
    heading,
    row,
    share_with_interval,
    titles,
    with_interval,
)
from scoring.analysis.training.sequential import FALSE_ALARM, HORIZON
from scoring.entities import Lang
from scoring.policy.language.points_table import ModelTable
from scoring.policy.language.release_gate import GATE, MOST_LOOKS, shortfalls, was_judged
from scoring.policy.verdicts import SUFFIX
from scoring.rules.wording import say

Figures = Mapping[str, Any]


def headline(metrics: Figures, lang: Lang) -> Iterator[str]:
    """What a list is worth by its age: the first figure that a reader sees."""
    lists = metrics.get("age_of_list")
    if lists:
        by_age = {age: with_interval(figures["auc"], figures["interval"]) for age, figures in lists.items()}
        yield ""
        yield say(lang, "mo_headline", **by_age)


def gate_lines(metrics: Figures, lang: Lang) -> Iterator[str]:
    """Whether it was released, why not, and by how much it beats what needs no model."""
    if not was_judged(metrics):
        yield say(lang, "mo_gate_never")
        return
    gate, reasons = metrics[GATE], shortfalls(metrics)
    if reasons:
        yield say(lang, "mo_gate_draft")
        yield ""
        for reason in reasons:
            yield say(lang, "mo_gate_reason", reason=reason.words[lang])
    else:
        yield say(lang, "mo_gate_passed", looks=gate["looks"], most=MOST_LOOKS)
    yield ""
    floors = []
    for floor, compared in gate["floors"].items():
        low, high = compared["interval"]
        difference = f"{compared['difference']:+}"
        label = say(lang, f"mo_{floor}")
        floors.append(say(lang, "mo_gate_over_one", floor=label, difference=difference, low=low, high=high))
    yield say(lang, "mo_gate_over", floors=say(lang, "mo_between_gains").join(floors))


def within(metrics: Figures, lang: Lang) -> Iterator[str]:
    """How the order holds among visits of one inspector, authority, district or month."""
    yield say(lang, "mo_within_told")
    yield ""
    measures = ("within_auc", "overall_auc", "area_rates", "own_days")
    columns = ("group", "groups", "visits", "findings", *measures)
    yield from head(*titles(columns, lang))
    for of_kind in metrics["within"]:
        area = of_kind["area_rates"] or {"auc": None, "interval": None}
        yield row(
            say(lang, f"mo_within_{of_kind['by']}"),
            of_kind["groups"],
            of_kind["visits"],
            of_kind["findings"],
            with_interval(of_kind["auc"], of_kind["interval"]),
            "—" if of_kind["overall"] is None else f"{of_kind['overall']:.3f}",
            with_interval(area["auc"], area["interval"]),
            _days(of_kind["own_visits"]),
        )
    if metrics.get("own_visits"):
        days = (_own_visits(of_kind, lang) for of_kind in metrics["own_visits"])
        yield ""
        yield say(lang, "mo_own_visits", days=say(lang, "mo_between_gains").join(days))


def _days(figures: Figures | None) -> str:
    if figures is None:
        return "—"
    return f"{figures['days']:.2f} [{figures['interval'][0]:.2f}, {figures['interval'][1]:.2f}]"


def _own_visits(figures: Figures, lang: Lang) -> str:
    low, high = figures["interval"]
    by = say(lang, f"mo_within_{figures['by']}")
    return say(lang, "mo_own_visits_one", by=by, days=figures["days"], low=low, high=high)


def rests_on(table: ModelTable, lang: Lang) -> Iterator[str]:
    """Publication, age of the list, label, ways of choice, the never visited, and feedback."""
    metrics = table.metrics
    yield heading("publication", lang)
    yield from _publication(metrics["publication"], lang)
    if "age_of_list" in metrics:
        yield heading("age_of_list", lang)
        yield say(lang, "mo_age_of_list_told")
        yield from _areas(metrics["age_of_list"], "drawn", "mo_", lang, not_listed=True)
        yield heading("by_label", lang)
        yield say(lang, "mo_by_label_told")
        yield from _areas(metrics["by_label"], "called_finding", "mo_", lang)
        yield heading("by_occasion", lang)
        yield from _areas(metrics["by_occasion"], "by_chosen", "mo_way_", lang)
        yield heading("everybody", lang)
        yield from _everybody(metrics["everybody"], lang)


def _publication(figures: Figures, lang: Lang) -> Iterator[str]:
    text_id = "mo_publication_assumed" if figures["assumed"] else "mo_publication_recorded"
    yield say(lang, text_id, days=figures["recorded"])
    yield ""
    yield from head(*titles(("days_later", "mean_auc", "held_auc"), lang))
    for days, of_days in figures["days"].items():
        areas = (of_days.get(name) for name in ("mean_auc", "holdout_auc"))
        yield row(days, *("—" if area is None else f"{area:.3f}" for area in areas))


def _areas(
    by_name: Figures, title: str, prefix: str, lang: Lang, *, not_listed: bool = False
) -> Iterator[str]:
    """A table of AUC by what differs."""
    columns = (title, "visits", "findings", "auc", *(("not_listed",) if not_listed else ()))
    yield ""
    yield from head(*titles(columns, lang))
    for name, figures in by_name.items():
        cells = (figures["visits"], figures["findings"], with_interval(figures["auc"], figures["interval"]))
        yield row(say(lang, prefix + name), *cells, *((figures["not_listed"],) if not_listed else ()))


def _everybody(figures: Figures, lang: Lang) -> Iterator[str]:
    share = "—" if figures["never_in_first"] is None else f"{figures['never_in_first']:.0%}"
    yield say(lang, "mo_never", listed=figures["listed"], never=figures["never_visited"], share=share)
    yield say(
        lang,
        "mo_feedback",
        first=f"{figures['visited_first']:.0%}",
        others=f"{figures['visited_others']:.0%}",
        reweighted="—" if figures["reweighted"] is None else figures["reweighted"],
        auc="—" if figures["auc"] is None else figures["auc"],
    )


def audit(rates: list[Figures], lang: Lang) -> Iterator[str]:
    """Rates of groups with their intervals, and what they say together."""
    yield say(lang, "mo_audit_told")
    yield say(lang, f"mo_audit_verdict_{verdict_of(rates)}")
    yield ""
    columns = ("group", "visits", "flagged", "precision", "omission", "verdict")
    yield from head(*titles(columns, lang))
    for group in rates:
        named = say(lang, f"mo_way_{group['group']}") if group["by"] == "chosen" else str(group["group"])
        yield row(
            f"{say(lang, 'mo_by_' + group['by'])}: {named}",
            group["visits"],
            f"{group['flagged']:.1%} ({group['flagged_visits']})",
            share_with_interval(group["precision"], group["precision_interval"]),
            share_with_interval(group["omission"], group["omission_interval"]),
            say(lang, f"mo_audit_is_{group['verdict']}"),
        )


def drift_told(table: ModelTable, lang: Lang) -> str:
    """How drift is judged, and where the verdict stands."""
    reference = table.metrics["reference"]
    return say(
        lang,
        "mo_drift_told",
        file=table.id + SUFFIX,
        alarm=f"{FALSE_ALARM:.0%}",
        months=HORIZON,
        auc=reference["auc"],
        error=reference["error"],
    )
