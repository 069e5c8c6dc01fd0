"""Fill ``heading`` and ``section`` of a labels file from the reports its sentences stand in.

    python -m tools.label_surroundings data/gold/labels.csv data/corpus/reports.jsonl.gz [MORE ...]

A sentence is looked up by region code, year and text, as the labels were cut by other rules than
our sentences; rows whose report is not given, or whose sentence is not found, stay as they are.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from corpus.files import write_atomically
from corpus.records import read_records, reports_frame, sentence_frame

COLUMNS = {"heading": "heading_path", "section": "section"}
KEY = ["code", "year", "text"]


def main() -> None:
    """Rewrite the file in place."""
    parser = argparse.ArgumentParser(prog="python -m tools.label_surroundings")
    parser.add_argument("labels", type=Path)
    parser.add_argument("records", type=Path, nargs="+")
    given = parser.parse_args()
    labels = pd.read_csv(given.labels, dtype=str, keep_default_na=False)
    records = [row for path in given.records for row in read_records(path).to_dict("records")]
    found = filled(labels, sentence_frame(reports_frame(records)))
    write_atomically(
        given.labels, lambda path: found.to_csv(path, index=False, lineterminator="\r\n")
    )
    print(f"{(found['section'] != '').sum()} of {len(found)} rows have a section")


def filled(labels: pd.DataFrame, sentences: pd.DataFrame) -> pd.DataFrame:
    """Give the labels with the columns ``heading`` and ``section`` behind ``next``."""
    known = sentences.assign(code=sentences["region_code"], year=sentences["year"].astype(str))
    known = known.drop_duplicates(KEY).set_index(KEY)[list(COLUMNS.values())]
    key = labels.assign(code=labels["report_id"].str.extract(r"-(\d{6})-", expand=False))[KEY]
    looked_up = known.reindex(pd.MultiIndex.from_frame(key))
    labels = labels.copy()
    for place, (name, source) in enumerate(COLUMNS.items(), start=1):
        if name not in labels:
            labels.insert(labels.columns.get_loc("next") + place, name, "")
        values = looked_up[source].set_axis(labels.index).astype("string")
        labels[name] = values.fillna(labels[name]).astype(str)
    return labels


if __name__ == "__main__":
    main()
