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
# # 00 · 先看自己的数据够不够 · Your own data first
#
# 这里用随附的虚构样本；换成自己的数据，在命令行给出 `--db` 或 `--source`，以及自己的 `--definition`，不必改动本文件。
#
# This runs on the committed synthetic sample; for your own data give `--db` or `--source` and your own `--definition` on the command line, and leave this file as it is.

# %% tags=["parameters"]
from place import DEFINITION, GIVEN, PROJECT

SOURCES = GIVEN or [f"canonical:{PROJECT / 'data' / 'sample'}"]  # or MAP:/my/folder (maps: scoring/rules/sources), or db:sise.db, your store

# %%
import matplotlib.pyplot as plt
import pandas as pd
from charts import GREY, INK, ORANGE, TEAL, chart, quarters, table
from IPython.display import Markdown
from place import open_data

from scoring.analysis.training.definition import read_definition
from scoring.analysis.training.feasible import ENOUGH, TOO_FEW, feasible
from scoring.analysis.training.labels import read_visits
from scoring.analysis.training.train import source_of
from scoring.errors import ModelError

# %% [markdown]
# ## 1 · 每一行都有去处 · Where every row went
#
# 读入 = 采用 + 拒绝 + 合并 + 范围外。拒绝的行各有一句原因；入库时拒绝的行，导入当时已列出。
#
# in = accepted + rejected + merged + out of scope. Every rejected row has its reason; what a store refused was listed when it was imported.

# %%
data = open_data(SOURCES)
rejects = pd.read_csv(data.intake.rejects, dtype="str", keep_default_na=False)
counted = [
    {"name": name, **vars(counts)}
    for source, whole in data.intake.sources.items()
    for name, counts in (whole.files or {source: whole}).items()
]
table(
    counted,
    name="来源 from",
    rows_in="读入 in",
    accepted="采用 accepted",
    rejected="拒绝 rejected",
    merged="合并 merged",
    out_of_scope="范围外 out of scope",
)

# %%
table(rejects, row="行 row", column="列 column", value="值 value", sentence_zh="原因", sentence_en="reason")

# %% [markdown]
# ## 2 · 有没有可学的结果 · Is there an outcome to learn from?

# %% tags=["headline"]
definition = read_definition(DEFINITION)
visits = read_visits(data.engine, data.tables, definition.label)
rates = visits.groupby(visits["visit_on"].dt.to_period("Q"))["found"].agg(["size", "sum"])

figure, axes = chart(
    f"{len(visits):,} 次有结论的检查，{visits['found'].sum():,.0f} 次发现未改正的问题",
    f"{len(visits):,} conclusive visits by quarter, {visits['found'].sum():,.0f} of them with an open problem",
    high=3.6,
)
if len(rates):
    at = range(len(rates))
    axes.bar(at, rates["size"], color="#c4cdd8", width=0.74, label="检查 visits")
    axes.bar_label(axes.bar(at, rates["sum"], color=ORANGE, width=0.74, label="发现问题 with findings"), padding=1, size=8, color=ORANGE)
    axes.legend(loc="upper left", ncols=2, handlelength=1, handleheight=1)
    quarters(axes, rates.index)
    axes.set_ylim(0, rates["size"].max() * 1.18)
    plt.show()

# %% [markdown]
# ## 3 · 够不够 · Is it enough?
#
# 每一折至少要有约 100 个阳性，AUC 的 95 % 区间才在 ±0.06 左右；少于 20 个则不必训练。
#
# About a hundred positives per fold give an AUC within ±0.06; with fewer than twenty there is no point in training.


# %%
def judged(asked):
    """What `feasible` finds, and a sentence."""
    said = {
        "enough": "足够 · enough",
        "thin": "偏少，区间很宽 · thin: wide intervals",
        "too_little": "太少，不宜训练 · too little to train on",
    }
    try:
        found = feasible(asked, source_of(asked, data.engine, data.tables, data.covers))
    except ModelError as error:
        return None, f"{error.zh} · {error.en}"
    return found, said[found["verdict"]]


found, verdict = judged(definition)
Markdown(f"**结论 · verdict: {verdict}**")

# %% [markdown]
# 样本太小时可以放宽标签：当场改正的问题也算。放宽的是“预测什么”，用途也要跟着改写。
#
# Where a sample is too small the label may be widened: problems corrected on the spot count too. That changes what is predicted, so the purpose must say so.

# %% tags=["headline"]
corrected = (*(definition.label.result or ()), "corrected", "not_published")
wider = definition.model_copy(update={"label": definition.label.model_copy(update={"result": corrected})})
wide, verdict_of_wide = judged(wider) if found is None else (found, verdict)
found, verdict = (wide, verdict_of_wide) if found is None and wide else (found, verdict)
Markdown(f"**结论 · verdict: {verdict}**")

# %%
if found:
    folds = pd.DataFrame(found["folds"])
    figure, axes = chart(
        f"每一折有多少阳性：{verdict.split(' · ')[0]}", "Positives in every fold; dashed lines: too few, and enough", high=3.6
    )
    drawn = axes.bar(
        folds["origin"],
        folds["positives"],
        color=[ORANGE if n < TOO_FEW else TEAL if n < ENOUGH else INK for n in folds["positives"]],
        width=0.6,
    )
    axes.bar_label(
        drawn,
        [f"{n}  (±{w:.2f})" if w else f"{n}" for n, w in zip(folds["positives"], folds["half_width"], strict=True)],
        size=9,
        padding=4,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )
    for limit, words in ((TOO_FEW, "不足则太少\ntoo few below"), (ENOUGH, "足够\nenough from")):
        axes.axhline(limit, color=GREY, ls="--", lw=1)
        axes.annotate(
            f"{words} {limit}",
            (len(folds) - 0.5, limit),
            xytext=(5, 0),
            textcoords="offset points",
            size=8.5,
            va="center",
            color=GREY,
            annotation_clip=False,
        )
    axes.set(xlim=(-0.5, len(folds) - 0.5), ylim=(0, max(ENOUGH, folds["positives"].max()) * 1.15), ylabel="阳性 positives")
    axes.set_xlabel("起点 origin（括号内为 AUC 的半区间 half the interval of an AUC in brackets）")
    axes.grid(axis="x")
    plt.show()

# %% [markdown]
# 不够时：加长时段、放宽标签、合并相邻区域，或先用手写规则卡。够了就看 `01_explore`，再跑 `02_train`。
#
# Too little: take a longer span, a wider label, join neighbouring areas, or use a hand-written card for now. Enough: look at `01_explore`, then run `02_train`.
#
# ```
# python3 run.py sise model feasible models/district-demo.toml --source canonical:data/sample
# python3 run.py notebooks 00 02 03 --db --database sise.db --definition my.toml
# ```
