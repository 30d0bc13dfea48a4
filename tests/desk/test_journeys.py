"""Whole journeys in real browsers, each person at one of their own.

The acts on record are those of the same journey at a terminal, and the package that comes out of
the browser is checked by the program that recipients have.
"""

from __future__ import annotations

import wave
from array import array
from pathlib import Path

from playwright.sync_api import Page, expect

from desk.journeys import (
    NUMBERS,
    ONE_PATIENT,
    SPOKEN_S,
    acts,
    approve,
    ask_for,
    at_work,
    choose,
    fill_in,
    follow,
    is_intact,
    is_whole,
    listen_to_the_end,
    opened,
    press,
    release,
    say_handed_over,
    select,
    twice,
    type_all,
)
from house.listening import RATE, spoken
from house.practices import House
from house.requests import AGREEMENT
from house.stages import STOCKED

REASON = "The patient complains that nobody rang back as promised"

WANTS = "The patient asks at the desk for all their calls"

THREAT = "The police look into a threat made by telephone"

RUDE = "A colleague was rude to a patient on the telephone"

HEARD = "The patient has heard it at the practice"

PROOF = "Driving licence and address, seen at the desk"

COURT = {
    "body": "Kent Police",
    "officer": "A. Marsh",
    "rank": "inspector",
    "contact": "a.marsh@police.example",
    "reference": "CR-1234",
    "received": "23/11/2026",
    "answer-by": "29/11/2026",
    "necessity": "Nobody else heard what was threatened",
    "prejudice": "The caller would destroy their telephone",
}


stocked_twice = twice(STOCKED)

patient_twice = twice(ONE_PATIENT)


def with_a_player(house: House) -> House:
    """A terminal at which sound is played to nobody."""
    config = house.folder / "config" / "callrec" / "config.toml"
    with config.open("a") as file:
        file.write("[listen]\nplayer = ['sh', '-c', 'cat > /dev/null']\n")
    return house


def mark(page: Page, begin: str, end: str, *, ground: str, side: str) -> None:
    """Mark what is to be silenced, in the player."""
    fill_in(page, From=begin, To=end)
    page.get_by_label("Why it is silenced").select_option(ground)
    page.get_by_label("Which channel").select_option(side)
    press(page, "Add this mark")


def channels(file: Path) -> list[array[int]]:
    """The samples of each of two channels."""
    with wave.open(str(file)) as sound:
        both = array("h", sound.readframes(sound.getnframes()))
    return [both[::2], both[1::2]]


def differs_only_where_it_is_silent(sent: Path, said: Path, seconds: slice) -> bool:
    """Whether a copy is silent for these seconds of its left channel, and else as the original."""
    left, right = channels(said)
    silent = slice(seconds.start * RATE, seconds.stop * RATE)
    left[silent] = array("h", [0] * len(left[silent]))
    return channels(sent) == [left, right] != channels(said)


def test_a_complaint_from_log_in_to_package(
    stocked_twice: tuple[House, House], tmp_path: Path
) -> None:
    house, other = stocked_twice
    with at_work(house) as desk:
        with desk.visited("mia") as mia:
            ask_for(mia, "Complaint")
            fill_in(mia, Why_do_you_need=REASON, Recordings="1", Names_of_all_parties="unknown")
            fill_in(mia, External_number="unknown", Reference_of_the_complaint="C-2026-014")
            choose(mia, Who_complained="a patient, or somebody for one")
            press(mia, "Make the request")
            expect(mia.get_by_role("main")).to_contain_text("R-1")
        with desk.visited("pat") as pat:
            follow(pat, "R-1")
            approve(pat, "pat")
        with desk.visited("mia") as mia:
            follow(mia, "Requests", "R-1", "Release")
            package, words = release(mia, "mia", tmp_path)
    assert is_whole(house, opened(package, words, tmp_path / "opened"))
    assert is_intact(house)
    asked = ["--party=unknown", "--number=unknown", "--about=", "--complaint=C-2026-014"]
    asked += ["--complainant=patient", "--recording=1", f"--reason={REASON}"]
    type_all(
        other,
        ("mia", "request", "create", "complaint", *asked),
        ("pat", "approve", "R-1", "--yes"),
        ("mia", "release", "R-1", f"--to={tmp_path}"),
    )
    assert acts(house) == acts(other)


