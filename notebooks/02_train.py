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
# # 02 · 重新训练风险模型 · Retraining the risk model
#
# 从克隆到一张可发布的分值表，按顺序运行即可，约几分钟；不需要真实数据。
# 换成自己的数据：在命令行给出 `--db` 或 `--source`，以及 `--definition`，不必改动本文件。
#
# From a clone to a points table that could be released: run the cells in order, a few minutes, no real data needed.
# For your own data give `--db` or `--source`, and `--definition`, on the command line, and leave this file as it is.

# %% tags=["parameters"]
from place import DEFINITION, GIVEN, LOCK, OUT, SMALL, district

ENTERPRISES = 3_000 if SMALL else 20_000
SOURCES = GIVEN or [f"canonical:{district(ENTERPRISES)}"]  # or MAP:/my/folder, or db:sise.db, your store under pseudonyms
MODELS = OUT / "models"

# %%
import textwrap

import matplotlib.pyplot as plt
import pandas as pd
from charts import INK, ORANGE, PALE, TEAL, chart, folds_chart, gain_chart, reliability_chart
from IPython.display import Markdown
from place import open_data

from scoring.analysis.training import evaluate
from scoring.analysis.training.card import card
from scoring.analysis.training.definition import read_definition
from scoring.analysis.training.export import additive_of
from scoring.analysis.training.features import enterprise_ids
from scoring.analysis.training.holdout import frozen, in_window
from scoring.analysis.training.labels import make_cases, read_visits
from scoring.analysis.training.pipeline import train_table, write_files
from scoring.analysis.training.train import source_of
from scoring.policy.language.release_gate import shortfalls
from scoring.policy.tables import read_model, shipped_models

definition = read_definition(DEFINITION)
if SMALL and not GIVEN:  # fewer origins and one size of bins
    definition = definition.model_copy(
        update={
            "splits": definition.splits.model_copy(update={"origins": definition.splits.origins[1::2], "window_days": 180}),
            "fit": definition.fit.model_copy(update={"max_bins": (3,)}),
        }
    )
data = open_data(SOURCES)

# %% [markdown]
# ## 1 · 标签 · The label
#
# 预测什么写在定义文件里，不写在程序里。没有检查的企业没有标签：既不当作好，也不当作坏。
#
# What is predicted is declared in the definition, not in code. An enterprise that nobody visited has no label: it counts neither as good nor as bad.

# %%
Markdown(f"> {definition.label.text.zh} · {definition.label.text.en}")

# %%
visits = read_visits(data.engine, data.tables, definition.label)
labelled = make_cases(visits, enterprise_ids(data.engine, data.tables), definition.label, definition.cases)
pd.Series(
    {
        "检查 · visits": len(visits),
        "样本（检查前一日） · cases, the day before a visit": len(labelled.cases),
        "其中发现问题 · of them with a finding": int(labelled.cases["label"].sum()),
        "期限内没有结论 · censored": labelled.censored,
        "从未检查的企业 · enterprises never visited": labelled.never_visited,
    },
    name="数 · n",
).to_frame()

# %% [markdown]
# ## 2 · 切分 · The split
#
# 只按时间切分：每一折只用起点之前**已经知道**的结果训练，检验起点之后的检查；最后一段（橙色）在一切选定之后才看一次。
#
# Time alone splits: each fold learns from what was **known** before its origin and is tested on the visits after it. The last span (orange) is looked at once, after every choice was made.

# %%
days = pd.Timedelta(days=definition.splits.window_days)
figure, axes = chart("每一折：之前训练，之后检验", "Each fold learns from before its origin and is tested on the days after it", high=3.2)
rows = [(pd.Timestamp(o), pd.Timestamp(o) + days, TEAL) for o in definition.splits.origins]
if definition.holdout:
    rows.append((pd.Timestamp(definition.holdout.first), pd.Timestamp(definition.holdout.last), ORANGE))
