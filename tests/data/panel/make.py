"""Write the tables of this folder: shapes are real, every number is INVENTED.

Run with openpyxl installed: python tests/data/panel/make.py
"""

from __future__ import annotations

from pathlib import Path

import openpyxl

HERE = Path(__file__).parent

NBS = """数据库：分省年度数据（示例，数字为虚构）
指标：地区生产总值(亿元)
时间：最近4年
地区,2023年,2022年,2021年,2020年
北京市,"41,111.1","40,222.2①",39333.3,..
天津市,15111.1,-,14333.3,13444.4
内蒙古自治区,"23,111.1","22,222.2",21333.3,20444.4
全国,"1,200,000.0","1,150,000.0","1,100,000.0","1,000,000.0"
注：1.①为初步核算数。
数据来源：虚构
"""
EPS_LONG = """地区,指标,单位,2021,2022
广东省,地区生产总值,万元,1200000000,1250000000
广东省,年末常住人口,人,126000000,126500000
浙江,地区生产总值,万元,700000000,750000000
浙江,年末常住人口,人,65000000,65500000
"""
ENGLISH = """region,year,GDP (billion yuan),population (10000 persons),remark
Guangdong,2022,12500.5,12650,invented
Inner Mongolia,2022,2222.2,2400,invented
"""
HISTORY = """地区,年份,在岗职工平均工资(元)
毕节地区,2010,30111
那曲地区,2010,40111
襄樊市,2009,20111
巢湖市,2010,25111
莱芜市,2018,60111
"""


def main() -> None:
    """Write all files."""
    (HERE / "nbs_gb18030.csv").write_bytes(NBS.encode("gb18030"))
    (HERE / "eps_long.csv").write_text(EPS_LONG, "utf-8")
    (HERE / "english_utf16.csv").write_bytes(ENGLISH.encode("utf-16"))
    (HERE / "changed_names.csv").write_text(HISTORY, "utf-8")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "数据"
    sheet.append(["表1 主要指标（数字为虚构）"])
    sheet.append(["地区", "地区生产总值（亿元）", None, "年末常住人口（万人）", None])
    sheet.append([None, 2021, 2022, 2021, 2022])
    sheet.append(["北京", 39333.3, "40,222.2*", 2188, 2184])
    sheet.append(["上海", 43111.5, 44222.5, 2489, "…"])
    sheet.append(["资料来源：虚构"])
    for area in ("A1:E1", "A2:A3", "B2:C2", "D2:E2"):
        sheet.merge_cells(area)
    notes = book.create_sheet("说明")
    notes.append(["所有数字均为虚构"])
    book.save(HERE / "merged_headers.xlsx")


if __name__ == "__main__":
    main()
