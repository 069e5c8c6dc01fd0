"""What a referee would object to, from the data at hand, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from configs.settings import StudySettings
    from study.evidence import StudyTables

SCORERS = {
    "bert": ("a fine-tuned Chinese BERT of four layers", "微调的四层中文BERT"),
    "ngram": ("the lexical baseline (character n-grams)", "词汇基线（字符n-gram）"),
    "cues": ("a count of the rubric's cue words", "量表线索词计数"),
}
Caution = tuple[str, str]


def cautions(tables: StudyTables, settings: StudySettings) -> list[Caution]:
    """List the objections, worst first."""
    found = [timing(tables, settings)]
    if settings.scoring.label_file is not None:
        found.append((
            "The labels are machine-coded: a large language model read every labelled sentence under the codebook; no person has checked them. Labels made by people in the annotation app replace them.",
            "标注由机器完成：大语言模型按手册逐句编码，未经人工核对；标注应用中的人工标签将取代之。",
        ))  # fmt: skip
    found += [
        scorer(tables, settings),
        (
            "The standard errors carry the sampling of sentences only. The scorer's own error and the coders' error are not in them, so true intervals are wider (zhengce correct carries the scorer's error, with --label-error the coders' too).",
            "标准误只反映句子抽样，不含模型误差与编码误差，真实区间更宽（zhengce correct 计入模型误差，加 --label-error 再计入编码误差）。",
        ),
        (
            "A mean over sentences falls when a report speaks of more other matters; a long report is not a weak one. Sentence counts and rules of splitting are in the tables.",
            "句均强度会因其他内容增多而下降；篇幅长不等于力度弱。句数与切分规则见表。",
        ),
    ]
    return found


def timing(tables: StudyTables, settings: StudySettings) -> Caution:
    """Say what the years of texts and of statistics can and cannot show."""
    first, second = settings.report.years
    known = tables.panel.loc[tables.panel["ser"].notna(), "year"]
    last = int(known.max()) if len(known) else 0
    how = settings.sgdid
    if how is not None and how.intensity_year > last:
        return (
            f"Timing: the intensity is that of the reports of {how.intensity_year}, the outcome ends in {how.years[1]}, and the effect is dated {how.post_from}. The text comes after the outcome: the intensity can only stand for an emphasis that a province has had all along, and could itself be an answer to its growth. The models below show how the method works on real figures; they do not show what a policy of {how.post_from} did.",
            f"时序：强度取自{how.intensity_year}年的报告，结果止于{how.years[1]}年，处理年为{how.post_from}年。文本晚于结果，强度只能代表各省一贯的侧重，且本身可能是对增长的回应。下列模型展示方法在真实数据上的运行，不能说明{how.post_from}年政策的作用。",
        )
    if how is not None:
        return (
            f"Timing: the intensity is that of the reports of {how.intensity_year}, the outcome covers {how.years[0]} to {how.years[1]}, and all provinces are treated from {how.post_from} on: the effect is a dose response, causal only if provinces of other intensity would have had the same slope.",
            f"时序：强度取自{how.intensity_year}年的报告，结果为{how.years[0]}至{how.years[1]}年，各省自{how.post_from}年起同时受处理：所估为剂量反应，仅当不同强度省份的斜率原本相同时才有因果含义。",
        )
    return (
        f"Texts of all provinces exist for {first} and {second} only, while growth ends in {last}: no outcome can yet be regressed on these intensities without running time backwards.",
        f"只有{first}、{second}两年各省齐全，而增速止于{last}年：目前不能用这些强度解释其后的结果。",
    )


def scorer(tables: StudyTables, settings: StudySettings) -> Caution:
    """Say how good the scorer is, or that nothing tells."""
    en, zh = SCORERS[settings.scoring.scorer]
    if not len(tables.quality):
        return (
            f"The scorer is {en}, without labels to judge it by: nothing here says how often it is wrong. Draw and label sentences (zhengce annotate), then name the file under scoring.labels.",
            f"评分方法为{zh}，没有标注可供检验：本报告无法说明其错误率。请抽取并标注句子（zhengce annotate），再以scoring.labels指明文件。",
        )
    kappa = tables.quality[
        (tables.quality["sample"] == "random") & (tables.quality["metric"] == "qwk")
    ]
    low, high = kappa["estimate"].min(), kappa["estimate"].max()
    return (
        f"The scorer is {en}: quadratic weighted kappa {low:.2f} to {high:.2f} with these labels in provinces left out. Differences between provinces can be differences of wording.",
        f"评分模型是{zh}：留出省份上二次加权kappa为{low:.2f}至{high:.2f}。省际差异可能只是措辞差异。",
    )
