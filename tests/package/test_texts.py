from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from callrec.package.callrec_verify import grouped
from callrec.package.manifest import SEARCH, CallData, Withheld
from callrec.package.package import ssh_fingerprint
from callrec.package.texts import (
    COLUMNS,
    WHAT_IT_PROVES,
    OtherCalls,
    RightsFacts,
    Searched,
    read_me_first,
    rights_text,
    search_text,
    verify_text,
)
from callrec.policy.days import DayRange
from callrec.policy.notice import PURPOSES_IN_WORDS
from callrec.policy.rights.lawful_basis import reasons_in_words
from callrec.settings import Release
from package.builders import PUBLIC, ROOT, a_file, a_manifest, an_edited_copy
from package.offices import an_office, write_files

READ_ME = read_me_first(a_manifest(), contact="telephone 01632 960 000")

VERIFY = verify_text(a_manifest(), public=PUBLIC, root=ROOT)

REGULATOR = ("Information Commissioner's Office", "Wycliffe House, Wilmslow", "ico.org.uk")

RIGHTS_FACTS = RightsFacts(
    contact="Ann Hall, 01632 960000",
    officers="Its data protection officer: Jo Lane, 01632 960222.",
    reasons=reasons_in_words({}),
    basis="UK GDPR Articles 6(1)(c) and 9(2)(h)",
    storage="The company that provides our telephone system stores them for us.",
    recipients=("Kent Police, on 2 March 2026 (recordings/01)",),
    is_seen_whole=True,
    kept_until={"recordings/01": date(2029, 7, 14), "recordings/02": None},
    other_countries="We do not send recordings to other countries.",
    regulator=REGULATOR,
)

RIGHTS = rights_text(a_manifest(), RIGHTS_FACTS)


def rights(**changes: Any) -> str:
    return rights_text(a_manifest(), replace(RIGHTS_FACTS, **changes))


def in_one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("text", [READ_ME, VERIFY], ids=["READ-ME-FIRST", "VERIFY"])
def test_each_text_says_what_the_release_proves_and_what_not(text: str) -> None:
    assert (
        WHAT_IT_PROVES == "proves that these are the files released on this record; not who speaks"
    )
    assert WHAT_IT_PROVES in in_one_line(text)


@pytest.mark.parametrize(
    "text", [READ_ME, VERIFY, RIGHTS], ids=["READ-ME-FIRST", "VERIFY", "YOUR-RIGHTS"]
)
def test_prose_keeps_to_76_columns_and_lines_end_in_lf(text: str) -> None:
    prose = [line for line in text.splitlines() if not line.startswith("    ")]
    assert max(map(len, prose)) <= COLUMNS
    assert "\r" not in text
    assert "$" not in text
    assert text.endswith(".\n")


def test_an_address_is_never_broken_over_two_lines() -> None:
    address = "recordings@green-lane-surgery.example"
    for length in range(1, COLUMNS):
        assert address in read_me_first(a_manifest(), contact="x" * length + " " + address)


def test_the_patient_reads_whose_calls_when_and_whom_to_ask() -> None:
    said = in_one_line(READ_ME)
    assert "from Dr Müller & Partners. They answer request R-17" in said
    assert "put together on 3 August 2026" in said  # the practice's day, not yet that of Greenwich
    assert "    recordings/01   14 July 2026, 09:05\n" in READ_ME
    assert "Dr Müller & Partners: telephone 01632 960 000." in said
    assert "certificate.pdf lists the calls that were given." in said
    assert "entitled" not in said


def test_the_patient_reads_of_a_time_that_it_is_not_certain() -> None:
    why = "this hour came twice; the other would be 27 October 2024, 01:30:00 (UTC+00:00)"
    text = read_me_first(a_manifest(replace(a_file(), time_doubt=why)), contact="-")
    assert f"09:05 Not certain: {why}. A call may be here twice." in in_one_line(text)
    assert max(map(len, text.splitlines())) <= COLUMNS


def test_the_patient_is_told_of_what_was_withheld_but_not_why() -> None:
    some = [Withheld(1043, "third-party"), Withheld(1044, "third-party")]
    one = in_one_line(read_me_first(a_manifest(withheld=some[:1]), contact="-"))
    two = in_one_line(read_me_first(a_manifest(withheld=some), contact="-"))
    assert "One call that was asked for could not be given." in one
    assert "2 calls that were asked for could not be given." in two
    assert "third" not in two


def test_the_patient_learns_of_calls_that_another_answer_is_about() -> None:
    told = in_one_line(read_me_first(a_manifest(), contact="-", others=OtherCalls(20)))
    assert "Another answer is about 20 more calls that you asked for." in told
    assert "certificate.pdf lists" not in told


def test_nothing_else_was_left_out_where_all_that_matches_was_gathered() -> None:
    whole = replace(a_manifest(), call_data=(CallData(SEARCH, "00" * 32, 1),))
    some = replace(whole, withheld=(Withheld(1043, "third-party"),))
    told, less = (in_one_line(read_me_first(each, contact="-")) for each in (whole, some))
    entitled = "that you are entitled to. SEARCH.txt says what we searched."
    assert f"We have given you everything {entitled}" in told
    assert f"We have given you everything else {entitled}" in less