first = pd.Timestamp(definition.cases.first)
for n, (start, end, colour) in enumerate(rows):
    until = start if colour == TEAL else pd.Timestamp(definition.splits.train_until)
    axes.barh(n, until - first, left=first, color=PALE, height=0.62)
    axes.barh(n, end - start, left=start, color=colour, height=0.62)
folds = len(definition.splits.origins)
axes.set_yticks(range(len(rows)), [*(f"{n + 1}" for n in range(folds)), "留出 holdout"][: len(rows)])
axes.invert_yaxis()
axes.grid(axis="y")
axes.text(first + pd.Timedelta(days=12), 0, "训练 learned from", va="center", size=9)
axes.text(rows[0][1] + pd.Timedelta(days=8), 0, "检验 tested on", va="center", size=9, color=TEAL)
axes.tick_params(axis="y", length=0)
plt.show()

# %% [markdown]
# ## 3 · 训练 · Fit
#
# 一次调用完成：特征（与评分同一引擎，逐日还原当时所知）、泄漏检查、各折比较、选择、校准、最终拟合、留出检验、公平审计、漂移。
# 不能在没看过的留出期确定地胜过三条底线（手写规则卡、上次结果、检查次数）的，只写成草案，名单和评价规则都不采用。
#
# One call does it: features (the scoring engine itself, as things were known on each day), leak checks, folds, choice, calibration, final fit, holdout, audit, drift.
# A model that does not certainly beat the three floors (a hand-written card, the last result, the number of visits) on an unseen holdout is
# written as a draft, which neither a list of visits nor a policy takes.

# %%
source = source_of(definition, data.engine, data.tables, data.covers)
model, ready = train_table(definition, source, lock=LOCK)
reasons = shortfalls(model.metrics)
f"{model.id}: {model.algorithm}, {model.metrics['cases']:,} cases, {model.metrics['positives']:,} positives"

# %%
folds_chart(model)

# %%
Markdown(
    "**草案 · draft**\n\n" + "\n".join(f"- {reason.words['zh']} · {reason.words['en']}" for reason in reasons)
    if reasons
    else f"**已过门槛 · released**（查看留出期第 {model.metrics['gate']['looks']} 次 · look {model.metrics['gate']['looks']} at the holdout）"
)

# %% [markdown]
# ## 4 · 分值表 · The points table
#
# 模型就是这张表：每项特征一行，加起来即总分；分越高越可能出问题。方向由定义固定，不会“记录越多分越低”。
#
# The model is this table: a row per feature, and the sum decides; more points, more risk. Directions are fixed by the definition: one more adverse record never lowers the score.


# %%
def tick(feature, n):
    """What a bin holds; counts that are weighted by age are in hundredths."""
    unit = 100 if "weighted" in aggregates.get(feature.of, "") else 1
    upto, last = feature.bins[n].upto, feature.bins[n - 1].upto
    return "全部 all" if len(feature.bins) == 1 else f"> {last / unit:g}" if upto is None else f"≤ {upto / unit:g}" if upto else "0"


