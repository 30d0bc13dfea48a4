"""What is found, what is left where it is and why, and what a file's change does."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from callrec.errors import Unusable
from callrec.intake.clearing import AfterIntake
from callrec.intake.ingest import ingest_recordings
from callrec.intake.reading import Unreadable, modified_at, open_source
from callrec.intake.sealing import Hashed, hash_chunk, portions
from callrec.intake.sources import (
    Mark,
    NotRecording,
    Quarantined,
    Refusal,
    Source,
    find_changed,
    find_sources,
)
from house.practices import House
from house.spool import a_call, a_name, a_wave, names_of, recordings_of, take_in


def found_in(*paths: Path) -> list[str]:
    """Names of the sources."""
    return [found.path.name for found in find_sources(paths) if isinstance(found, Source)]


def the_source(path: Path) -> Source:
    (found,) = find_sources([path])
    assert isinstance(found, Source)
    return found


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(path))


def _link(to: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(to)


def _bytes(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def _bad_sidecar(path: Path) -> None:
    path.write_bytes(a_wave(99))
    path.with_suffix(".json").write_text(
        '{"started_at": "2024-01-04T14:05", "caler": "x"}', encoding="utf-8"
    )


LEFT: dict[str, tuple[Callable[[Path], object], str, int]] = {
    "empty": (_bytes(b""), "it holds no sound", 0),
    "44 bytes": (_bytes(a_wave(size_bytes=58)), "it holds no sound", 0),
    "text": (_bytes(b"Call Mrs Jones back.\n"), "it is text, not sound", 0),
    "a picture": (
        _bytes(b"\x89PNG\r\n\x1a\n" + bytes(99)),
        "this kind of audio file is not supported",
        0,
    ),
    "a sidecar misspelt": (_bad_sidecar, 'the sidecar holds an unknown key "caler"', 0),
    "a pipe": (os.mkfifo, "it is a pipe, not a file", 1),
    "a socket": (_socket, "it is a socket, not a file", 1),
    "a link out": (_link("/etc/passwd"), "it is a link that leads out of the folder", 1),
    "a link to a folder": (_link("/etc"), "it is a link that leads out of the folder", 1),
    "a link to a device": (_link("/dev/zero"), "it is a link that leads out of the folder", 1),
    "a link to nothing": (_link("nothing"), "it is a link that leads nowhere", 1),
    "a link to itself": (_link("bad.wav"), "it is a link that leads nowhere", 1),
}


@pytest.mark.parametrize(("make", "why", "unreadable"), LEFT.values(), ids=LEFT)
def test_what_cannot_be_taken_in_is_left_and_the_rest_goes_on(
    house: House, tmp_path: Path, make: Callable[[Path], object], why: str, unreadable: int
) -> None:
    bad = tmp_path / "spool" / "bad.wav"
    for call in range(2):
        a_call(tmp_path / "spool", call)
    make(bad)
    before = bad.lstat()
    done = take_in(house, tmp_path / "spool")
    assert done.recordings == 2
    assert [(q.path, q.why[: len(why)]) for q in done.quarantined] == [(bad, why)]
    assert done.unreadable == unreadable
    assert Mark.of(bad.lstat()) == Mark.of(before)


@pytest.mark.parametrize(
    ("make", "why"),
    {
        "a pipe": (os.mkfifo, "it is a pipe, not a file"),
        "a link": (_link("/etc/passwd"), "it is a link, which is not followed"),
        "a note": (_bytes(b"notes"), "it is text, not sound"),
    }.values(),
)
def test_what_is_named_itself_is_looked_at_whatever_its_name(
    house: House, tmp_path: Path, make: Callable[[Path], object], why: str
) -> None:
    make(tmp_path / "notes.txt")
    assert [q.why for q in take_in(house, tmp_path / "notes.txt").quarantined] == [why]


def test_a_device_is_left(house: House, tmp_path: Path) -> None:
    done = take_in(house, a_call(tmp_path).parent / a_name(), *[tmp_path.__class__("/dev/zero")])
    assert [q.why for q in done.quarantined] == ["it is a device, not a file"]


def test_folders_are_walked_in_the_order_of_their_names_and_what_is_in_them_by_age(
    tmp_path: Path,
) -> None:
    named = ("b/2.wav", "b/1.wav", "a/z/9.wav", "a/3.wav", "0.wav", "b/4.wav", "b/3.wav")
    for seconds, name in enumerate(named):
        call = a_call((tmp_path / name).parent, name=name.rpartition("/")[2])
        os.utime(call, (seconds // 6, seconds // 6))
    found = ["0.wav", "3.wav", "9.wav", "1.wav", "2.wav", "4.wav", "3.wav"]
    assert found_in(tmp_path) == found


def test_files_of_other_kinds_are_only_counted_and_sidecars_not_even_that(tmp_path: Path) -> None:
    a_call(tmp_path, name="call.wav")
    a_call(tmp_path, name="talk.mp3")
    for name in ("Master.csv", "notes.txt", ".DS_Store", ".call.wav.Xy12", "x.json", "a.MD5"):
        (tmp_path / name).write_bytes(b"x")
    for name in ("call.wav.json", "talk.json"):
        (tmp_path / name).write_bytes(b"{}")
    (tmp_path / ".snapshot").mkdir()
    a_call(tmp_path / ".snapshot")
    told = list(find_sources([tmp_path]))
    assert found_in(tmp_path) == ["call.wav", "talk.mp3"]
    assert sum(isinstance(found, NotRecording) for found in told) == 7


def test_a_link_within_the_folder_is_left_aside_since_its_file_comes_in_itself(
    tmp_path: Path,
) -> None:
    a_call(tmp_path / "2024", name="call.wav")
    (tmp_path / "today").symlink_to("2024")
    (tmp_path / "latest.wav").symlink_to("2024/call.wav")
    assert [type(found) for found in find_sources([tmp_path])] == [
        NotRecording,
        NotRecording,
        Source,
    ]


def test_a_folder_that_is_named_may_be_a_link(tmp_path: Path) -> None:
    a_call(tmp_path / "elsewhere", name="call.wav")
    (tmp_path / "monitor").symlink_to("elsewhere")
    assert found_in(tmp_path / "monitor") == ["call.wav"]


HOSTILE = {
    "escapes": b"in-\x1b[31m\x1b]0;x\x07.wav",
    "a newline": b"one\ntwo.wav",
    "bidi": "call\u202egpj.wav".encode(),
    "no UTF-8": b"call-\xff\xfe.wav",
    "markup": b"[bold]call.wav",
    "an option": b"--after=delete",
    "255 bytes": ("ü" * 125 + "x.wav").encode(),
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_name_is_kept_byte_for_byte(house: House, tmp_path: Path, name: bytes) -> None:
    call = a_call(tmp_path / "spool", name=os.fsdecode(name))
    assert take_in(house, call.parent).recordings == 1
    assert take_in(house, call.parent).duplicates == 1
    (recording,) = recordings_of(house)
    (kept,) = names_of(recording)
    try:
        name.decode()
    except UnicodeDecodeError:
        assert set(kept) == {"base64url"}
    else:
        assert kept == str(call)


def test_a_file_that_grows_while_others_are_sealed_is_left(house: House, tmp_path: Path) -> None:
    first, second = a_call(tmp_path / "spool", 0), a_call(tmp_path / "spool", 1)

    def grow(_: int) -> None:  # told when the first is done; the second is open by then
        with second.open("ab") as writing:
            writing.write(b"more")

    spool = [tmp_path / "spool"]
    done = ingest_recordings(
        house.practice, house.actor("max"), spool, after=AfterIntake(), advance=grow
    )
    assert done.recordings == 1
    why = "it changed while it was read"
    assert done.quarantined == [Quarantined(second, why, Refusal.UNSETTLED)]
    (recording,) = recordings_of(house)
    assert names_of(recording) == [str(first)]
    assert list(house.practice.store.names()) == [recording.ciphertext]


def _written_to(path: Path) -> None:
    path.write_bytes(a_wave(1))


def _touched(path: Path) -> None:
    os.utime(path, (1, 1))


def _replaced(path: Path) -> None:
    kept = path.stat()
    path.with_name("new").write_bytes(path.read_bytes())
    os.utime(path.with_name("new"), ns=(kept.st_atime_ns, kept.st_mtime_ns))
    path.with_name("new").replace(path)


@pytest.mark.parametrize("change", [_written_to, _touched, _replaced])
def test_a_change_while_a_file_is_read_is_noticed(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    path = a_call(tmp_path)
    with open_source(the_source(path)) as opened:
        size = len(opened.file.readall())
        opened.check_unchanged(size)
        change(path)
        with pytest.raises(Unusable, match="it changed while it was read"):
            opened.check_unchanged(size)


def _by_a_link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


@pytest.mark.parametrize("put", [os.mkfifo, _by_a_link, _written_to])
def test_what_was_put_in_a_files_place_is_not_opened(
    tmp_path: Path, put: Callable[[Path], None]
) -> None:
    path = a_call(tmp_path)
    source = the_source(path)
    path.rename(tmp_path / "kept")
    put(path)
    with pytest.raises((Unreadable, OSError)), open_source(source):
        pass


def test_a_file_that_is_gone_concerns_itself_alone(tmp_path: Path) -> None:
    sources = [the_source(a_call(tmp_path, call)) for call in range(3)]
    sources[1].path.unlink()
    first, gone, last = hash_chunk(sources, lambda _: None)
    assert isinstance(first, Hashed)
    assert isinstance(last, Hashed)
    why = "it cannot be read: no such file or directory"
    assert gone == Quarantined(sources[1].path, why, Refusal.UNREADABLE)


@pytest.mark.parametrize("seconds", [-(2**62), -(2**33), 2**38, 2**62])
def test_a_files_time_in_no_calendar_is_refused(seconds: int) -> None:
    with pytest.raises(Unusable, match="the file's own time is in no calendar"):
        modified_at(Mark(0, 0, 0, seconds * 10**9))


def test_portions_keep_the_order_and_the_bounds(tmp_path: Path) -> None:
    sizes = [60, 900, 60, 60, 60, 60]
    made = [the_source(a_call(tmp_path, n, size_bytes=size)) for n, size in enumerate(sizes)]
    told = [[s.mark.size_bytes for s in portion] for portion in portions(made, 3, 500)]
    assert told == [[60], [900], [60, 60, 60], [60]]


def again(path: Path, *roots: Path) -> list[str]:
    return [
        str(found) if not isinstance(found, Source) else found.path.name
        for found in find_changed(path, roots)
    ]


def test_what_is_found_again_is_what_the_whole_folder_tells(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    call = a_call(spool / "2024" / "07")
    a_call(spool / ".trash")
    a_call(spool, 1, name=".part.wav")
    a_call(spool, 2, name="Master.csv")
    a_call(tmp_path / "elsewhere", 3)
    (spool / "led").symlink_to("../elsewhere")
    for changed in (call, spool / "2024", spool / "2024" / "07"):
        assert again(changed, spool) == [call.name]
    nothing = (
        spool,
        spool / "gone.wav",
        spool / ".trash",
        spool / ".trash" / a_name(),
        spool / ".part.wav",
        spool / "Master.csv",
        spool / "led" / a_name(3),
        tmp_path / "elsewhere",
    )
    assert [again(changed, spool) for changed in nothing] == [[]] * len(nothing)
    (led,) = find_changed(spool / "led", [spool])
    assert isinstance(led, Quarantined)


def test_a_link_into_a_folder_that_is_closed_to_us_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "link.wav").symlink_to(tmp_path / ("x" * 300))  # no such name can be asked for
    (found,) = find_sources([tmp_path])
    assert isinstance(found, Quarantined)