FIRST_DAY = date(2025, 2, 3)

SEARCHED = Searched(
    at=datetime(2026, 8, 2, 16, 40, tzinfo=UTC),
    sought=("a number that ends in 0461", "2 names of yours"),
    days=(DayRange(date(2024, 1, 1), date(2024, 3, 31)), DayRange(FIRST_DAY, FIRST_DAY)),
    given=68,
    withheld={"it would tell of another person": 2},
)


def searched(**changes: Any) -> str:
    return search_text(
        replace(SEARCHED, **changes),
        practice="Dr Müller & Partners",
        request="R-17",
        at=datetime(2026, 8, 3, tzinfo=UTC),
        contact="telephone 01632 960 000",
    )


def test_the_patient_reads_what_was_searched() -> None:
    assert searched() == (Path(__file__).parent / "search.txt").read_text("utf-8")


def test_what_is_not_decided_yet_is_neither_refused_nor_left_unsaid() -> None:
    others = OtherCalls(before=1, undecided=2)
    told = in_one_line(searched(withheld={}, others=others))
    counts = "71 calls found 68 calls given to you 0 calls not given 1 call given to you before"
    assert f"{counts} 2 calls not decided yet We will write to you again" in told
    assert "entitled" not in told
    listed = [Withheld(n, "not-approved") for n in (1043, 1044, 1045)]
    data = (CallData(SEARCH, "00" * 32, 1),)
    whole = replace(a_manifest(withheld=listed), call_data=data)
    read_me = in_one_line(read_me_first(whole, contact="-", others=others))
    assert "One call was given to you before. 2 calls are not decided yet." in read_me
    assert "entitled" not in read_me
    assert "could not be given" not in read_me


def test_what_was_found_is_what_is_given_withheld_or_answered_for_by_itself() -> None:
    told = in_one_line(searched(others=OtherCalls(20)))
    counts = "90 calls found 68 calls given to you 2 calls not given 20 calls in another answer"
    assert counts in told


def test_the_number_of_calls_agrees() -> None:
    told = in_one_line(searched(given=1, withheld={"it would tell of another person": 1}))
    assert "2 calls found 1 call given to you 1 call not given Why it is not given" in told
    alone = in_one_line(searched(given=0, withheld={}, others=OtherCalls(1)))
    counts = "1 call found 0 calls given to you 0 calls not given 1 call in another answer to you"
    assert counts in alone


def test_where_nothing_is_withheld_every_call_is_given() -> None:
    told = in_one_line(searched(withheld={}, days=()))
    assert "We have given you every call that you are entitled to." in told
    assert "all days of which we hold recordings." in told


def test_its_headings_are_in_usual_words() -> None:
    assert {"WHAT IS IN THIS PACKAGE", "WHO TO ASK"} <= set(READ_ME.splitlines())


def test_the_patient_is_told_whether_something_was_cut_or_silenced() -> None:
    edited = in_one_line(read_me_first(a_manifest(an_edited_copy()), contact="-"))
    assert "Nothing in them has been cut or silenced." in in_one_line(READ_ME)
    assert "Something in them has been cut or silenced. certificate.pdf says what" in edited
    assert "nobody else" not in edited  # that is one ground of several
    assert "third" not in edited


ARTICLE_15 = {
    "1(a) the purposes": "WHY CALLS ARE RECORDED We use recordings to",
    "1(b) the categories": "the telephone number outside the practice, the extension inside it",
    "1(c) the recipients": "our record shows - Kent Police, on 2 March 2026 (recordings/01).",
    "1(c) who else may": "our medical defence organisation, NHS Resolution and lawyers",
    "1(d) how long": "recordings/01 until 14 July 2029 recordings/02 no last day is set",
    "1(d) or why no day": "Where no last day is set, we keep it as long as the record to which it",
    "1(e) rectification": "correct what is wrong about you",
    "1(e) erasure": "that we erase a recording",
    "1(e) restriction": "that we keep it but do not use it",
    "1(e) objection": "you object",
    "1(f) the Commissioner": "You may also complain at any time to the regulator of data protection"
    " in the United Kingdom: Information Commissioner's Office Wycliffe House",
    "s.164A": "the right to complain to us about how we handle your personal data",
    "1(g) the source": "WHERE THE RECORDINGS COME FROM From the calls themselves",
    "1(h) no automated decision": "A machine alone never decides about you",
    "2 transfers": "We do not send recordings to other countries",
}


@pytest.mark.parametrize("told", ARTICLE_15.values(), ids=ARTICLE_15)
def test_a_data_subject_is_told_all_of_article_15(told: str) -> None:
    assert told in in_one_line(RIGHTS)


