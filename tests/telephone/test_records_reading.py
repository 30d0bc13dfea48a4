from __future__ import annotations

import errno
import io
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callrec.errors import Failed, Unusable
from callrec.telephone.call import Leg
from callrec.telephone.records.lines import MAX_JSON_BYTES, NotUnderstood
from callrec.telephone.records.reading import read_records
from telephone.legs import SETUP

ROW = (
    b'"","07700900123","201","from-did-direct","""Ann Other"" <07700900123>","PJSIP/trunk-1",'
    b'"PJSIP/201-2","Dial","PJSIP/201,,tT","2025-06-02 10:00:00","2025-06-02 10:00:05",'
    b'"2025-06-02 10:02:05",125,120,"ANSWERED","DOCUMENTATION","1748854800.17",""\n'
)


def read(data: bytes) -> list[Leg | NotUnderstood]:
    return list(read_records(io.BytesIO(data), SETUP))


def lines_not_understood(data: bytes) -> list[int]:
    return [row.line for row in read(data) if isinstance(row, NotUnderstood)]


def test_a_row_with_something_wrong_takes_no_other_with_it() -> None:
    wrong = [
        b'"unclosed,1\n',
        b"\n",
        b"a" * 70_000 + b"\n",
        b"1,2,3\n",
        ROW.replace(b"10:00:00", b""),
    ]
    rows = read(ROW + b"".join(wrong) + ROW)
    assert [type(row) for row in rows] == [Leg, *[NotUnderstood] * 4, Leg]
    assert lines_not_understood(ROW + b"".join(wrong)) == [2, 4, 5, 6]


def test_a_line_that_is_too_long_is_left_out_wherever_it_ends() -> None:
    for length in (64 * 1024, 64 * 1024 + 1, 256 * 1024, 256 * 1024 - len(ROW), 1_000_000):
        rows = read(ROW + b"x" * length + b"\n" + ROW + b"x" * length)
        assert [type(row) for row in rows] == [Leg, NotUnderstood, Leg, NotUnderstood]


def test_a_line_that_is_no_utf_8_is_read_as_western_european() -> None:
    [plain] = read(b"\xef\xbb\xbf" + ROW.replace(b"Ann Other", "Siân Ó".encode()))
    [old] = read(ROW.replace(b"Ann Other", b"Si\xe2n \xd3"))
    assert isinstance(plain, Leg)
    assert isinstance(old, Leg)
    assert plain.call.parties == old.call.parties == ("Siân Ó",)


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_lines_may_end_as_on_an_old_macintosh(start: bytes) -> None:
    old = ROW.replace(b"\n", b"\r")
    assert read(start + old + old) == read(start + ROW + ROW)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"a,b,c\n", b"x" * 99_999, b"RIFF\0\0\0\0WAVE"])
def test_a_file_of_no_known_kind_is_refused(data: bytes) -> None:
    with pytest.raises(Unusable, match="no call records of a kind that is known"):
        read(data)


def test_json_in_one_piece_is_read_up_to_a_size() -> None:
    with pytest.raises(Unusable, match="larger than 64 MiB"):
        read(b"[" + b" " * MAX_JSON_BYTES)


@pytest.mark.parametrize("data", [b"{", b"[1, 2]", b"[]", b"{}", b'{"records": []}', b"[" * 99_999])
def test_json_that_holds_no_call_records_is_refused(data: bytes) -> None:
    with pytest.raises(Unusable):
        read(data)


def test_a_year_that_records_do_not_say_is_that_in_which_their_file_was_written(
    tmp_path: Path,
) -> None:
    path = tmp_path / "smdr.log"
    path.write_text(" 07/15 10:00:00  0000:00:10 201          202                        I 202\n")
    for last_written, year in (("2023-07-15", 2023), ("2023-07-13", 2022)):
        seconds = datetime.fromisoformat(f"{last_written}T12:00:00+00:00").timestamp()
        os.utime(path, (seconds, seconds))
        with path.open("rb") as file:
            [leg] = read_records(file, SETUP)
        assert isinstance(leg, Leg)
        assert leg.call.started_at == datetime(year, 7, 15, 9, tzinfo=UTC)


class _Failing(io.BytesIO):
    def read(self, _size: int | None = -1, /) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_file_that_cannot_be_read_is_said_so() -> None:
    with pytest.raises(Failed, match="Input/output error"):
        list(read_records(_Failing(), SETUP))


AVAYA = (
    b"2008/06/28 09:30:57,%s,%s,01632960123,I,299,299,,0,1000014160,%d,E299,Ann,T9002,Line 1,0,0\n"
)


def test_no_length_leads_out_of_the_calendar() -> None:
    """Of a call that began when calls do, when it was answered and ended can be reckoned."""
    endless = b"999999999999999"
    [long] = read(ROW.replace(b",125,120,", b",%s,%s," % (endless, endless)))
    assert isinstance(long, Leg)
    assert (long.answered_at, long.talk_ms) == (None, None)
    [rang] = read(AVAYA % (b"00:00:21", endless, 0))
    assert isinstance(rang, Leg)
    assert rang.answered_at == rang.call.started_at


def test_segments_that_come_to_more_than_any_call_are_not_understood() -> None:
    segment = AVAYA % (b"9999:59:59", b"2", 1)
    assert lines_not_understood(segment * 3) == [1, 2, 3]
    assert lines_not_understood((AVAYA % (b"5000:00:00", b"0", 1)) * 4) == [3]
