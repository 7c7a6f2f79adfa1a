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
# # 03 · 芝加哥：与公开结果并排 · Chicago, side by side with the published result
#
# 芝加哥市 2015 年公布：按模型排序，60 天内严重问题平均提前 7.44 天发现；但这几乎全部来自“由谁检查”。
# 企业不应因检查员而被评价。`food-chicago` 不看检查员，只看以往记录、邻近和同类场所。
#
# Chicago reported in 2015 that its order finds critical violations 7.44 days earlier in a 60-day window; nearly all of that comes from *who inspects*.
# Nobody should be rated for who visits. `food-chicago` never sees the inspector: it has past records, neighbours and the trade.

# %% tags=["parameters"]
from datetime import date

from place import SHARED, told

FIRST, LAST = date(2014, 9, 2), date(2014, 10, 31)  # the published window

# %%
import matplotlib.pyplot as plt
import pandas as pd
from charts import GREY, INK, ORANGE, TEAL, at_end, bars, chart, percent, spread, table
from place import opened_data, quiet

from scoring.policy.model import read_model
from scoring.training import evaluate
from scoring.training.apply import log_odds, scored_visits
from scoring.training.export import additive_of
from scoring.training.features import FeatureSource
from scoring.training.holdout import judge

model = read_model("food-chicago")
CHICAGO = SHARED / "chicago-food"
print(told("chicago-food"))

# %% [markdown]
# ## 1 · 随附的分值表自己的证明 · What the shipped table proves of itself
#
# 模型在五个起点上选定，从未看过公布的窗口。不需要原始记录：指标写在分值表里。
#
# The model was chosen on five origins and never saw the published window. No records are needed: the figures stand in the table.

# %%
folds = pd.DataFrame([fold["auc"] for fold in model.metrics["folds"]], index=[fold["origin"] for fold in model.metrics["folds"]])
lines = {
    model.algorithm: ("本模型 this model", INK),
    "gradient_boosting": ("对照：非加性 challenger", TEAL),
    "rule_card": ("底线：规则卡 rule card", ORANGE),
    "last_result": ("底线：上次结果 last result", GREY),
    "number_of_visits": ("底线：检查次数 visits", GREY),
}
figure, axes = chart(
    "五个起点，每一个都胜过底线"
    if (folds[model.algorithm] > folds[["rule_card", "last_result", "number_of_visits"]].max(axis=1)).all()
    else "五个起点与底线",
    "AUC by rolling origin, model against floors; means at the right, dotted: a coin toss",
    wide=9.0,
)
ends = dict(zip(lines, spread([folds[name].iloc[-1] for name in lines], 0.011), strict=True))
for name, (words, colour) in lines.items():
    axes.plot(
        folds.index,
        folds[name],
        "o-",
        color=colour,
        lw=2.6 if name == model.algorithm else 1.3,
        ms=5,
        zorder=3 if name == model.algorithm else 2,
    )
    at_end(axes, folds.index[-1], ends[name], f"{words}  {model.metrics['mean_auc'][name]:.3f}", colour)
axes.axhline(0.5, color=GREY, lw=0.8, ls=":")
axes.set_ylabel("AUC")
plt.show()

# %%
held = model.metrics["holdout"]
names = {
    "auc": "AUC",
    "days_earlier": "提前天数 days earlier",
    "first_half": "前半期发现 found in the first half",
    "usual_half": "实际前半期 as it really was",
    "calibration_error": "校准误差 calibration error",
}
pd.DataFrame(
    {
        words: {name: f"{held[key][figure]:.3f}  {held[key].get(f'{figure}_interval', '')}" for figure, name in names.items()}
        for key, words in (("refreshed", "比率每周更新 rates kept fresh"), ("frozen", "首日名单不变 list frozen on day 0"))
    }
)

# %% [markdown]
# ## 2 · 同一批检查，同一把尺 · The same visits, the same measure
#
# 市政府的得分由我们的程序重新检验，与公布的数字一致；然后用同一批检查检验我们的分值表，比率冻结在窗口之前。
#
# The city's own scores are measured again by our evaluator and agree with what was published; then our table is measured on the same visits, its rates frozen before the window.

