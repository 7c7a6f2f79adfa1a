# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 01 · 看看记录 · What the records look like
#
# 训练之前先看：有哪些记录、缺什么、晚多久才知道、随时间怎样变。
#
# Before anything is trained: what records there are, what is missing, how late things become known, and how they change over time.

# %% tags=["parameters"]
from place import GIVEN, PROJECT, SHARED, SMALL, district, told

ENTERPRISES = 2_000 if SMALL else 20_000
SOURCES = GIVEN or [f"canonical:{district(ENTERPRISES)}"]  # or MAP:/my/folder, or db:sise.db, your store under pseudonyms

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from charts import GREY, INK, ORANGE, bars, chart, percent, quarters
from place import open_data

from scoring.analysis.training.definition import read_definition
from scoring.analysis.training.labels import read_visits
from scoring.entities import code_label
from scoring.policy.tables import read_model
from scoring.policy.verdicts import read_verdict, verdict_path

data = open_data(SOURCES)


def ask(text):
    """Rows of a question in SQL; {records} and {enterprises} are the tables."""
    return data.engine.select(text.format(records=data.tables.records, enterprises=data.tables.enterprises)).to_pandas()


def kind(code):
    """What a kind is called."""
    return f"{code_label('kinds', code, 'zh')} {code_label('kinds', code, 'en')}"


print(told("beijing-culture"))

# %% [markdown]
# ## 1 · 有什么 · What there is
#
# 一行一个有日期的事实。没有记录不等于好。
#
# One dated fact a row. No record is not the same as good.

# %%
ask(
    "SELECT kind, result, severity, occurred_on, decided_on, known_on, publish_until FROM {records} "
    "WHERE decided_on IS NOT NULL ORDER BY record_id LIMIT 6"
)

# %%
kinds = ask("SELECT kind, count(*) AS n FROM {records} GROUP BY 1 ORDER BY n DESC, kind")
few = kinds.iloc[16:]
figure, axes = chart(
    f"{kinds['n'].sum():,} 条记录，检查占 {kinds.set_index('kind')['n'].get('inspection', 0) / kinds['n'].sum():.0%}",
    f"{kinds['n'].sum():,} records by kind",
    high=5.2,
)
bars(
    axes,
    [*kinds["kind"].head(16).map(kind), *([f"其余 {len(few)} 类 others"] if len(few) else [])],
    [*kinds["n"].head(16), *([few["n"].sum()] if len(few) else [])],
    colour=[*[INK] * min(len(kinds), 16), GREY],
)
axes.tick_params(labelsize=8.5)
plt.show()

# %%
counts = ask("""SELECT coalesce(n, 0) AS n, count(*) AS enterprises FROM (SELECT DISTINCT enterprise_id FROM {enterprises})
    LEFT JOIN (SELECT enterprise_id, count(*) AS n FROM {records} GROUP BY 1) USING (enterprise_id) GROUP BY 1""")
steps = [("无 none", 0, 0), ("1–2", 1, 2), ("3–5", 3, 5), ("6–10", 6, 10), ("11–20", 11, 20), ("20+", 21, 10**6)]
share = [counts.loc[counts["n"].between(low, high), "enterprises"].sum() / counts["enterprises"].sum() for _, low, high in steps]
figure, axes = chart(
    f"{sum(share[:3]):.0%} 的企业不超过 5 条记录", f"{sum(share[:3]):.0%} of enterprises have at most five records", wide=7.4, high=3.4
)
axes.bar_label(
    axes.bar([name for name, _, _ in steps], share, color=[ORANGE, *[INK] * 5], width=0.7), [f"{s:.0%}" for s in share], padding=3, size=9
)
axes.set_xlabel("每户记录数 records of an enterprise")
axes.yaxis.set_visible(False)
axes.spines["left"].set_visible(False)
axes.grid(False)
axes.tick_params(length=0)
plt.show()

# %% [markdown]
# ## 2 · 缺什么 · What is missing
#
# 未知就是未知，不当作零。有的列对某类记录本来就没有（检查没有金额），有的是真缺。
#
# Unknown is a value, never zero. Some columns do not apply to a kind (a visit has no amount), others are truly missing.