def test_subject_access_with_three_numbers_and_a_third_party_silenced(
    patient_twice: tuple[House, House], tmp_path: Path
) -> None:
    house, other = patient_twice
    with at_work(house) as desk:
        with desk.visited("max") as max_:
            max_.goto("/subjects/new")
            fill_in(
                max_,
                Why_is_this_person=WANTS,
                What_is_their_name="Siân Roberts",
                When_were="14/3/1961",
                What_is_their_NHS="999 000 0018",
                Which_telephone="\n".join(NUMBERS),
                How_was_their_identity=PROOF,
            )
            press(max_, "Enter this person")
            ask_for(max_, "Subject access")
            fill_in(
                max_,
                Why_do_you_need=WANTS,
                Date_of_the_call="23/11/2026",
                Time_of="unknown",
                Telephone_extension="unknown",
                Names_of_all="unknown",
                The_data_subject="S-1",
                Date_of_receipt="today",
            )
            choose(
                max_, How_it_was_received="by telephone or at the desk; you have written it down"
            )
            fill_in(max_, How_the_identity="passport seen by reception", Authority_of="none")
            choose(max_, To_hear_it="have a copy of it")
            press(max_, "Make the request")
            follow(max_, "See R-1", "Gather what matches")
            press(max_, "Gather what matches")
            follow(max_, "Go on to R-1", "Add recordings")
            fill_in(max_, Which_recordings="4")
            press(max_, "Add them")
        with desk.visited("dora") as dora:
            follow(dora, "R-1")
            select(dora, Who_may_hear="dora")
            approve(dora, "dora")
            dora.goto("/requests/R-1/listen/1")
            listen_to_the_end(dora, "dora", with_whom="nobody")
            mark(dora, "0:01", "0:03", ground="third-party", side="left")
            press(dora, "Use these marks to approve")
            approve(dora, "dora")
        with desk.visited("max") as max_:
            max_.goto("/requests/R-1/event/third-parties")
            fill_in(max_, What_did_you_find="A neighbour is named", Why_need_nobody=f"2-4={HEARD}")
            press(max_, "Record this")
            max_.goto("/requests/R-1/release")
            select(max_, How_will_it="by post", And_its_passphrase="read out on the telephone")
            package, words = release(max_, "max", tmp_path)
            say_handed_over(max_, how="by letter", to_whom="Siân Roberts")
    folder = opened(package, words, tmp_path / "opened")
    assert is_whole(house, folder)
    sent, said = folder / "recordings" / "01-listening.wav", spoken(tmp_path / "said.wav", SPOKEN_S)
    assert differs_only_where_it_is_silent(sent, said, seconds=slice(1, 3))
    originals = {each.name for each in folder.glob("recordings/*-original.wav")}
    assert originals == {"02-original.wav", "03-original.wav", "04-original.wav"}
    assert is_intact(house)
    proved = (
        "--nhs-number=999 000 0018",
        "--born=14/3/1961",
        f"--proved={PROOF}",
        f"--reason={WANTS}",
    )
    asked = [f"--reason={WANTS}", "--date=23/11/2026", "--time=unknown", "--extension=unknown"]
    asked += ["--party=unknown", "--about=", "--received=today", "--received-how=spoken"]
    asked += ["--identity=passport seen by reception", "--authority=none", "--copy"]
    checked = ("--on=today", "--reason=A neighbour is named", f"--not-heard=2-4={HEARD}")
    handed = ("--on=today", "--by=letter", "--to-whom=Siân Roberts")
    numbers = [f"--number={each}" for each in NUMBERS]
    type_all(
        with_a_player(other),
        ("max", "subject", "add", "--name=Siân Roberts", *numbers, *proved),
        ("max", "request", "create", "subject-access", "--subject=S-1", *asked),
        ("max", "request", "gather", "R-1"),
        ("max", "request", "attach", "R-1", "4"),
        ("dora", "approve", "R-1", "--yes", "--for=dora"),
        ("dora", "listen", "R-1", "1", "--attended=nobody"),
        ("dora", "approve", "R-1", "--yes", "--silence=1@0:01-0:03=third-party/left"),
        ("max", "request", "event", "R-1", "third-parties", *checked),
        (
            "max",
            "release",
            "R-1",
            f"--to={tmp_path}",
            "--deliver-by=letter",
            "--passphrase-by=phone",
        ),
        ("max", "request", "event", "R-1", "handed-over", *handed),
    )
    assert acts(house) == acts(other)


