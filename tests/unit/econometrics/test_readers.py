"""Tables of statistics offices and vendors: read right, or refused with file, sheet, row and value."""

from __future__ import annotations

from pathlib import Path

import pytest

from configs.errors import UserError
from econometrics.readers.cells import BadCell, Cell, read_cell
from econometrics.readers.headers import read_header, read_year
from econometrics.readers.regions import match_region
from econometrics.readers.sheets import decode, read_sheets
from econometrics.readers.tables import read_any, read_statistics_table
from econometrics.readers.units import conversion, unit_expression
from tests.conftest import ROOT

DATA = ROOT / "tests" / "data" / "panel"


def figures(path: Path, **options: object) -> dict[tuple[str, int, str], float | None]:
    return {(f.unit, f.year, f.column): f.value for f in read_any(path, **options).figures}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.5", 1234.5), ("1 234", 1234), ("12.3①", 12.3), ("12.3*", 12.3), ("12.3[1]", 12.3), ("12.3 (2)", 12.3),
        ("12.3注1", 12.3), ("１２３．５", 123.5), ("−3.2", -3.2), ("5.2%", 5.2), ("1.2E+05", 120000), ("1,234,567", 1234567),
        ("-", None), ("..", None), ("…", None), ("—①", None), ("", None), ("N/A", None), ("-5.4", -5.4),
    ],
)  # fmt: skip
def test_cells(text: str, value: float | None) -> None:
    found = read_cell(text)
    assert isinstance(found, Cell)
    assert found.value == value


@pytest.mark.parametrize(
    "text", ["12,34", "1.234,5", "(5.2)", "#DIV/0!", "约100", "五千", "1.2.3", "12a", "1,23,456"]
)
def test_doubtful_cells_are_refused(text: str) -> None:
    assert isinstance(read_cell(text), BadCell)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("广东", "440000"), ("广东省", "440000"), ("广 东", "440000"), ("Guangdong", "440000"), ("Guangdong Province", "440000"),
        ("新疆维吾尔自治区", "650000"), ("Inner Mongolia", "150000"), ("44", "440000"), ("4401", "440100"), ("440000.0", "440000"),
        ("440100000000", "440100"), ("广东省广州市", "440100"), ("广州", "440100"), ("吉林市", "220200"), ("全国", "100000"),
        ("那曲地区", "540600"), ("那曲市", "540600"), ("542400", "540600"), ("毕节地区", "520500"), ("522400", "520500"),
        ("襄樊", "420600"), ("莱芜市", "371200"), ("巢湖", "341400"), ("延边朝鲜族自治州", "222400"), ("Shaanxi", "610000"),
    ],
)  # fmt: skip
def test_region_names(text: str, code: str) -> None:
    assert match_region(text).code == code


@pytest.mark.parametrize(
    ("text", "how"),
    [("广东醒", "guess"), ("Guangdng", "guess"), ("吉林", "ambiguous"), ("Suzhou", "ambiguous"), ("qqqq", "unknown"),
     ("990000", "unknown"), ("4400000", "unknown")],
)  # fmt: skip
def test_guesses_are_never_applied(text: str, how: str) -> None:
    match = match_region(text)
    assert (match.how, match.code) == (how, "")
    assert bool(match.candidates) == (how != "unknown")


@pytest.mark.parametrize(
    ("text", "label", "unit", "year"),
    [
        ("地区生产总值(亿元)", "地区生产总值", "亿元", None),
        ("地区生产总值指数(上年=100)", "地区生产总值指数(上年=100)", "", None),
        ("2022年GDP（万元）", "GDP", "万元", 2022),
        ("GDP (100 million yuan)", "GDP", "100 million yuan", None),
        ("gdp_100m", "gdp_100m", "", None),
    ],
)
def test_headers(text: str, label: str, unit: str, year: int | None) -> None:
    found = read_header(text)
    assert (found.label, found.unit, found.year) == (label, unit, year)


def test_years() -> None:
    assert [read_year(t) for t in ("2023", "2023年", "2023-12-31", "2023.0")] == [2023] * 4
    assert [read_year(t) for t in ("23", "最近10年", "20231", "")] == [None] * 4


@pytest.mark.parametrize(
    ("source", "target", "factor"),
    [("亿元", "100m_yuan", 1), ("万元", "100m_yuan", 1e-4), ("billion yuan", "100m_yuan", 10), ("人", "10k_persons", 1e-4),
     ("‰", "pct", 0.1), ("千户", "10k_households", 0.1), ("公顷", "km2", 0.01), ("元", "yuan_per_person", 1),
     ("万元/人", "yuan_per_person", 1e4), ("个", "institutions", 1)],
)  # fmt: skip
def test_units(source: str, target: str, factor: float) -> None:
    pytest.importorskip("pint")
    assert conversion(source, target, where="x").factor == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize(
    ("source", "message"),
    [("万人", "cannot become"), ("斤", "unknown unit"), ("美元", "cannot become")],
)
def test_units_of_another_kind_are_refused(source: str, message: str) -> None:
    pytest.importorskip("pint")
    with pytest.raises(UserError, match=message):
        conversion(source, "100m_yuan", where="f.csv column GDP")
    assert unit_expression("上年=100") is None