# %%
columns = {
    "result": "结果\nresult",
    "severity": "程度\nseverity",
    "occurred_on": "发生日\noccurred",
    "decided_on": "决定日\ndecided",
    "served_on": "送达日\nserved",
    "final_on": "生效日\nfinal",
    "publish_until": "公示至\npublished",
    "amount_fen": "金额\namount",
    "value_x100": "分值\nvalue",
    "document_no": "文书号\ndocument",
    "known_on": "知悉日\nknown",
}
blanks = ask("SELECT kind, " + ", ".join(f"avg(CAST({c} IS NULL AS INT)) AS {c}" for c in columns) + " FROM {records} GROUP BY 1")
blanks = blanks.set_index("kind").loc[kinds["kind"].head(16)]
figure, axes = chart(
    "各列未知的比例（灰：此类从不填写；白：从不缺）",
    "Share unknown by kind and column (16 most frequent kinds); grey: never given for this kind, white: always",
    wide=9.6,
    high=1.6 + 0.3 * len(blanks),
)
share = blanks.to_numpy(dtype=float)
axes.imshow(np.where((share == 0) | (share == 1), np.nan, share), cmap="Oranges", vmin=0, vmax=1.7, aspect="auto")
axes.imshow(np.where(share == 1, 1.0, np.nan), cmap="Greys", vmin=0, vmax=7, aspect="auto")
for (i, j), value in np.ndenumerate(share):
    if 0 < value < 1:
        axes.text(j, i, "<1%" if value < 0.01 else ">99%" if value > 0.99 else f"{value:.0%}", ha="center", va="center", size=8.5)
axes.set_xticks(np.arange(-0.5, len(columns)), minor=True)
axes.set_yticks(np.arange(-0.5, len(blanks)), minor=True)
axes.grid(which="minor", color="white", lw=2)
axes.tick_params(which="minor", length=0)
axes.set_xticks(range(len(columns)), columns.values(), size=8.5, va="baseline")
axes.xaxis.tick_top()
axes.set_yticks(range(len(blanks)), blanks.index.map(kind), size=8.5)
axes.grid(False, which="major")
axes.tick_params(length=0)
for side in axes.spines.values():
    side.set_visible(False)
plt.show()

# %% [markdown]
# ## 3 · 晚多久才知道 · How late things become known
#
# 训练只用当日**已知**的记录。迟到的记录如果按发生日使用，就是偷看未来。
#
# Training uses what was **known** on the day. A record used from the day it happened, before it arrived, would be a look into the future.

# %%
late = ask("""SELECT date_diff('day', coalesce(decided_on, occurred_on), known_on) AS days, count(*) AS n FROM {records}
    WHERE coalesce(decided_on, occurred_on) IS NOT NULL AND known_on IS NOT NULL GROUP BY 1 ORDER BY 1""")
middle = late.loc[late["n"].cumsum() >= late["n"].sum() / 2, "days"].iloc[0]
steps = [("当日 same day", -(10**6), 0), ("1–2", 1, 2), ("3–5", 3, 5), ("6–10", 6, 10), ("11–30", 11, 30), ("30+", 31, 10**6)]
share = [late.loc[late["days"].between(low, high), "n"].sum() / late["n"].sum() for _, low, high in steps]
figure, axes = chart(
    f"一半的记录 {middle} 天后才知道" if middle > 0 else "一半以上的记录当日即知",
    f"Half of the records become known after {middle} days or more" if middle > 0 else "More than half of the records are known the same day",
    wide=7.4,
    high=3.4,
)
axes.bar_label(
    axes.bar([name for name, _, _ in steps], share, color=[GREY, *[INK] * 5], width=0.7),
    [f"{s:.0%}" if s >= 0.005 or not s else "<1%" for s in share],
    padding=3,
    size=9,
)
axes.set_xlabel("从发生或决定到归集的天数 days from the fact to its arrival")
axes.yaxis.set_visible(False)
axes.spines["left"].set_visible(False)
axes.grid(False)
axes.tick_params(length=0)
plt.show()

# %% [markdown]
# ## 4 · 随时间变吗 · Does it change over time?
#
# 模型学的是过去。检查多少、查出多少变了，模型就可能不再适用。
#
# A model learns the past. When the number of visits or the share with findings changes, it may no longer fit.


# %%
def by_quarter(visits):
    """Visits and share with findings per quarter, with a 95 % interval."""
    rows = visits.groupby(visits["visit_on"].dt.to_period("Q"))["found"].agg(["size", "mean"])
    rows = rows[rows["size"] >= 30]
    return rows.assign(error=1.96 * (rows["mean"] * (1 - rows["mean"]) / rows["size"]) ** 0.5)