aggregates = {i.id: i.aggregate for i in model.inputs}
most = max(b.points for f in model.features for b in f.bins)
columns = 3
figure, axes = chart(
    "每项特征给多少分",
    "Points of every feature by its number of records; older ones count less",
    wide=9.4,
    high=1.3 + 2.0 * -(-len(model.features) // columns),
    rows=-(-len(model.features) // columns),
    columns=columns,
    sharey=True,
)
for panel, feature in zip(axes.flat, model.features, strict=False):
    points = [b.points for b in feature.bins]
    panel.bar_label(panel.bar([tick(feature, n) for n in range(len(points))], points, color=INK, width=0.7), size=9, padding=2)
    panel.set_title(feature.label.zh + "\n" + textwrap.fill(feature.label.en, 42), size=8.5, loc="left", linespacing=1.3)
    panel.set(ylim=(0, most * 1.2), xlim=(-0.6, max(len(f.bins) for f in model.features) - 0.4))
    panel.grid(axis="x")
    panel.tick_params(length=0)
for panel in axes.flat[len(model.features) :]:
    panel.set_visible(False)
plt.show()

# %% [markdown]
# ## 5 · 校准与留出检验 · Calibration and the holdout
#
# 说“10 %”的，十次里应有一次出问题。校准在各折之外的得分上拟合，在留出期检验。
#
# Of those told "10 %", one in ten should fail. Calibration is fitted on out-of-fold scores and checked on the holdout.

# %%
cases = ready.labelled.cases
held = in_window(cases, definition.holdout) if "holdout" in model.metrics else None
if held is not None:
    score = additive_of(model).log_odds(ready.matrix[held].to_numpy())
    predicted = evaluate.probability(score, model.calibration)
    reliability_chart(predicted, ready.labels[held], 5 if SMALL else 10)

# %%
told = model.metrics.get("holdout", {}).get("refreshed", {})
figures = {
    "auc": "AUC",
    "days_earlier": "提前天数 days earlier",
    "first_half": "前半期发现 found in the first half",
    "calibration_error": "校准误差 calibration error",
}
pd.DataFrame(
    {
        "留出期 holdout": {words: told.get(name) for name, words in figures.items()},
        "95 %": {words: str(told.get(f"{name}_interval", "")) for name, words in figures.items()},
    }
)

# %% [markdown]
# 检查力量只够查一部分时，先查谁？曲线越高，同样的检查次数找到的问题越多；两条底线是不用模型也有的次序。名单是留出期首日排的那一份，与 `rank` 所说的“前 10 %”同义。
#
# With inspectors for a part only, whom first? The higher the curve, the more the same visits find; the floors are orders that need no model.
# The list is that of the first day of the holdout: the same "first 10 %" that `rank` tells.

# %% tags=["headline"]
if held is not None:
    listed, listed_score = frozen(model, cases[held], ready, source, definition.holdout)
    floors = {"上次结果 last result": "last_result", "检查次数 number of visits": "number_of_visits"}
    others = {words: ready.floors.loc[listed["case_id"], name] for words, name in floors.items()}
    gain_chart(listed["label"], listed_score, others, listed, definition.seed, ("问题", "findings"))
else:
    folds_chart(model)

# %% tags=["headline"]
early, (low, high) = told.get("days_earlier", 0), told.get("days_earlier_interval", (0, 0))
state = "草案，不得使用 draft, not to be used" if reasons else "已过门槛 released"
Markdown(
    f"{state}。每天检查数不变、只改次序，问题平均早 **{early:.1f} 天** [{low:.1f}，{high:.1f}] 发现。 "
    f"With as many visits a day as there were, findings come **{early:.1f} days** [{low:.1f}, {high:.1f}] earlier than they did."
)

# %% [markdown]
# ## 6 · 写出并核对 · Export and check
#
# 文件含分值、数据摘要、种子、各折指标和校验和；同样的数据和种子得到逐字节相同的文件。命令行 `sise model train` 写的就是它；没过门槛的写成 `.draft.json`。
#
# The file holds points, a digest of the data, the seed, metrics per fold and a checksum; the same data and seed give the same bytes. `sise model train` writes the very same; what the gate keeps back ends in `.draft.json`.

# %%
left = write_files(model, ready, source, MODELS)
path = left.path
assert read_model(str(path)).sha256 == model.sha256  # form, hash, bins without gaps, directions
shipped = model.id in shipped_models() and read_model(model.id).sha256 == model.sha256
f"{path.name}  {model.sha256[:12]}…" + ("  与随附的相同 · the shipped table again" if shipped else "")

# %%
Markdown(card(model).split("\n---\n")[0])

# %% [markdown]
# ## 接下来 · What next
#
# 换规则之前先看它会改变谁的颜色：`04_policy_impact`。发布由人决定；分值表进入某一版评价规则，规则写明它的校验和。
#
# See whose colour it would change before any policy takes it: `04_policy_impact`. A person releases it; a policy names its checksum.
#
# ```
# python3 run.py sise model train models/district-demo.toml --source canonical:MY/FOLDER --out out/models
# python3 run.py sise model check out/models/district-demo.json
# ```
