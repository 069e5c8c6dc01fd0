"""The texts that a new study's folder is written from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from study.new_study import Answers

_HEAD = """\
# A study for `zhengce run {name}/study.toml`, started from the folder that holds {name}/.
# 在 {name}/ 的上一级文件夹中执行 `zhengce run {name}/study.toml`。
# Paths are looked for in that folder first, then in the installation. An unknown key is refused.
# 路径先在该文件夹中查找，再到安装目录中查找；写错的键会被拒绝。
name = {json_name}             # results go to runs/{name}/  结果写入 runs/{name}/
title = {title}
title_zh = {title_zh}

[corpus]
reports = ["data/corpus/reports.jsonl.gz"]  # shipped; add a folder of `zhengce parse` or `crawl`  随附文本；可加入 parse 或 crawl 的文件夹
split_semicolon = true       # a semicolon ends a unit  分号也断句

[scoring]
{scoring}
since = {first}                 # earlier reports are searched, not scored  更早的报告只供检索，不打分

[intensity]
unit_types = ["body"]        # headings, greetings and notes do not count  标题、程序用语、注释不计入
with_annex = false           # nor do annexes  附件也不计入
# sections = ["plan"]        # only the plans for the coming year  只计工作部署部分

[report]
years = [{first}, {last}]        # the two years that maps and ranking compare  地图与排名比较的两个年份
strongest = 3                # sentences shown for each province and dimension  各省各维度展示的句数
"""

_BERT = """\
scorer = "bert"              # the shipped model; or "ngram", "cues"  随附模型；也可用 "ngram"、"cues"
rubric = "configs/rubric/rubric.yaml"      # science and talent S, green G, transformation T  三个维度"""

_CUES = """\
scorer = "cues"              # counts the rubric's cue words: the shipped model knows only the shipped rubric
                             # 统计量表的提示词；随附模型只认识随附的量表
rubric = "{name}/rubric.yaml"  # your copy: change its words and run again  您的副本：改词后重新运行即可"""

_PROVINCE = """
[scales.province]            # 31 provinces, 2018-2023  31个省份
panel = "configs/panel_province_2018_2023.toml"
y = {outcome}                # the outcome  被解释变量
x = {features}     # features of the models  模型的解释变量
"""

_CITY = """
[scales.city]                # 300 cities; reports are provincial, so intensity stays at province level
panel = "configs/panel_city.toml"          # 300个城市；报告为省级，政策强度仍在省级度量
y = {outcome}                # the outcome  被解释变量
x = {features}     # features; NQP (wages only) ends in 2021  解释变量；新质生产力（仅工资）止于2021年
years = [2018, 2023]
"""

_SGDID = """
[sgdid]                      # spatial Durbin difference in differences  空间双重差分
measure = "mean"             # of the dimensions, or the short name of one  各维度均值，或某一维度的简称
intensity_year = {year}        # the reports whose intensity is the dose  以该年报告的强度为剂量
post_from = 2023             # first treated year  政策起始年
years = [2018, 2023]         # the panel's years  面板年份
controls = ["nqp", "Fin", "Cons", "Road"]
standardised = ["nqp"]
draws = 500
# The statistics end in 2024: intensity of {year} stands for a lasting emphasis, not for a cause before its time.
# 统计数据止于2024年：{year}年的强度代表长期侧重，不能当作更早年份结果的原因。

[sgdid.weights]
main = "data/weights/province_queen_hainan_linked.csv"

[sgdid.weights.alternatives]
"4 nearest" = "data/weights/province_knn4.csv"

[sgdid.robustness]
permutations = 199
bootstrap = 199
"""

_NO_SGDID = """
# No [sgdid]: {reason}.
# 未写 [sgdid]：{reason_zh}。
"""

_MODELS = """
[shap]                       # XGBoost with SHAP; more seeds, longer run  种子越多，用时越长
scales = ["{level}"]
seeds = 5
draws = 5
tests = 0                    # 19 tests every interaction by refits  设为19则以重新拟合检验交互作用

# [ggpr]                     # Gaussian process and GeoShapley: take the marks away, some minutes
# scales = ["{level}"]       # 地理高斯过程与 GeoShapley：去掉井号即启用，需数分钟
"""


def study_toml(answers: Answers, *, sgdid_year: int | None) -> str:
    """Give the settings file; ``sgdid_year`` None leaves the spatial model out, with the reason."""
    first, last = answers.years
    span = f"{first}" if first == last else f"{first}-{last}"
    scoring = _BERT if answers.rubric is None else _CUES.format(name=answers.name)
    text = _HEAD.format(
        name=answers.name, json_name=_quoted(answers.name), scoring=scoring, first=first, last=last,
        title=_quoted(f"{answers.name}: policy intensity in the government work reports of {span}"),
        title_zh=_quoted(f"{answers.name}：{span}年政府工作报告的政策强度"),
    )  # fmt: skip
    scale = _PROVINCE if answers.level == "province" else _CITY
    text += scale.format(outcome=_quoted(answers.outcome), features=_quoted(_features(answers)))
    if sgdid_year is not None:
        text += _SGDID.format(year=sgdid_year)
    else:
        text += _NO_SGDID.format(**_reason(answers))
    return text + _MODELS.format(level=answers.level)


def _features(answers: Answers) -> list[str]:
    from study.new_study import FEATURES

    return list(FEATURES[answers.level])


def _reason(answers: Answers) -> dict[str, str]:
    if answers.level == "city":
        return {
            "reason": "it is a model of provinces", "reason_zh": "该模型用于省级",
        }  # fmt: skip
    return {
        "reason": "it needs a year with the texts of all provinces and an outcome without empty cells",
        "reason_zh": "该模型需要各省文本齐全的年份，且被解释变量不得有缺失",
    }


def _quoted(value: object) -> str:
    # A JSON string or list of strings is TOML too.
    return json.dumps(value, ensure_ascii=False)


_README_EN = """\
# {name}

Run it from the folder that holds `{name}/`:

```sh
zhengce run {name}/study.toml --dry-run   # what would run, and why
zhengce run {name}/study.toml             # results in runs/{name}/, the page is runs/{name}/report.html
```

Change a line of `study.toml`{rubric}, run it again: only the steps that read it run. Then
`zhengce intensity --project runs/{name}`, `zhengce query 数字经济 --project runs/{name}`,
`zhengce explore --project runs/{name}`.
"""

_README_ZH = """\
# {name}

在 `{name}/` 的上一级文件夹中执行：

```sh
zhengce run {name}/study.toml --dry-run   # 只列出将执行的步骤及原因
zhengce run {name}/study.toml             # 结果在 runs/{name}/，报告为 runs/{name}/report.html
```

修改 `study.toml`{rubric} 后再次运行，只有读到该设置的步骤会重算。之后可用
`zhengce intensity --project runs/{name}`、`zhengce query 数字经济 --project runs/{name}`、
`zhengce explore --project runs/{name}`。
"""


def readme(answers: Answers) -> str:
    """Give the folder's README in the language asked for, or in both."""
    en = " or a cue word of `rubric.yaml`" if answers.rubric else ""
    zh = "或 `rubric.yaml` 中的提示词" if answers.rubric else ""
    parts = []
    if answers.language != "zh":
        parts.append(_README_EN.format(name=answers.name, rubric=en))
    if answers.language != "en":
        parts.append(_README_ZH.format(name=answers.name, rubric=zh))
    return "\n".join(parts)
