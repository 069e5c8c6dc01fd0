"""Files as sheets of text: CSV in the encodings of Chinese offices, and xlsx with merged cells."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from configs.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

_TEXT = {".csv", ".tsv", ".txt"}
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
#: Characters of real Chinese tables lie here; text decoded with the wrong table scatters over rare ones.
_COMMON = re.compile(r"[\u4e00-\u9fff]")
#: What UTF-8 bytes of Chinese look like when they were read as Latin-1 or saved from it.
_MOJIBAKE = re.compile(
    r"[\u00c0-\u00ff][\u0080-\u00bf]{1,2}|[ÃÂåæçèéä][\u0080-\u00ff¡-¿]|锟斤拷|\ufffd"
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as text.

    Attributes
    ----------
    file : str
    name : str
        Empty for text files.
    rows : tuple of tuple of str
        Stripped cells; rows are padded to one width.
    numbers : tuple of int
        Row number in the file of each row, from 1.
    notes : tuple of str
        Encoding that was found, merged cells that were spread.
    """

    file: str
    name: str
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...]
    notes: tuple[str, ...] = ()

    def where(self, row: int) -> str:
        """Tell file, sheet and row of a row of ours."""
        sheet = f" sheet {self.name}" if self.name else ""
        return f"{self.file}{sheet} row {self.numbers[row]}"


def read_sheets(path: Path, *, sheet: str = "") -> list[Sheet]:
    """Read a file's sheets, or the one that is named.

    Raises
    ------
    UserError
        Unreadable or unknown kind of file, unknown encoding, no such sheet, a formula without value.
    """
    if path.is_dir():
        raise UserError(
            "a folder is not a table",
            where=str(path),
            fix=f"name a file in it, e.g. {path / 'panel.csv'}",
        )
    suffix = path.suffix.lower()
    if suffix in _TEXT:
        return [_read_text(path)]
    if suffix in (".xlsx", ".xlsm"):
        return _read_xlsx(path, sheet)
    fix = "save it as .xlsx or as CSV UTF-8" if suffix == ".xls" else "give .xlsx or .csv"
    raise UserError(
        f"files of kind {suffix or 'without ending'!r} are not read", where=str(path), fix=fix
    )


def _read_text(path: Path) -> Sheet:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot be read ({error.strerror})", where=str(path)) from error
    text, encoding = decode(data, str(path))
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        found = [(reader.line_num, [c.strip() for c in row]) for row in reader]
    except csv.Error as error:
        raise UserError(f"is not CSV ({error})", where=f"{path} row {reader.line_num}") from error
    notes = () if encoding.startswith("utf-8") else (f"read as {encoding}",)
    return _sheet(str(path), "", found, notes)


def decode(data: bytes, where: str) -> tuple[str, str]:
    """Decode UTF-8, UTF-16 with a byte order mark, or GB 18030; refuse what is none of them.

    Raises
    ------
    UserError
        With the byte's line, or the text that shows a wrong conversion before.
    """
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        text, encoding = _decode_gb(data, f"{where} row {line}"), "gb18030"
    spoilt = _MOJIBAKE.search(text)
    if spoilt:
        line = text.count("\n", 0, spoilt.start()) + 1
        raise UserError(
            f"{text[spoilt.start() : spoilt.start() + 12]!r} was saved in a wrong encoding",
            where=f"{where} row {line}",
            fix="open the original and save it as CSV UTF-8",
        )
    if "\0" in text:
        raise UserError("holds null bytes: it is no text file", where=where)
    return text, encoding


def _decode_gb(data: bytes, where: str) -> str:
    error = UserError("is neither UTF-8 nor GB 18030", where=where, fix="save it as CSV UTF-8")
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as problem:
        raise error from problem
    beyond = [c for c in text if ord(c) > 127]
    # GB 2312 holds the characters of ordinary tables; broken UTF-8 read as GB gives rare ones.
    rare = sum(1 for c in beyond if not _in_gb2312(c))
    if rare > 0.1 * max(len(beyond), 1):
        raise error
    return text


def _in_gb2312(char: str) -> bool:
    try:
        first = char.encode("gb2312")[0]
    except UnicodeEncodeError:
        return False
    # Level 2 of GB 2312 (from D8) are rarer characters: provinces and headers need very few.
    return first < 0xD8 or not _COMMON.match(char)


def _delimiter(text: str) -> str:
    lines = [line for line in text.split("\n") if line.strip()][:20]
    counts = {d: sum(line.count(d) for line in lines) for d in ("\t", ";", ",")}
    best = max(counts, key=lambda d: counts[d])
    return best if counts[best] else ","


def _sheet(
    file: str, name: str, found: list[tuple[int, list[str]]], notes: tuple[str, ...]
) -> Sheet:
    width = max((len(row) for _, row in found), default=0)
    kept = [(number, row) for number, row in found if any(row)]
    if not kept:
        raise UserError("is empty", where=f"{file} sheet {name}" if name else file)
    rows = tuple(tuple(row + [""] * (width - len(row))) for _, row in kept)
    return Sheet(file, name, rows, tuple(number for number, _ in kept), notes)


def _read_xlsx(path: Path, wanted: str) -> list[Sheet]:
    import zipfile

    try:
        import openpyxl
    except ImportError as error:
        raise UserError(
            "xlsx files need the package openpyxl", fix="install zhengce[econ]"
        ) from error
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        values = openpyxl.load_workbook(path, data_only=True)
        formulas = openpyxl.load_workbook(path, data_only=False)
    except (OSError, InvalidFileException, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise UserError("is not a readable xlsx file", where=str(path)) from error
    if wanted and wanted not in values.sheetnames:
        there = ", ".join(values.sheetnames)
        raise UserError(f"no sheet {wanted!r}", where=str(path), fix=f"there are {there}")
    names = [wanted] if wanted else values.sheetnames
    found = [_worksheet(path, values[n], formulas[n]) for n in names if values[n].max_row > 0]
    sheets = [s for s in found if s is not None]
    if not sheets:
        raise UserError("is empty", where=str(path))
    return sheets


def _worksheet(path: Path, values: Any, formulas: Any) -> Sheet | None:
    rows = [[_text(c.value, c.number_format) for c in row] for row in values.iter_rows()]
    for r, row in enumerate(formulas.iter_rows(values_only=True)):
        for c, content in enumerate(row):
            if isinstance(content, str) and content.startswith("=") and not rows[r][c]:
                raise UserError(
                    f"the formula {content[:30]!r} has no stored value",
                    where=f"{path} sheet {values.title} row {r + 1}",
                    fix="open and save it in a spreadsheet program, or paste values",
                )
    merged = [str(area) for area in values.merged_cells.ranges]
    for area in values.merged_cells.ranges:
        top = rows[area.min_row - 1][area.min_col - 1]
        # Only texts are spread: a number in merged cells belongs to one of them, nobody knows which.
        if top and _is_label(top):
            for r in range(area.min_row - 1, area.max_row):
                for c in range(area.min_col - 1, area.max_col):
                    rows[r][c] = top
    notes = (f"spread the text of merged cells {', '.join(merged[:5])}",) if merged else ()
    if not any(any(row) for row in rows):
        return None
    return _sheet(str(path), values.title, [(i + 1, row) for i, row in enumerate(rows)], notes)


def _is_label(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return True
    # A merged year is a header.
    return bool(re.fullmatch(r"(19|20)\d\d", text))


def _text(value: object, number_format: str) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float) and "%" in number_format:
        # A cell shown as 5.2 % holds 0.052: what the reader of the sheet sees is what is meant.
        return f"{value * 100:.12g}%"
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value).strip()
