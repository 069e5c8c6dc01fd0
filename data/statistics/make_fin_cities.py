"""Make fin_cities_checked.csv: deposits plus loans over GDP of a province's cities, misprints left out.

`zhengce panel check data/statistics/city_panel.csv` reports six balances of ten times their
neighbours (a lost decimal point). They are inside the sums `fin_cities_*` of province_panel.csv. Here
the city of such a cell is left out of numerator and denominator in that year; every other cell
equals `fin_cities_ratio`. Run: python data/statistics/make_fin_cities.py
"""

from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
MISPRINTS = {("141100", 2011), ("141100", 2012), ("140800", 2014), ("220300", 2019), ("320800", 2010), ("620900", 2023)}
PARTS = ["deposit_balance_100m", "loan_balance_100m", "gdp_100m"]

cities = pd.read_csv(HERE / "city_panel.csv", dtype={"code": str})
cities = cities[cities[PARTS].notna().all(axis=1)]
cities = cities[[(c, y) not in MISPRINTS for c, y in zip(cities["code"], cities["year"], strict=True)]]
cities["province"] = cities["code"].str[:2] + "0000"
sums = cities.groupby(["province", "year"])[PARTS].sum().reset_index()
ratio = (sums["deposit_balance_100m"] + sums["loan_balance_100m"]) / sums["gdp_100m"]
table = pd.DataFrame({"code": sums["province"], "year": sums["year"], "fin_cities_checked_ratio": ratio.round(4)})
table = table[table["year"] >= 2011]
table.to_csv(HERE / "fin_cities_checked.csv", index=False, lineterminator="\n")

if __name__ == "__main__":
    panel = pd.read_csv(HERE / "province_panel.csv", dtype={"code": str})
    both = table.merge(panel[["code", "year", "fin_cities_ratio"]], on=["code", "year"])
    off = both[(both["fin_cities_checked_ratio"] - both["fin_cities_ratio"]).abs() > 0.00011]
    print(f"{len(both)} cells, {len(off)} differ from fin_cities_ratio:\n{off.to_string(index=False)}")
