"""Whatever a system prints is read back, and by that system alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import PurePath
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrec.settings import Template as StatedTemplate
from callrec.system.name_pattern import NamePattern, check_pattern, check_times
from callrec.telephone.call import Direction, System
from callrec.telephone.learning import NamedFile, learn_shapes
from callrec.telephone.names import ID_READERS, NAME_READERS
from callrec.telephone.number import dialled, e164, is_extension, is_withheld, party
from callrec.telephone.reading import read_id, read_name
from callrec.telephone.written import Setup, Template
from telephone.printers import (
    asterisk,
    eight_by_eight,
    freeswitch,
    miarec,
    oreka,
    ringcentral,
    telesis,
    threecx,
    twilio,
    vicidial,
)
from telephone.printers.made import EXTENSIONS, OUTSIDE, TIMES, Printed, public

SETUP = Setup(zone=ZoneInfo("Europe/London"), extensions=((200, 299),))

PRINTERS = {
    System.ASTERISK: asterisk.PRINTED,
    System.THREE_CX: threecx.PRINTED,
    System.EIGHT_BY_EIGHT: eight_by_eight.PRINTED,
    System.RINGCENTRAL: ringcentral.PRINTED,
    System.TELESIS: telesis.PRINTED,
    System.FREESWITCH: freeswitch.PRINTED,
    System.VICIDIAL: vicidial.PRINTED,
    System.OREKA: oreka.PRINTED,
    System.MIAREC: miarec.PRINTED,
}


def test_every_system_that_reads_names_has_a_printer() -> None:
    assert PRINTERS.keys() == NAME_READERS.keys()


@pytest.mark.parametrize("system", PRINTERS)
@given(draw=st.data())
def test_a_name_is_read_back_as_the_call_that_it_was_given_to(
    system: System, draw: st.DataObject
) -> None:
    printed = draw.draw(PRINTERS[system])
    call = read_name(PurePath(printed.path), SETUP)
    assert call is not None
    assert call.system is system
    assert {fact: getattr(call, fact) for fact in printed.facts} == dict(printed.facts)


@pytest.mark.parametrize("system", PRINTERS)
@given(draw=st.data())
def test_no_other_system_reads_a_name(system: System, draw: st.DataObject) -> None:
    path = PurePath(draw.draw(PRINTERS[system]).path)
    assert read_id(path, SETUP) is None
    for other, read in NAME_READERS.items():
        assert other is system or read(path, SETUP) is None


@given(freeswitch.ARCHIVED | twilio.PRINTED)
def test_an_id_is_read_back_and_by_one_system(printed: Printed) -> None:
    path = PurePath(printed.path)
    assert read_name(path, SETUP) is None
    read = [known for identify in ID_READERS.values() if (known := identify(path, SETUP))]
    assert [{fact: getattr(known, fact) for fact in printed.facts} for known in read] == [
        dict(printed.facts)
    ]


@given(
    freeswitch.ARCHIVED,
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_a_call_begins_on_the_day_of_its_folder_or_its_file_ended_the_day_after(
    printed: Printed, modified: datetime
) -> None:
    known = read_id(PurePath(printed.path), SETUP)
    assert known is not None
    call = known.to_call(int(modified.timestamp()), SETUP.zone)
    day: date = printed.facts["day"]
    assert 0 <= (call.started_at.astimezone(SETUP.zone).date() - day).days <= 1
    assert (call.contradiction is None) == (call.started_at == modified.replace(microsecond=0))


PIECES = st.sampled_from(
    ["[", "]", "_", "-", ".", "(2)", "20241027", "013000", "20241027013000", "1729992600000", "all",
     "RE0123456789abcdef0123456789abcdef", "0c1cb46e-6a5b-4f0e-9c2a-2f6a3a1d5e10", "_E.mp3", ".wav",
     "archive/2024/Oct/27/", "2024/10/27/01/", "Incoming", "Auto", "AO", "4B4F46C2", "/", "201",
     "+", "ipbx:a:callrecording:users:2:", "\n", "\udcff", "\u202e", "\0", "٢", "02079460123", "%"]
)  # fmt: skip

ANY_NAMES = st.text() | st.lists(PIECES | st.text(max_size=3), max_size=30).map("".join)


@pytest.mark.parametrize("system", [None, *NAME_READERS, *ID_READERS, System.TEMPLATE])
@given(name=ANY_NAMES)
def test_any_text_at_all_raises_nothing(system: System | None, name: str) -> None:
    setup = replace(SETUP, system=system, templates=(TEMPLATE,))
    path = PurePath(name)
    call = read_name(path, setup)
    known = read_id(path, setup)
    if call is not None:
        assert repr(call).encode()
        assert call.started_at.tzinfo is UTC
    if known is not None:
        assert repr(known).encode()


TEMPLATE = Template(
    name="old-recorder",
    pattern=NamePattern(
        r"(?P<extension>\d+)/(?P<date>\d{6})-(?P<time>\d{6})_(?P<direction>\w+)_(?P<number>[^_]*)"
        r"_(?P<party>[^_]*)_(?P<unique_id>[^_]+)\.wav",
        ("%d%m%y %H%M%S",),
    ),
    ways={"in": Direction.INBOUND, "out": Direction.OUTBOUND},
)


@given(EXTENSIONS, TIMES, st.sampled_from(["IN", "out"]), OUTSIDE, st.integers(0))
def test_a_template_reads_back_what_is_printed_by_it(
    extension: str, at: datetime, word: str, number: str, uid: int
) -> None:
    path = f"any/{extension}/{at:%d%m%y-%H%M%S}_{word}_{number}_Imran Patel_{uid}.wav"
    call = read_name(PurePath(path), replace(SETUP, templates=(TEMPLATE,)))
    assert call is not None
    assert call.system is System.TEMPLATE
    inbound = word == "IN"
    ends = (public(number), extension) if inbound else (extension, public(number))
    assert (call.caller, call.callee, call.number) == (*ends, public(number))
    assert call.direction is (Direction.INBOUND if inbound else Direction.OUTBOUND)
    assert (call.local_time, call.parties, call.unique_id) == (
        at.isoformat(),
        ("Imran Patel",),
        str(uid),
    )


def refused(check: Callable[[], None]) -> str:
    """In which words; none: it was not refused."""
    try:
        check()
    except ValueError as problem:
        return str(problem)
    return ""


@given(st.text() | st.text("()[]{}?P<>|*+\\d.^$aä", max_size=20), st.text())
def test_any_pattern_is_refused_with_words_or_reads_any_name(pattern: str, name: str) -> None:
    words = refused(lambda: check_pattern(pattern))
    if words:
        assert words.startswith("it ")
    else:
        NamePattern(pattern, ("%Y%m%d",)).find(name)


@given(st.text() | st.text("%YymdHMSIpbBfz -.:", max_size=20), st.text("0123456789 :.-+JanPMZ"))
def test_any_format_is_refused_with_words_or_reads_any_time(form: str, text: str) -> None:
    words = refused(lambda: check_times((form,)))
    if words:
        assert words.startswith('"')
    else:
        NamePattern("(?P<date>.*)", (form,)).find(text)


@given(st.sampled_from(["9", "9,", "0", "#1"]), OUTSIDE)
def test_the_digits_for_an_outside_line_come_off_a_number_and_off_nothing_else(
    prefix: str, number: str
) -> None:
    assert dialled(number, (prefix,)) == number
    with_prefix = prefix + number
    if e164(with_prefix) is None:
        assert dialled(with_prefix, (prefix,)) == number


@given(st.sampled_from(["unknown", "anonymous", "Withheld", "PRIVATE", "No Caller ID"]))
def test_nobody_has_no_number_however_it_is_spelt(word: str) -> None:
    for spelt in (word, f" {word.upper()} ", f"<{word}>", f"{word}@anonymous.invalid"):
        assert is_withheld(spelt)
        assert party(spelt) is None


@given(st.integers(0, 10**7).map(str))
def test_what_is_an_extension_by_ranges_lies_in_one(text: str) -> None:
    ranges = ((100, 199), (5000, 5099))
    told = is_extension(text, ranges)
    assert told == any(low <= int(text) <= high for low, high in ranges)


PIECES = st.one_of(
    st.sampled_from(["20240704", "040724", "140501", "1405", "IN", "out", "201", "07700900123"]),
    st.sampled_from(["+447700900123", "_", "-", " ", "(", ")", "[", ".", "Siân Evans", "O'Neill"]),
    st.sampled_from(["1720098301.17", "1720098301", "1720098301123", "a1b2c3d4e5f60718", "from"]),
    st.sampled_from(
        ["b3f1c2d4-0000-4000-8000-00000000a001", "2024-07-04", "%", "{", "|", "\\", "²"]
    ),
    st.text(st.characters(exclude_characters="/\0"), max_size=3),
)


@given(st.lists(st.lists(PIECES, min_size=1, max_size=8).map("".join), min_size=1, max_size=4))
def test_whatever_names_are_learnt_from_a_template_that_is_proposed_may_stand_in_settings(
    names: list[str],
) -> None:
    files = [NamedFile(PurePath("a/201/2024/07/04", name), date(2024, 7, 4)) for name in names]
    for shape in learn_shapes(files, (), date(2026, 11, 29)):
        if shape.template is not None:  # its example is read
            StatedTemplate.model_validate({"name": "learnt", **shape.template})