# %% tags=["shared"]
city = pd.read_parquet(CHICAGO / "model_table_2015.parquet").query("Test")
again = evaluate.order(city["Inspection_Date"], city["score_xgboost"], city["criticalFound"], city["Inspection_ID"])
latest = pd.read_parquet(CHICAGO / "model_table_2019.parquet").query("Test")
table(
    [
        {"what": "2017 XGBoost，提前天数 days earlier", "published": "7.79", "ours": f"{again.days_earlier:.2f}"},
        {"what": "2017 XGBoost，AUC", "published": "0.6790", "ours": f"{evaluate.auc(city['criticalFound'], city['score_xgboost']):.4f}"},
        {
            "what": "2019 glmnet，AUC",
            "published": "0.674688",
            "ours": f"{evaluate.auc(latest['criticalFound'], latest['glm_pred_test']):.6f}",
        },
    ],
    what="公布的模型（含检查员） published, with inspector",
    published="公布 published",
    ours="本程序 our evaluator",
)

# %% tags=["shared"]
data = opened_data([f"chicago-food:{CHICAGO}"])
_, visits = scored_visits("food-chicago", data, FIRST, LAST, quiet)
keys = "chicago:" + city["License"].astype(str) + "|" + city["Inspection_Date"].dt.strftime("%Y-%m-%d")
scores = city.assign(key=keys).drop_duplicates("key").set_index("key")["score_xgboost"]
visits = visits.assign(city=(visits["enterprise_id"] + "|" + visits["visit_on"].dt.strftime("%Y-%m-%d")).map(scores))
both = visits.dropna(subset=["city"]).reset_index(drop=True)
ours = judge(both, log_odds(model, both["points"]), model.calibration, model.seed)
theirs = evaluate.order(both["visit_on"], both["city"], both["label"], both["enterprise_id"])
f"{len(visits):,} visits in the window; {len(both):,} of them scored by the city too, {ours['findings']} with a critical violation"

# %% tags=["shared"]
table(
    [
        {
            "who": "市政府 XGBoost，含检查员 the city's, with inspector",
            "auc": f"{evaluate.auc(both['label'], both['city']):.3f}",
            "days": f"{theirs.days_earlier:.2f}",
            "half": f"{theirs.first_half:.1%}",
        },
        {
            "who": "本模型，不含 ours, without",
            "auc": f"{ours['auc']:.3f}  {ours['auc_interval']}",
            "days": f"{ours['days_earlier']:.2f}  {ours['days_earlier_interval']}",
            "half": f"{ours['first_half']:.1%}",
        },
        {"who": "实际次序 as it really was", "auc": "", "days": "0", "half": f"{ours['usual_half']:.1%}"},
    ],
    who="同一批检查 the same visits",
    auc="AUC",
    days="提前天数 days earlier",
    half="前半期发现 found in the first half",
)

# %% tags=["shared"]
low, high = ours["days_earlier_interval"]
shown = [
    ("公布，含检查员\npublished, with inspector", 7.44, GREY),
    ("公布的输入去掉检查员\nits inputs without inspector", 2.2, GREY),
    (f"本模型，不含检查员\nthis model, no inspector", ours["days_earlier"], INK),
]
figure, axes = chart(
    "不看检查员，能提前多少天",
    f"Days earlier; this model on {len(both):,} visits, 95% interval {low:.1f} to {high:.1f}",
    wide=8.4,
    high=3.2,
)
bars(axes, [name for name, _, _ in shown], [value for _, value, _ in shown], colour=[c for _, _, c in shown], form="{:.1f}")
axes.plot([low, high], [2, 2], color=ORANGE, lw=1.6, marker="|", ms=8)
axes.texts[2].set(text=f"{ours['days_earlier']:.1f}  [{low:.1f}, {high:.1f}]")
axes.texts[2].xy = (high, 2)  # right of the interval
axes.axvline(0, color=GREY, lw=0.8)
plt.show()