def test_a_court_order_that_the_police_bring(
    patient_twice: tuple[House, House], tmp_path: Path
) -> None:
    house, other = patient_twice
    with at_work(house) as desk:
        with desk.visited("max") as max_:
            follow(max_, "Search")
            fill_in(
                max_, Why_do_you_need=THREAT, Telephone_numbers=NUMBERS[0], Day_of_the="23/11/2026"
            )
            press(max_, "Search")
            follow(max_, "Make a request", "Outside body")
            fill_in(max_, Why_do_you_need=THREAT, Recordings="1", External_number=NUMBERS[0])
            fill_in(
                max_, Names_of_all="unknown", The_body=COURT["body"], The_officer=COURT["officer"]
            )
            fill_in(max_, Rank=COURT["rank"], Where_the_officer=COURT["contact"])
            fill_in(max_, Their_reference=COURT["reference"], Date_of_receipt=COURT["received"])
            choose(max_, Legal_basis="a sealed order of a court, which sets the day")
            choose(max_, Why_may="a law or a court requires it")
            fill_in(max_, Day_that_the_order=COURT["answer-by"], Why_it_is=COURT["necessity"])
            fill_in(max_, What_harm=COURT["prejudice"])
            choose(max_, May_the_person="the person may learn of it")
            press(max_, "Make the request")
        with desk.visited("dora") as dora:
            follow(dora, "R-1")
            approve(dora, "dora")
        with desk.visited("max") as max_:
            max_.goto("/requests/R-1/listen/1")
            listen_to_the_end(max_, "max", with_whom=COURT["officer"])
            press(max_, "Stop listening")
            max_.goto("/requests/R-1/release")
            max_.get_by_text("Size, names and exhibits").click()
            fill_in(max_, Exhibit="AM/1")
            select(
                max_,
                How_will_it="handed over in person",
                And_its_passphrase="read out on the telephone",
            )
            package, words = release(max_, "max", tmp_path)
            say_handed_over(max_, how="in person", to_whom=COURT["officer"])
            follow(max_, "The package was acknowledged")
            press(max_, "Record this")
            max_.goto("/requests/R-1/close")
            fill_in(max_, Why_is_no="The certificate in the package answers them", Type_R="R-1")
            press(max_, "Close")
    assert is_whole(house, opened(package, words, tmp_path / "opened"))
    assert is_intact(house)
    asked = [f"--{name}={text}" for name, text in COURT.items()]
    asked += [f"--reason={THREAT}", "--recording=1", f"--number={NUMBERS[0]}", "--party=unknown"]
    asked += ["--about=", "--legal-basis=court-order", "--confidentiality=law"]
    handed = ("--on=today", "--by=person", f"--to-whom={COURT['officer']}")
    answered = "--reason=The certificate in the package answers them"
    out = ("--exhibit=AM/1", "--deliver-by=person", "--passphrase-by=phone")
    type_all(
        with_a_player(other),
        ("max", "search", f"--number={NUMBERS[0]}", "--date=23/11/2026", f"--reason={THREAT}"),
        ("max", "request", "create", "outside-body", *asked, "--subject-may-be-told"),
        ("dora", "approve", "R-1", "--yes"),
        ("max", "listen", "R-1", f"--attended={COURT['officer']}"),
        ("max", "release", "R-1", f"--to={tmp_path}", *out),
        ("max", "request", "event", "R-1", "handed-over", *handed),
        ("max", "request", "event", "R-1", "acknowledged", "--on=today"),
        ("max", "request", "close", "R-1", answered, "--yes"),
    )
    assert acts(house) == acts(other)


def test_an_employees_conduct_with_the_agreement_of_the_data_controller(
    stocked_twice: tuple[House, House], tmp_path: Path
) -> None:
    house, other = stocked_twice
    agreement = tmp_path / "agreement.pdf"
    agreement.write_bytes(AGREEMENT)
    with at_work(house) as desk:
        with desk.visited("mia") as mia:
            ask_for(mia, "Disciplinary")
            fill_in(mia, Why_do_you_need=RUDE, Recordings="1", External_number="unknown")
            fill_in(mia, Names_of="unknown", The_employee="sam", Reference_of="HR-7")
            fill_in(mia, Date_of_the_agreement="23/11/2026")
            mia.get_by_label("File with the written agreement").set_input_files(agreement)
            press(mia, "Make the request")
        with desk.visited("dora") as dora:
            follow(dora, "R-1")
            approve(dora, "dora")
        with desk.visited("mia") as mia:
            follow(mia, "Requests", "R-1", "Release")
            package, words = release(mia, "mia", tmp_path)
            say_handed_over(mia, how="in person", to_whom="Dora Whitlock")
            mia.goto("/requests/R-1/close")
            fill_in(mia, Type_R="R-1")
            press(mia, "Close")
    assert is_whole(house, opened(package, words, tmp_path / "opened"))
    assert is_intact(house)
    asked = [f"--reason={RUDE}", "--recording=1", "--number=unknown", "--party=unknown", "--about="]
    asked += ["--employee=sam", "--allegation=HR-7", "--consulted=23/11/2026"]
    handed = ("--on=today", "--by=person", "--to-whom=Dora Whitlock")
    type_all(
        other,
        ("mia", "request", "create", "disciplinary", *asked, f"--agreement={agreement}"),
        ("dora", "approve", "R-1", "--yes"),
        ("mia", "release", "R-1", f"--to={tmp_path}"),
        ("mia", "request", "event", "R-1", "handed-over", *handed),
        ("mia", "request", "close", "R-1", "--yes"),
    )
    assert acts(house) == acts(other)