def test_nbs_export() -> None:
    reading = read_any(DATA / "nbs_gb18030.csv")
    assert reading.shapes == ("wide",)
    assert not reading.faults
    found = {(f.unit, f.year): f for f in reading.figures}
    assert found["110000", 2022].value == 40222.2
    assert found["110000", 2022].place.row == 5
    assert found["110000", 2020].value is None
    assert found["100000", 2023].value == 1_200_000
    assert any("footnote mark ①" in f.message for f in reading.findings)


def test_long_table_with_units() -> None:
    pytest.importorskip("pint")
    found = figures(DATA / "eps_long.csv")
    assert found["440000", 2022, "gdp_100m"] == 125000
    assert found["330000", 2021, "resident_pop_10k"] == 6500


def test_english_headers_in_utf16() -> None:
    pytest.importorskip("pint")
    found = figures(DATA / "english_utf16.csv")
    assert found == {
        ("440000", 2022, "gdp_100m"): 125005, ("440000", 2022, "resident_pop_10k"): 12650,
        ("150000", 2022, "gdp_100m"): 22222, ("150000", 2022, "resident_pop_10k"): 2400,
    }  # fmt: skip


def test_merged_headers_in_xlsx() -> None:
    pytest.importorskip("openpyxl")
    table = read_statistics_table(DATA / "merged_headers.xlsx", sheet="数据")
    frame = table.frame.set_index(["unit", "year"])
    assert frame.loc[("110000", 2022), "gdp_100m"] == 40222.2
    assert frame["resident_pop_10k"].isna().sum() == 1
    place = table.cells["310000", 2021, "gdp_100m"]
    assert (place.sheet, place.row) == ("数据", 5)
    with pytest.raises(UserError, match="no sheet 'x'"):
        read_sheets(DATA / "merged_headers.xlsx", sheet="x")


def test_codes_change_with_time() -> None:
    reading = read_any(DATA / "changed_names.csv")
    assert [f.unit for f in reading.figures] == ["520500", "540600", "420600", "341400", "371200"]
    assert [f.rule for f in reading.findings if f.rule != "note"] == ["renamed_region"] * 5


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        (
            "地区,年份,GDP(亿元)\n广东,2022,1\n广东,2022,2\n",
            "row 3",
            "[duplicate_key] 440000 in 2022 is there twice",
        ),
        (
            "地区,年份,GDP(亿元)\n广东醒,2022,1\n",
            "row 2",
            "[guessed_region] no region is called '广东醒'",
        ),
        (
            "地区,年份,GDP(亿元)\nqqqq,2022,1\n",
            "row 2",
            "[unknown_region] no region is called 'qqqq'",
        ),
        ("地区,年份,GDP(亿元)\n莱芜,2021,1\n", "row 2", "[abolished_region]"),
        ("地区,年份,GDP(亿元)\n广东,22,1\n", "row 2", "[bad_year] '22' is no year"),
        ('地区,年份,GDP(亿元)\n广东,2022,"12,34"\n', "row 2", "[bad_cell] '12,34'"),
        ("地区,年份,GDP(亿元)\n广东,2022,129,118.6\n", "row 2", "stands beyond the header"),
        ("a,b\n1,2\n", ".csv", "no header row found"),
        ("", ".csv", "is empty"),
    ],
)
def test_doubts_refuse_a_table(tmp_path: Path, text: str, where: str, message: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(UserError) as error:
        read_statistics_table(path)
    assert message in error.value.line()
    assert where in error.value.line()


def test_a_confirmed_name_is_read(tmp_path: Path) -> None:
    table, names = tmp_path / "t.csv", tmp_path / "names.csv"
    table.write_text("地区,年份,GDP(亿元)\n广东醒,2022,1\n", "utf-8")
    names.write_text("name,code\n广东醒,440000\n", "utf-8")
    assert read_statistics_table(table, confirmed=names).frame["unit"].tolist() == ["440000"]


@pytest.mark.parametrize(
    "data",
    [
        "地区,年份\n".encode()[:-4] + b"\xff\xfe\x81",
        "地区,广东".encode().decode("latin-1").encode(),
        b"a\0b",
    ],
)
def test_wrong_encodings_are_refused(data: bytes) -> None:
    with pytest.raises(UserError):
        decode(data, "t.csv")


def test_old_excel_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"save it as \.xlsx"):
        read_sheets(tmp_path / "t.xls")


def test_a_folder_is_refused_with_the_file_to_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"folder.*panel\.csv"):
        read_sheets(tmp_path)


def test_percent_cells_say_what_the_sheet_shows(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["地区", "年份", "GDP增长率", "GDP(亿元)"])
    book.active.append(["广东", 2022, 0.019, 0.5])
    for column in ("C2", "D2"):
        book.active[column].number_format = "0.0%"
    book.save(tmp_path / "t.xlsx")
    reading = read_any(tmp_path / "t.xlsx")
    assert [(f.column, f.value) for f in reading.figures] == [("gdp_growth_pct", 1.9)]
    assert [f.message for f in reading.faults] == [
        "'50%' has a per cent sign, and gdp_100m is no percentage"
    ]


def test_figures_of_abolished_places_may_be_missing(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("地区,年份,GDP(亿元)\n莱芜,2018,900\n莱芜,2021,..\n", "utf-8")
    assert not read_any(tmp_path / "t.csv").faults
