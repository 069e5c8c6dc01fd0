"""What a number attaches to, and what of it is measured; names of programmes."""

import pytest

from corpus.commitments import extract_commitments
from corpus.commitments.dictionary import TOPICS, load_dictionary, topic_of
from corpus.commitments.programmes import find_programmes


@pytest.mark.parametrize(
    ("text", "subjects"),
    [
        ("研发投入强度达到2.6%以上。", ["研发投入强度"]),
        ("新建高标准农田80万亩。", ["高标准农田"]),
        ("新建30个国家级平台。", ["国家级平台"]),
        ("一般公共预算收入达到8374亿元、增长0.7%。", ["一般公共预算收入", "一般公共预算收入"]),
        ("金融业、软件业增加值分别增长9.7%、15.3%。", ["金融业", "软件业增加值"]),
        ("城镇、农村居民收入分别增长4.5%、5.7%。", ["城镇居民收入", "农村居民收入"]),
        ("完成营造林300万亩。", ["营造林"]),
        ("新型储能装机超630万千瓦。", ["新型储能装机"]),
        ("PM2.5年均浓度降至38微克/立方米。", ["PM2.5年均浓度"]),
        ("人均生产总值由7.3万元提升至10.2万元。", ["人均生产总值"]),
    ],
)
def test_subject(text: str, subjects: list[str]) -> None:
    assert [c.subject for c in extract_commitments(text, section="plan")] == subjects


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("地区生产总值增长5%。", "growth"),
        ("能耗下降3%。", "reduction"),
        ("占比达到20%。", "level"),
        ("新增企业20家。", "addition"),
        ("高新技术企业增加到800家。", "level"),
        ("研发投入强度提高到2.6%。", "level"),
    ],
)
def test_measure(text: str, measure: str) -> None:
    (found,) = extract_commitments(text, section="plan")
    assert found.measure == measure


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("深入实施城市更新行动。", ["城市更新行动"]),
        ("实施“人工智能+”行动。", ["“人工智能+”行动"]),
        ("甲类倍增计划和乙类加速计划扎实推进。", ["甲类倍增计划", "乙类加速计划"]),
        ("打好净土保卫战、治水攻坚战。", ["净土保卫战", "治水攻坚战"]),
        ("组织实施《营商环境建设规划》。", ["《营商环境建设规划》"]),
        ("建设清洁运输先行区、零碳示范区。", ["清洁运输先行区", "零碳示范区"]),
        ("加快西部金融中心建设。", ["西部金融中心"]),
        ("联合实验室获批建设。", []),
        ("国家级数据标注基地获批。", ["国家级数据标注基地"]),
        ("推动“百日攻坚战”见效。", ["“百日攻坚战”"]),
        ("新建12家实验室。", []),
        ("发挥创新中心作用。", []),
        ("培养工程师，发展平台经济。", []),
        ("深化国际贸易中心建设。", []),
        ("抓好新区防洪等重点工程。", []),
    ],
)
def test_names(text: str, names: list[str]) -> None:
    assert [text[a:b] for a, b in find_programmes(text)] == names


def test_dictionary_is_whole() -> None:
    words = load_dictionary()
    assert len({w.text for w in words}) == len(words)
    assert {w.topic for w in words if w.topic} == set(TOPICS) - {"other"}


@pytest.mark.parametrize(
    ("subject", "sentence", "topic"),
    [
        ("高标准农田", "", "agriculture"),
        ("高新技术企业", "", "science"),
        ("产业集群营业收入", "", "industry"),
        ("示范村", "乡村振兴，建成示范村", "agriculture"),
        ("某物", "某物若干", "other"),
    ],
)
def test_topic(subject: str, sentence: str, topic: str) -> None:
    assert topic_of(subject, sentence, 0) == topic
