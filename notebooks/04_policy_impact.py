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
# # 04 · 模型的分对颜色有什么影响 · What the model's points do to colours
#
# 规则换版之前先在整个辖区试算：草案只多一项“预测风险”，其余不变。这项分值有界：可由蓝转绿，不能使任何主体落入黄或红。
#
# Before a policy changes it is tried on the whole district: the draft has one more indicator, *predicted risk*. Its points are bounded: it may turn blue to green and takes nobody into yellow or red.

# %% tags=["parameters"]
from datetime import date
from itertools import pairwise

from place import GIVEN, OUT, SMALL, district

ENTERPRISES = 2_000 if SMALL else 20_000
SOURCES = GIVEN or [f"canonical:{district(ENTERPRISES)}"]  # or MAP:/my/folder, or db:sise.db, your store under pseudonyms
OLD, AS_OF = "quzhou-demo@2026-04-01", date(2026, 12, 1)
TRIED = OUT / "simulation"

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from charts import INK, PALE, bars, chart, table
from IPython.display import Markdown
from place import open_data

from scoring.analysis.impact.changes import compared
from scoring.analysis.impact.matrix import migration_matrix
from scoring.analysis.impact.simulate import SIMULATION, simulated
from scoring.assess.folder import BatchOptions
from scoring.assess.results_writer import CONTRIBUTIONS, SCORES
from scoring.disk import atomic_folder, refuse_foreign
from scoring.policy.load import load_policy
from scoring.policy.tables import read_model

DRAFT = """
id = "quzhou-demo"
valid_from = 2026-12-01
extends = "quzhou-demo@2026-04-01"
title = { zh = "衢州四色评价演示规则", en = "Quzhou four-colour demonstration policy" }
note = { zh = "演示规则：在 2026-04-01 版之外加一项有界的预测风险，模型在虚构数据上训练。", en = "A demonstration: the version of 2026-04-01 with one bounded predicted risk, from a model trained on synthetic data." }

[[groups]]
id = "prediction"
within = "compliance"
label = { zh = "预测风险", en = "Predicted risk" }

[[indicators]]
id = "predicted_risk"
group = "prediction"
direction = "adverse"
label = { zh = "预测风险", en = "Predicted risk" }
select = { kind = ["abnormal_operations_listing", "administrative_penalty", "complaint", "inspection", "judgment_default", "rectification_order"] }
aggregate = "model"
model = "district-demo"
sha256 = "ca3dae6f845f0b4998edaf79e0c0a0eb9dab41b137b40f15f47f73d2215f9b8b"
window_days = 1095
bins = [{ upto = 20, points = 0 }, { upto = 45, points = -15 }, { points = -30 }]
legal = ["plan"]
remedy = { zh = "改正检查发现的问题；记录满期或者修复后，预测风险随之降低。", en = "Mend what visits found; as records expire or are restored the predicted risk falls with them." }
note = { zh = "模型只看本主体的记录；分值见 models/district-demo.md。不能单独使任何主体落入黄色或红色。", en = "The model sees own records alone; its points are in models/district-demo.md. By itself it takes nobody into yellow or red." }
"""
OUT.mkdir(parents=True, exist_ok=True)
NEW = OUT / "draft.toml"
NEW.write_text(DRAFT, encoding="utf-8")
old, new = load_policy(OLD, None), load_policy(str(NEW), None)

# %% [markdown]
# ## 1 · 规则改了什么 · What the policy changes

# %%
comparison = compared(old, new)
texts = [change["text"] for change in comparison["changes"] if change["effect"] != "words"]
texts += [sort["text"] for sort in comparison["folded"]]
Markdown("\n".join(f"- {text['zh']}  \n  {text['en']}" for text in texts))

# %% [markdown]
# ## 2 · 谁会变色 · Who changes colour

# %%
data = open_data(SOURCES)
refuse_foreign(TRIED, SIMULATION)
with tempfile.TemporaryDirectory() as scratch, atomic_folder(TRIED) as folder:
    found = simulated(data.intake, old, new, AS_OF, folder, Path(scratch), BatchOptions(), "zh")
    points, scores = (pd.read_parquet(Path(scratch) / "new" / name) for name in (CONTRIBUTIONS, SCORES))
matrix = migration_matrix(found["matrix"], old.policy, new.policy)
rows, whole, moved = matrix.rows, sum(matrix.row_sums), sum(found["moved"].values())
moves = pd.read_csv(TRIED / "moves.csv", keep_default_na=False)

only_greener = moved and moves["old_band"].eq("A").all() and moves["new_band"].eq("B").all()
figure, axes = chart(
    f"{whole:,} 个主体中 {moved:,} 个变色" + ("，全部由蓝转绿" if only_greener else ""),
    f"{moved:,} of {whole:,} change colour; rows: before, columns: after",
    wide=9.2,
    high=4.9,
)
axes.set(xlim=(0, len(rows)), ylim=(len(rows), 0))
for below, row in enumerate(matrix.cells):
    for right, cell in enumerate(row):
        axes.add_patch(plt.Rectangle((right + 0.03, below + 0.05), 0.94, 0.9, facecolor=cell.tint.fill, edgecolor="#d5dae1", lw=0.8))
        text = f"{cell.text}\n{cell.word('zh')} {cell.word('en')}" if cell.count else cell.text
        axes.text(right + 0.5, below + 0.5, text, ha="center", va="center", size=9.5, color=cell.tint.ink)
