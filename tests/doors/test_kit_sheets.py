"""Spreadsheets: what goes out comes back alike; what comes in is read row by row, and bad rows stop nobody."""

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from entrepot.doors.kit.sheets import (
    Column,
    ImportColumn,
    TooManyRows,
    UnreadableSheet,
    export_xlsx,
    read_sheet,
    refused_xlsx,
)

NUMBER = ImportColumn(name="number", headings=["订单号", "Order number"])
TRACKING = ImportColumn(name="tracking", headings=["运单号"])


def whole(text: str) -> int:
    """A whole number, or a sentence saying it is none."""
    if not text.isdigit():
        raise ValueError("不是整数")
    return int(text)


PIECES = ImportColumn(name="pieces", headings=["件数"], is_required=False, read=whole)


def cells(response: Any) -> list[list[Any]]:
    """What a spreadsheet program sees in a download."""
    data = b"".join(response.streaming_content) if response.streaming else response.content
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def csv(text: str, encoding: str = "utf-8") -> io.BytesIO:
    """An uploaded file."""
    return io.BytesIO(text.encode(encoding))


def test_long_numbers_and_phones_stay_text_and_amounts_are_numbers() -> None:
    columns = [
        Column(title="订单号", value=lambda row: row["no"]),
        Column(title="金额", value=lambda row: row["fen"], kind="fen"),
        Column(title="费率", value=lambda row: row["bps"], kind="bps"),
        Column(title="时间", value=lambda row: row["at"], kind="moment"),
    ]
    rows = [{"no": "202611220016530224", "fen": 157_704, "bps": 525, "at": datetime(2026, 11, 21, 16, 5, tzinfo=UTC)}]
    head, row = cells(export_xlsx(rows, name="订单", columns=columns))
    assert head == ["订单号", "金额", "费率", "时间"]
    assert row == ["202611220016530224", 1577.04, 0.0525, datetime.fromisoformat("2026-11-22T00:05")]


def test_every_fen_up_to_ten_billion_yuan_comes_out_exact() -> None:
    amounts = [10**12 - 1, 10**12 - 99, 123_456_789_01, 7, -2_100]
    column = Column(title="a", value=lambda fen: fen, kind="fen")
    found = cells(export_xlsx(amounts, name="a", columns=[column]))[1:]
    assert [f"{row[0]:.2f}" for row in found] == ["9999999999.99", "9999999999.01", "123456789.01", "0.07", "-21.00"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", '=HYPERLINK("http://x")', "http://example.org"])
def test_a_text_is_never_a_formula_or_a_link(text: str) -> None:
    response = export_xlsx([text], name="a", columns=[Column(title="t", value=str)])
    data = b"".join(response.streaming_content)
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    assert book.get_sheet_by_index(0).to_python()[1] == [text]
    assert b"<f>" not in data


def test_too_many_rows_are_refused_instead_of_cut_off() -> None:
    column = Column(title="n", value=lambda n: n, kind="int")
    with pytest.raises(TooManyRows):
        export_xlsx(range(11), name="a", columns=[column], limit=10)
    assert len(cells(export_xlsx(range(10), name="a", columns=[column], limit=10))) == 11


def test_the_name_of_a_download_may_be_chinese() -> None:
    response = export_xlsx([], name="订单", columns=[Column(title="t", value=str)])
    assert "%E8%AE%A2%E5%8D%95" in response["Content-Disposition"]


def test_columns_are_found_by_heading_in_any_order() -> None:
    sheet = read_sheet(csv("备注,运单号,order number\nx, SF1 ,A1\n"), columns=[NUMBER, TRACKING, PIECES])
    assert [row.values for row in sheet.rows] == [{"number": "A1", "tracking": "SF1", "pieces": None}]
    assert sheet.rows[0].number == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_of_windows_and_of_others_is_read(encoding: str) -> None:
    sheet = read_sheet(csv("订单号,运单号\n甲1,顺丰2\n", encoding), columns=[NUMBER, TRACKING])
    assert sheet.rows[0].values == {"number": "甲1", "tracking": "顺丰2"}


def test_numbers_typed_as_numbers_keep_their_digits() -> None:
    columns = [Column(title="订单号", value=lambda n: n, kind="int"), Column(title="运单号", value=str)]
    made = export_xlsx([202611220016], name="a", columns=columns)
    sheet = read_sheet(io.BytesIO(b"".join(made.streaming_content)), columns=[NUMBER, TRACKING])
    assert sheet.rows[0].values == {"number": "202611220016", "tracking": "202611220016"}


def test_bad_rows_are_refused_with_reasons_and_the_rest_is_read() -> None:
    text = "订单号,运单号,件数\nA1,SF1,2\n,SF2,1\nA3,,zwei\n,,\nA5,SF5,\n"
    sheet = read_sheet(csv(text), columns=[NUMBER, TRACKING, PIECES])
    assert [row.values["number"] for row in sheet.rows] == ["A1", "A5"]
    assert [(row.number, row.cells) for row in sheet.refused] == [(3, ["", "SF2", "1"]), (4, ["A3", "", "zwei"])]
    assert "件数: 不是整数" in sheet.refused[1].reason


def test_refused_rows_come_back_as_they_were_with_the_reason() -> None:
    sheet = read_sheet(csv("订单号,运单号\nA1,SF1\n=2+2,\n"), columns=[NUMBER, TRACKING])
    sheet.refuse(sheet.rows[0], reason="已取消")
    back = cells(refused_xlsx(sheet.headings, refused=sheet.refused, name="拒绝"))
    assert back[0][:2] == ["订单号", "运单号"]
    assert [row[:2] for row in back[1:]] == [["=2+2", ""], ["A1", "SF1"]]
    assert back[2][2] == "已取消"
    again = read_sheet(csv("\n".join(",".join(map(str, row)) for row in back)), columns=[NUMBER, TRACKING])
    assert len(again.rows) == 1, "a mended file can be handed in again with its extra column"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04 broken",
        b"\xd0\xcf\x11\xe0 broken",
        b"\xff\xfe\x00\x01\x02",
        "别的,列\n1,2\n".encode(),
        b"\x00" * 50,
    ],
)
def test_what_is_no_sheet_is_refused_as_a_whole(data: bytes) -> None:
    with pytest.raises(UnreadableSheet):
        read_sheet(io.BytesIO(data), columns=[NUMBER, TRACKING])


def test_a_sheet_that_is_too_long_is_refused_as_a_whole() -> None:
    text = "订单号,运单号\n" + "A,B\n" * 11
    with pytest.raises(UnreadableSheet):
        read_sheet(csv(text), columns=[NUMBER, TRACKING], limit=10)


def test_a_workbook_that_unpacks_to_a_mountain_is_not_read() -> None:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as stream,
    ):
        for _piece in range(310):
            stream.write(b" " * 1024 * 1024)
    buffer.seek(0)
    with pytest.raises(UnreadableSheet, match="300"):
        read_sheet(buffer, columns=[NUMBER])


def test_any_row_can_be_refused_afterwards_in_any_order() -> None:
    sheet = read_sheet(csv("订单号\n1\n2\n\n3\n4\n"), columns=[NUMBER])
    first, second, third, fourth = sheet.rows
    for row in (third, first):
        sheet.refuse(row, reason="no")
    assert sheet.rows == [second, fourth]
    assert [(row.number, row.cells) for row in sheet.refused] == [(5, ["3"]), (2, ["1"])]
    with pytest.raises(ValueError, match="row 5"):
        sheet.refuse(third, reason="again")