def over_time(rates, zh, en, mark=None):
    """Two panels: visits, and the share with findings."""
    figure, axes = chart(zh, en, high=4.6, rows=2, columns=1, sharex=True, height_ratios=[1, 2])
    at = range(len(rates))
    colours = [ORANGE if mark and str(q) >= mark else INK for q in rates.index]
    axes[0, 0].bar(at, rates["size"], color=[c if c == ORANGE else "#b9c3d0" for c in colours], width=0.7)
    axes[0, 0].set_title("检查数 visits", size=9, loc="left")
    axes[0, 0].yaxis.set_major_formatter("{x:,.0f}")
    axes[1, 0].errorbar(at, rates["mean"], yerr=rates["error"], color=INK, ecolor=GREY, lw=1.6, elinewidth=1)
    axes[1, 0].scatter(at, rates["mean"], color=colours, s=28, zorder=3, clip_on=False)
    axes[1, 0].set(ylim=(0, None))
    axes[1, 0].set_title("查出问题的比例 share with findings", size=9, loc="left")
    percent(axes[1, 0])
    for panel in axes.flat:
        quarters(panel, rates.index)
    plt.show()


demo = read_definition(PROJECT / "models" / "district-demo.toml")
visits = read_visits(data.engine, data.tables, demo.label)
over_time(
    by_quarter(visits), "每季检查数，和查出未改正问题的比例", "Visits by quarter, and the share with open problems, with 95% intervals"
)

# %% [markdown]
# 真实的例子：北京文化市场 2025 年检查规则变了，此前的模型从那时起等于抛硬币。
#
# A real one: in Beijing's culture market the rule of the game changed in 2025; from then on an earlier model is a coin toss.

# %% tags=["shared"]
if (SHARED / "beijing-culture").is_dir():
    beijing = read_definition(PROJECT / "benchmarks" / "models" / "beijing-culture.toml")
    real = open_data([f"beijing-culture:{SHARED / 'beijing-culture'}"])
    visits = read_visits(real.engine, real.tables, beijing.label)
    over_time(
        by_quarter(visits),
        "北京文化市场：2025 年起不合格多了几倍",
        "Beijing culture market: from 2025 several times as many failures",
        mark="2025",
    )

# %% [markdown]
# 发布的模型每月自查：次序、预测与实际之差，和一句结论，写在表旁的 `.drift.json`。
#
# A released model is checked every month: its order, predicted against observed, and a verdict in one word, which stands beside the table.

# %%
model = read_model("district-demo")
verdict = read_verdict(verdict_path("district-demo"))
months = pd.DataFrame(verdict.months)
words = {
    "ok": "正常 ok",
    "watch": "关注 watch",
    "retrain": "应重训 retrain",
    "do_not_use": "停用 do not use",
    "cannot_tell": "无法判断 cannot tell",
}
figure, axes = chart(
    f"district-demo 训练之后：{words[verdict.verdict]}",
    "district-demo after training, by month: order and predictions with 95% intervals; orange: not ok",
    high=3.6,
    columns=2,
)
area, gap = axes.flat
colours = [INK if each == "ok" else ORANGE for each in months["verdict"]]
auc, (low, high) = months["auc"].to_numpy(), np.array(months["auc_interval"].tolist()).T
area.errorbar(months["month"], auc, yerr=[auc - low, high - auc], fmt="none", ecolor=colours)
area.scatter(months["month"], months["auc"], color=colours, zorder=3)
area.axhline(model.metrics["reference"]["auc"], color=GREY, lw=1, ls="--")
area.axhline(0.5, color=GREY, lw=0.8, ls=":")
area.set_title("月内 AUC，虚线为训练时 within months; dashed: at training", size=9, loc="left")
gap.axhline(0, color=GREY, lw=0.8)
gap.errorbar(months["month"], months["gap"], yerr=1.96 * months["gap_error"], fmt="none", ecolor=colours, elinewidth=1.2)
gap.scatter(months["month"], months["gap"], color=colours, zorder=3)
gap.set_title("预测减实际，95 % predicted − observed", size=9, loc="left")
percent(gap, places=1)
for panel in (area, gap):
    panel.tick_params(axis="x", labelsize=8.5, rotation=30)
    panel.grid(axis="x")
plt.show()