# %% [markdown]
# 2.2 天是用公布的输入、去掉检查员后重新拟合的结果（`python3 run.py bench model`）。
#
# The 2.2 days are the published inputs refitted without the inspector (`python3 run.py bench model`).

# %% tags=["shared"]
steps = list(range(1, 101))
ids, label = both["enterprise_id"], both["label"]
curves = {
    "实际次序 as it really was": (evaluate.gain(label, -both["visit_on"].astype("int64"), ids, steps), GREY),
    "市政府模型（含检查员） the city's, with inspector": (evaluate.gain(label, both["city"], ids, steps), ORANGE),
    "本模型（不含） ours, without": (evaluate.gain(label, both["points"], ids, steps), INK),
}
figure, axes = chart(
    f"先查风险最高的两成，找到 {curves['本模型（不含） ours, without'][0][20]:.0%} 的严重问题",
    f"Visiting the riskiest fifth first finds {curves['本模型（不含） ours, without'][0][20]:.0%} of critical violations",
    wide=7.2,
    high=4.8,
)
for name, (gain, colour) in curves.items():
    axes.plot([0, *steps], [0, *(gain[s] for s in steps)], color=colour, lw=2.2 if colour == INK else 1.5, label=name)
axes.plot([0, 100], [0, 1], color=GREY, ls=":", lw=1, label="随机 random")
axes.set(xlim=(0, 100), ylim=(0, 1), xlabel="已检查 visited, %", ylabel="已发现 found")
percent(axes)
axes.legend(loc="lower right", fontsize=9)
plt.show()

# %% tags=["shared"]
groups = evaluate.reliability(evaluate.probability(log_odds(model, visits["points"]), model.calibration), visits["label"])
figure, axes = chart("预测多少，实际多少", "Predicted against found in the window, equal groups, with 95% intervals", wide=6.0, high=5.4)
for n, guess, share in groups:
    axes.errorbar(guess, share, yerr=1.96 * (share * (1 - share) / n) ** 0.5, fmt="o", color=INK, ms=5, elinewidth=1, ecolor=GREY)
end = max(s + 1.96 * (s * (1 - s) / n) ** 0.5 for n, _, s in groups) * 1.08
axes.plot([0, end], [0, end], ls="--", color=GREY, lw=1, label="完全校准 perfect")
axes.legend(loc="upper left", fontsize=9)
axes.set(xlim=(0, end), ylim=(0, end), aspect="equal", xlabel="预测概率 predicted", ylabel="实际比例 found")
percent(axes, "x")
percent(axes)
plt.show()

# %% [markdown]
# ## 3 · 先查谁，为什么 · Whom first, and why
#
# 分值表是加性的：每一分都能指到一项特征。
#
# The table is additive: every point has a feature behind it.

# %% tags=["shared"]
first = visits.sort_values(["points", "enterprise_id"], ascending=[False, True]).head(10)
source = FeatureSource(data.engine, data.tables, data.covers, model.inputs, model.features, model.finality)
matrix = source.matrix(first, source.values(first), {f.id: int(f.mean_bp or 0) for f in model.features}, model.looked_up_on)
parts = pd.DataFrame(
    {f.label.zh: term.score(matrix[f.id].to_numpy()) for f, term in zip(model.features, additive_of(model).terms, strict=True)}
)
why = ["；".join(f"{name} +{points}" for name, points in row.nlargest(3).items() if points) for _, row in parts.iterrows()]
chance = evaluate.probability(log_odds(model, first["points"]), model.calibration)
table(
    first.assign(
        points=first["points"].astype(int),
        chance=[f"{p:.0%}" for p in chance],
        why=why,
        label=first["label"].map({1: "严重问题 critical", 0: "—"}),
    ),
    enterprise_id="场所 establishment",
    points="分 points",
    chance="概率 chance",
    why="主要原因 main reasons",
    label="实际 found",
)

# %% [markdown]
# 这只用于检查次序：不用于颜色，也不用于处罚。邮编比率部分反映由谁检查，见模型卡 `models/food-chicago.md`。
#
# This orders visits; it never colours and never sanctions. Rates by ZIP code partly reflect who inspects there: see the card, `models/food-chicago.md`.