words = [f"{place.word('zh')}\n{place.word('en')}" for place in rows]
axes.set_xticks([n + 0.5 for n in range(len(rows))], words, size=8.5, va="baseline")
axes.set_yticks([n + 0.5 for n in range(len(rows))], words, size=8.5)
axes.xaxis.tick_top()
axes.tick_params(length=0)
axes.grid(False)
for side in axes.spines.values():
    side.set_visible(False)
plt.show()

# %% [markdown]
# 灰色格不变，蓝色格变好（↑），橙红色格变差（↓），紫色格进入或离开评价（◇）；颜色越深，占该行的比例越大。每个变色的主体连同使其变色的规则写在 `moves.csv` 和 `simulation.xlsx`。
#
# Grey stays, blue is better (↑), orange to red is worse (↓), violet enters or leaves rating (◇); the darker, the greater its share of the row. Each enterprise that moves stands in `moves.csv` and `simulation.xlsx` with the rule that moves it.

# %%
table(
    moves.head(8),
    name="主体 enterprise",
    old_band="原 before",
    new_band="新 after",
    old_points="原分 points",
    new_points="新分 points",
    because_zh="原因 because",
)

# %% [markdown]
# ## 3 · 多少分，给了谁 · How many points, and to whom
#
# 模型的总分分成三档，每档一个扣分；扣到会使人落入黄码之处为止。没有不良记录的主体不扣分。
#
# The sum of the model falls into three bins, each with a deduction, which stops where it would take somebody into yellow. Who has no adverse record loses nothing.

# %%
risk = points[points["indicator_id"] == "predicted_risk"].set_index("enterprise_id")["points"]
rated = scores.dropna(subset=["points"]).assign(risk=lambda rows: rows["enterprise_id"].map(risk).fillna(0).astype(int))
levels = [b.points for b in next(i for i in new.policy.indicators if i.id == "predicted_risk").bins]
names = ["不扣 none", *(f"−{1 - before} … −{-level} 分 points" for before, level in pairwise(levels))]
part_of = pd.cut(-rated["risk"], [-1, *(-level for level in levels)], labels=names)
by_colour = pd.crosstab(rated["band"], part_of, normalize="index", dropna=False)
bands = [place for place in rows if place.band and place.band.id in by_colour.index]

figure, axes = chart(
    "预测风险扣多少分，按新颜色", "Deduction for predicted risk by the new colour, share of enterprises", wide=8.2, high=3.4
)
left = np.zeros(len(bands))
for name, colour in zip(names, (PALE, "#8fa3bf", INK), strict=True):
    share = by_colour.loc[[place.band.id for place in bands], name].to_numpy()
    axes.barh(range(len(bands)), share, left=left, color=colour, height=0.66, label=name)
    for n, part in enumerate(share):
        if part > 0.06:
            axes.text(left[n] + part / 2, n, f"{part:.0%}", ha="center", va="center", size=9, color="white" if colour == INK else "#1d1d1f")
    left += share
axes.set_yticks(range(len(bands)), [f"{p.word('zh')}\n{p.word('en')}" for p in bands], size=8.5)
axes.invert_yaxis()
axes.xaxis.set_visible(False)
axes.grid(False)
axes.tick_params(length=0)
for side in axes.spines.values():
    side.set_visible(False)
axes.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2, handlelength=1, handleheight=1)
plt.show()

# %% [markdown]
# ## 4 · 各组一样吗 · Alike for every group?
#
# 规模大的主体受检多，记录也多：变色比例高不一定说明风险高。细分见 `sise report fairness`。
#
# Larger enterprises are visited more and have more records: a higher share need not mean a higher risk. See `sise report fairness`.

# %%
sizes = {"micro": "微型 micro", "small": "小型 small", "medium": "中型 medium", "large": "大型 large", None: "未注明 not given"}
of_size = {row["value"]: (sum(row["moved"].values()), sum(map(sum, row["matrix"]))) for row in found["by"]["size"]}
shown = [name for name in sizes if name in of_size]
figure, axes = chart("变色的比例，按规模", "Share that changes colour, by size", wide=7.0, high=2.6)
bars(
    axes,
    [f"{sizes[name]}（{of_size[name][1]:,}）" for name in shown],
    [100 * of_size[name][0] / of_size[name][1] for name in shown],
    form="{:.1f}%",
)
plt.show()

# %% [markdown]
# ## 5 · 一个变色的主体 · One that changes
#
# 分数由各项相加而成，预测风险只是其中一项，和其他各项一样列出。
#
# Its points are a sum of contributions; predicted risk is one line among the others.

# %%
one = next(iter([*moves["enterprise_id"], *rated.sort_values("risk")["enterprise_id"]]), None)
label = {i.id: f"{i.label.zh} · {i.label.en}" for i in new.policy.indicators}
own = points[points["enterprise_id"] == one].assign(what=lambda rows: rows["indicator_id"].map(label).fillna(rows["indicator_id"]))
start = {"what": "基础分 · base", "points": new.policy.scale.base}
end = {"what": "总分 · points", "points": rated.set_index("enterprise_id")["points"].get(one, "未评价 not rated")}
table(pd.DataFrame([start, *own.sort_values("points")[["what", "points"]].to_dict("records"), end]), what="项目 item", points="分 points")

# %%
model = read_model("district-demo")
table(
    [{"f": f"{f.label.zh} · {f.label.en}", "p": ", ".join(str(b.points) for b in f.bins)} for f in model.features],
    f="模型看什么 what the model sees",
    p="各档分 points by bin",
)

# %% [markdown]
# 结论：影响有界、可解释、可撤回。是否采用由人决定，采用前须登记合法性审核、公平竞争审查和公开征求意见。
#
# The effect is bounded, explained and can be undone. People decide whether to adopt it, after the reviews that `register.toml` asks for.
