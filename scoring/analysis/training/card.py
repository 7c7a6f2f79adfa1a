"""The card of a model, generated from its points table: what it is for, what it was learned from, how good it is, where it ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from scoring.analysis.training.candidates import CHALLENGER, FLOORS
from scoring.analysis.training.drift import moved_most
from scoring.entities import Lang
from scoring.errors import ModelError
from scoring.policy.language.points_table import ModelTable, Scored
from scoring.rules.wording import say

MANY_TARGETED = 0.2
"""Share of targeted visits among those that say how they were chosen, from which rates are said to be above those of all enterprises."""
COST = 0.01
"""Mean AUC by which the challenger may lead before the card says what additivity costs."""


def card(table: ModelTable) -> str:
    """The whole card in Markdown, Chinese first.

    Raises:
        ModelError: An earlier version wrote the table, without figures that the card tells.
    """
    try:
        return "\n".join([*_card(table, "zh"), "", "---", "", *_card(table, "en")]) + "\n"
    except KeyError as error:
        raise ModelError(
            zh=f"分值表 {table.id} 没有 {error.args[0]}：由较早的版本训练；请重新训练，例如 sise model train DEF.toml",
            en=f"points table {table.id} has no {error.args[0]}: an earlier version trained it; train it anew, e.g. "
            "sise model train DEF.toml",
        ) from error


def choice(counts: Mapping[str, int], lang: Lang) -> str:
    """How the visits behind the labels were chosen, and what that means for every rate.

    Args:
        counts: Visits by choice (``scoring.analysis.training.labels.by_choice``).
        lang: Language.
    """
    total = sum(counts.values())
    shares = {way: n / total for way, n in {"random": 0, **counts}.items()}
    unknown, targeted = shares.get("unknown", 0.0), shares.get("targeted", 0.0)
    means = (
        "unknown" if unknown > 0.5 else "targeted" if targeted >= MANY_TARGETED * (1 - unknown) else "fair"
    )
    between = {"zh": "，", "en": ", "}[lang]
    ways = between.join(f"{say(lang, f'mo_way_{way}')} {share:.0%}" for way, share in shares.items())
    return say(lang, "mo_choice", ways=ways, meaning=say(lang, f"mo_choice_means_{means}"))


def _card(table: ModelTable, lang: Lang) -> Iterator[str]:
    metrics = table.metrics
    yield f"# {table.title.model_dump()[lang]} · `{table.id}`"
    yield ""
    yield say(lang, f"mo_use_{table.use}")
    for part, words in (("purpose", table.purpose), ("label", table.label.text), ("limits", table.limits)):
        yield f"\n## {say(lang, f'mo_{part}')}\n\n{words.model_dump()[lang]}"
    yield f"\n## {say(lang, 'mo_data')}\n"
    first, last = table.trained.first, table.trained.last
    yield say(
        lang, "mo_trained", first=first, last=last, cases=metrics["cases"], positives=metrics["positives"]
    )
    yield say(lang, "mo_unseen", censored=metrics["censored"], never=metrics["never_visited"])
    yield choice(metrics["visits_by_choice"], lang)
    yield _inspector(metrics["inspector_explains"], lang)
    if table.looked_up_on:
        yield say(lang, "mo_frozen", day=table.looked_up_on)
    yield f"\n## {say(lang, 'mo_folds')}\n"
    yield from _folds(metrics, lang)
    yield f"\n{_additivity(metrics, table.algorithm, lang)}"
    if "holdout" in metrics:
        yield f"\n## {say(lang, 'mo_holdout')}\n"
        yield from _holdout(metrics["holdout"], lang)
    if "audit" in metrics:
        yield f"\n## {say(lang, 'mo_audit')}\n"
        yield from _audit(metrics["audit"], lang)
    if "drift" in metrics:
        yield f"\n## {say(lang, 'mo_drift')}\n"
        yield from _drift(table, metrics["drift"], lang)
    yield f"\n## {say(lang, 'mo_points')}\n"
    yield say(lang, "mo_scale", pdo=table.points_to_double_odds)
    yield from _points(table.features, lang)
    yield f"\n## {say(lang, 'mo_origin')}\n"
    yield say(lang, "mo_hashes", sha=table.sha256, data=table.data_sha256, seed=table.seed)
    yield ", ".join(f"{name} {version}" for name, version in table.versions.items())


def _inspector(explained: Mapping[str, float], lang: Lang) -> str:
    if not explained:
        return say(lang, "mo_inspector_unknown")
    return say(lang, "mo_inspector", share=f"{max(explained.values()):.0%}")


def _folds(metrics: Mapping[str, Any], lang: Lang) -> Iterator[str]:
    names = [metrics["chosen"], CHALLENGER, *FLOORS]
    words = [say(lang, f"mo_{word}") for word in ("origin_day", "visits", "findings")]
    yield from _head(*words, *(_name(n, metrics, lang) for n in names))
    for fold in metrics["folds"]:
        yield _row(
            fold["origin"],
            fold["tested_on"],
            fold["positives"],
            *(f"{fold['auc'][name]:.3f}" for name in names),
        )
    yield _row(say(lang, "mo_mean"), "", "", *(f"{metrics['mean_auc'][name]:.3f}" for name in names))


def _name(name: str, metrics: Mapping[str, Any], lang: Lang) -> str:
    return say(lang, "mo_this", name=name) if name == metrics["chosen"] else say(lang, f"mo_{name}")


def _additivity(metrics: Mapping[str, Any], chosen: str, lang: Lang) -> str:
    cost = metrics["mean_auc"][CHALLENGER] - metrics["mean_auc"][chosen]
    return say(lang, "mo_costs" if cost > COST else "mo_costs_little", cost=f"{max(cost, 0):.3f}")


def _holdout(found: Mapping[str, Any], lang: Lang) -> Iterator[str]:
    first, last = found["window"]
    yield say(lang, "mo_window", first=first, last=last)
    yield ""
    lists = [name for name in ("refreshed", "frozen") if name in found]
    yield from _head(
        "", *(say(lang, {"refreshed": "mo_refreshed", "frozen": "mo_frozen_list"}[name]) for name in lists)
    )
    for key in ("auc", "days_earlier"):
        cells = [
            f"{found[name][key]} [{found[name][key + '_interval'][0]}, {found[name][key + '_interval'][1]}]"
            for name in lists
        ]
        yield _row(say(lang, f"mo_{key}"), *cells)
    yield _row(
        say(lang, "mo_first_half"),
        *(f"{found[name]['first_half']} ({found[name]['usual_half']})" for name in lists),
    )
    yield _row(say(lang, "mo_ece"), *(found[name]["calibration_error"] for name in lists))
    yield ""
    shares = found[lists[0]]["gain"]
    intervals = found[lists[0]]["gain_interval"]
    gains = (
        f"{share} % → {part:.0%} [{intervals[share][0]:.0%}, {intervals[share][1]:.0%}]"
        for share, part in shares.items()
    )
    yield say(lang, "mo_gain", gains={"zh": "；", "en": "; "}[lang].join(gains))
    yield ""
    yield from _head(*(say(lang, f"mo_{word}") for word in ("visits", "predicted", "rate")))
    for visits, predicted, rate in _joined(found[lists[0]]["reliability"]):
        yield _row(visits, f"{predicted:.1%}", f"{rate:.1%}")
    yield ""
    yield say(
        lang,
        "mo_floor_auc",
        floors=", ".join(f"{say(lang, f'mo_{name}')} {value}" for name, value in found["floors"].items()),
    )


def _joined(groups: Sequence[tuple[int, float, float]]) -> Iterator[tuple[int, float, float]]:
    """Groups with one predicted probability as one: equal scores were cut apart by nothing but their number."""
    for predicted, same in groupby(groups, key=lambda group: round(group[1], 3)):
        rows = list(same)
        visits = sum(n for n, _, _ in rows)
        yield visits, predicted, sum(n * rate for n, _, rate in rows) / visits


def _audit(rows: Sequence[Mapping[str, Any]], lang: Lang) -> Iterator[str]:
    yield say(lang, "mo_audit_told")
    yield ""
    yield from _head(
        *(say(lang, f"mo_{name}") for name in ("group", "visits", "flagged", "precision", "omission"))
    )
    for row in rows:
        name = f"{say(lang, 'mo_by_' + row['by'])}: {_group(row, lang)}"
        yield _row(
            name,
            row["visits"],
            *("—" if row[key] is None else f"{row[key]:.1%}" for key in ("flagged", "precision", "omission")),
        )


def _group(row: Mapping[str, Any], lang: Lang) -> str:
    return say(lang, f"mo_way_{row['group']}") if row["by"] == "chosen" else str(row["group"])


def _drift(table: ModelTable, found: Mapping[str, Any], lang: Lang) -> Iterator[str]:
    yield say(lang, f"mo_verdict_{found['verdict']}", since=found["since"] or "—")
    yield ""
    yield from _head(
        *(say(lang, f"mo_{name}") for name in ("month", "visits", "rate", "psi", "moved", "gap", "verdict"))
    )
    for row in found["months"]:
        shift = f"{row['psi']:.2f}", moved_most(table, row, lang), f"{row['gap']:+.3f}"
        yield _row(
            row["month"], row["visits"], f"{row['rate']:.1%}", *shift, say(lang, f"mo_is_{row['verdict']}")
        )


def _points(features: Sequence[Scored], lang: Lang) -> Iterator[str]:
    yield ""
    yield from _head(say(lang, "mo_feature"), say(lang, "mo_bins"), say(lang, "mo_unknown"))
    for feature in features:
        bins = "; ".join(f"{'…' if b.upto is None else f'≤ {b.upto}'}: {b.points}" for b in feature.bins)
        yield _row(feature.label.model_dump()[lang], bins, feature.unknown)


def _head(*cells: object) -> Iterator[str]:
    yield _row(*cells)
    yield _row(*("---" for _ in cells))


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "/") for cell in cells) + " |"
