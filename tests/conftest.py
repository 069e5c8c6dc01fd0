"""Three invented reports and labels taken from the rubric's own examples: a whole study in a second."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from corpus.rubric import load_rubric

#: Time is never asserted: a machine that is busy with something else is no mistake of ours.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parent.parent
REGIONS = (("440000", "广东省"), ("330000", "浙江省"), ("130000", "河北省"))


def invented_report(name: str, year: int, kilometres: int) -> str:
    """An invented report with review, plan, headings, thanks and a glossary."""
    return "\n".join(
        [
            f"{year}年{name}政府工作报告",
            f"——{year}年1月20日在{name}第十四届人民代表大会第三次会议上",
            f"{name}省长 某某",
            "各位代表：",
            "现在，我代表省人民政府，向大会报告工作，请予审议，并请各位政协委员提出意见。",
            f"一、{year - 1}年工作回顾",
            f"地区生产总值增长5.2%。过去一年，我们建成省实验室{kilometres % 7}家；新增高速公路{kilometres}公里。",
            "（一）科技创新取得新进展。高新技术企业达到2.3万家，比上年增长18%。全省空气优良天数比例达到87.6%。",
            f"二、{year}年主要任务",
            f"（一）强化科技引领。全社会研发经费投入强度提高到2.8%以上。新建实验室{kilometres % 5 + 1}家！",
            f"（二）建设现代化基础设施。新建5G基站{kilometres}个，实现行政村全覆盖；完善河湖长制。",
            "（三）推动产业升级。实施重点产业链“链长制”，培育专精特新企业200家。做好民生保障工作。",
            "三、加强政府自身建设",
            "各位代表！让我们更加紧密地团结起来，奋力谱写新篇章！",
            "名词解释",
            "1.链长制：指由领导担任产业链链长的工作机制。",
        ]
    )


def record(code: str, name: str, year: int, kilometres: int = 300) -> dict[str, object]:
    return {
        "id": f"province-{code}-{year}",
        "level": "province",
        "region": name,
        "region_code": code,
        "year": year,
        "title": f"{year}年{name}政府工作报告",
        "text": invented_report(name, year, kilometres),
        "source_repo": "invented",
        "source_path": "tests/conftest.py",
        "source_commit": "0" * 40,
    }


@dataclass(frozen=True)
class TinyStudy:
    """Files of an invented study in a folder of its own."""

    folder: Path
    study: Path
    records: Path
    labels: Path

    @property
    def out(self) -> Path:
        return self.folder / "run"

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        return zhengce("run", str(self.study), "--out", str(self.out), *options, cwd=self.folder)


def zhengce(
    *arguments: str, cwd: Path | None = None, stdin: str = "", limit: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the command as a user would; `limit` is a shell prefix such as ``ulimit``."""
    command = [sys.executable, str(ROOT / "zhengce.py"), *arguments]
    if limit:
        command = ["bash", "-c", f'{limit}; exec "$@"', "bash", *command]
    return subprocess.run(
        command,
        cwd=cwd or ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def write_labels(path: Path) -> None:
    """Write the rubric's composed examples as a labels file over three regions."""
    rubric = load_rubric()
    header = [
        "sentence_key",
        "pool",
        "report_id",
        "level",
        "region",
        "year",
        "index",
        "n_sentences",
        "text",
        "previous",
        "next",
    ]
    dimensions = [c for d in rubric.dimension_ids for c in (d, f"{d}_a", f"{d}_b")]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            [*header, *dimensions, "temporality", "unit_type", "confidence", "adjudicated"]
        )
        for i, example in enumerate(rubric.examples):
            code, name = REGIONS[i % 3]
            place = 0 if example.temporality == "past" else 60 + i % 40
            row = [
                i,
                "random_blocks",
                f"province-{code}-2025",
                "province",
                name,
                2025,
                place,
                100,
                example.text,
                "",
                "",
            ]
            levels = [level for value in example.labels for level in (value, value, value)]
            writer.writerow([*row, *levels, example.temporality, example.unit_type, "normal", 0])


def make_study(folder: Path) -> TinyStudy:
    folder.mkdir(parents=True, exist_ok=True)
    tiny = TinyStudy(folder, folder / "tiny.toml", folder / "records.jsonl", folder / "labels.csv")
    rows = [
        record(c, n, y, 200 + 17 * i + y % 9)
        for i, (c, n) in enumerate(REGIONS)
        for y in (2025, 2026)
    ]
    tiny.records.write_text(
        "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8"
    )
    write_labels(tiny.labels)
    tiny.study.write_text(
        'name = "tiny"\ntitle = "Three invented reports"\ntitle_zh = "三份虚构报告"\n'
        f'[corpus]\nreports = "{tiny.records}"\n'
        f'[scoring]\nscorer = "ngram"\nlabels = "{tiny.labels}"\nfolds = 3\n',
        "utf-8",
    )
    return tiny


@pytest.fixture
def tiny(tmp_path: Path) -> TinyStudy:
    """A fresh study whose files may be changed."""
    return make_study(tmp_path / "study")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> TinyStudy:
    """A study that has been run; its files must not be changed."""
    study = make_study(tmp_path_factory.mktemp("finished"))
    done = study.run()
    assert done.returncode == 0, done.stderr
    return study