def test_a_data_subject_reads_every_purpose_and_whom_to_ask() -> None:
    said = in_one_line(RIGHTS)
    assert [purpose for purpose in PURPOSES_IN_WORDS.values() if f"- {purpose}" not in said] == []
    assert "asked Dr Müller & Partners for recordings of your calls (request R-17)" in said
    assert "Ann Hall, 01632 960000. Please say" in said
    assert max(map(len, RIGHTS.splitlines())) <= COLUMNS


def test_a_practice_that_names_nobody_is_asked_at_reception() -> None:
    said = in_one_line(rights(contact="", officers=""))
    assert (
        "controller of the recordings. For anything on this page: please ask at reception." in said
    )


def test_the_practices_own_words_of_rights_stand_as_they_are() -> None:
    own = Release(rights="We charge $5.\n\n").rights
    assert rights_text(a_manifest(), RIGHTS_FACTS, own=own) == "We charge $5.\n"


def test_what_the_practice_has_not_found_out_is_not_told() -> None:
    said = in_one_line(rights(recipients=(), other_countries=""))
    assert "our record shows - nobody of whom we can tell you." in said
    assert "OTHER COUNTRIES Please ask us whether" in said
    assert "not send" not in said


def test_who_does_not_see_the_whole_record_does_not_say_that_nobody_else_had_them() -> None:
    said = in_one_line(rights(recipients=(), is_seen_whole=False))
    assert "- nobody whom the person who put this together could see. This list may have" in said
    assert "nobody of whom we can tell you" not in said
    some = in_one_line(rights(is_seen_whole=False))
    assert "- Kent Police, on 2 March 2026 (recordings/01). This list may have gaps." in some
    assert "may have gaps" not in in_one_line(RIGHTS)


def test_a_data_subject_reads_what_was_searched_or_that_nothing_was() -> None:
    whole = replace(a_manifest(), call_data=(CallData(SEARCH, "00" * 32, 1),))
    assert "SEARCH.txt says what we searched" in in_one_line(rights_text(whole, RIGHTS_FACTS))
    assert "We did not search for all your calls." in in_one_line(RIGHTS)
    assert "SEARCH.txt" not in RIGHTS


def test_windows_is_told_the_same_commands_through_cmd() -> None:
    unix = [line.strip() for line in VERIFY.splitlines() if line.startswith("    ssh-keygen")]
    assert [line.rpartition(" ")[2] for line in unix] == ["SHA256SUMS", "manifest.json"]
    for line in unix:
        assert f'\n    cmd /c "{line}"\n' in VERIFY
    assert "\n    Get-ChildItem -File -Recurse | Get-FileHash -Algorithm SHA256 |" in VERIFY


def test_the_reader_is_sent_to_a_copy_and_a_fingerprint_that_came_another_way() -> None:
    told = in_one_line(VERIFY)
    assert "take one that did not come with them" in told
    assert "type the one that you got elsewhere" in told
    commands = [line for line in VERIFY.splitlines() if "callrec_verify.py ." in line]
    assert len(commands) == 2
    for line in commands:
        assert ROOT[:8] not in line  # or it would be copied from here


def test_the_fingerprint_stands_in_eight_groups() -> None:
    at = VERIFY.index(ROOT[:8])
    groups = VERIFY[at:].split()[:8]
    assert "".join(groups) == ROOT
    assert {len(group) for group in groups} == {8}


def test_the_commands_of_verify_txt_work_as_they_stand(tmp_path: Path) -> None:
    office = an_office()
    folder = write_files(tmp_path / "release", office.release())
    key = office.keys["sam"].public.act
    text = verify_text(office.manifest(), public=key, root=office.root)
    (tmp_path / "callrec_verify.py").write_bytes((folder / "callrec_verify.py").read_bytes())
    answers = {line: typed(line.strip(), folder) for line in commands_of(text)}
    for line, answer in answers.items():
        if "ssh-keygen" in line:
            assert answer.startswith('Good "callrec-release" signature')
            assert answer.rstrip().endswith(ssh_fingerprint(key))
        else:
            assert answer.count(": OK\n") == len(office.release()) - 2
    assert [line.split()[0] for line in answers] == ["sha256sum", "shasum", *["ssh-keygen"] * 2]
    last = typed(f'python3 ../callrec_verify.py . --pin "{" ".join(grouped(office.root))}"', folder)
    assert last.splitlines()[-1] == "VERIFIED"


def commands_of(text: str) -> list[str]:
    """Those of Linux and macOS, but for the program of ours."""
    programs = ("    sha256sum", "    shasum", "    ssh-keygen")
    return [line for line in text.splitlines() if line.startswith(programs)]


def typed(line: str, folder: Path) -> str:
    words = ["sh", "-c", line]
    return subprocess.run(words, cwd=folder, capture_output=True, check=True, text=True).stdout


def test_the_regulator_is_the_one_of_the_settings_a_line_each() -> None:
    moved = ("Information Commission", "", "ico.example, 0300 000 0000")
    said = rights(regulator=moved)
    assert "\n\n    Information Commission\n    ico.example, 0300 000 0000\n\n" in said
    assert "Information Commissioner" not in said
    assert "\n    Wycliffe House, Wilmslow\n" in RIGHTS
