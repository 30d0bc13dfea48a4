"""Files made to do mischief, through the real command: each is refused, or does nothing.

A name can hold any byte but a slash and a NUL, which the system itself refuses.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import stat
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from contextlib import chdir
from io import FileIO
from pathlib import Path
from typing import ClassVar

import pytest

from callrec.intake import reading as intake_reading
from callrec.system.files import open_to_read
from house.call_records import a_row, records
from house.commands import Answer, type_in
from house.practices import House
from house.spool import a_call, a_wave, left_in, originals_of

HARMFUL = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode's categories of what moves, hides or reverses text, and of what is no character."""


def is_neutral(answer: Answer) -> bool:
    said = answer.out + answer.err
    return all(sign == "\n" or unicodedata.category(sign) not in HARMFUL for sign in said)


NAMES = {
    "a new line": b"in\n0 recordings taken in.wav",
    "a carriage return": b"in\rEVIL.wav",
    "an escape that clears": b"\x1b[2J\x1b[31mred.wav",
    "an escape that types": b"\x1b]0;owned\x07\x9b5n.wav",
    "right to left": "in-\u202egpj.wav".encode(),
    "an isolate": "in-\u2066x\u2069.wav".encode(),
    "nothing to see": "in\u200b\u00ad.wav".encode(),
    "a line separator": "in\u2028x\u0085.wav".encode(),
    "markup": b"[bold red]in[link=x][[]].wav",
    "HTML": b"<script>alert(1)<&gt;.wav",
    "a formula": b"=cmd|' C calc'!A0.wav",
    "an option": b"--after=delete.wav",
    "a command": b"$(reboot)`reboot`;reboot|&.wav",
    "a format": b"%s%n{0.__class__}.wav",
    "dots": b"in....wav",
    "backslashes": b"in-..\\..\\etc\\passwd.wav",
    "spaces": b"  in  .wav",
    "no UTF-8": b"in-\xff\xfe\xc3\x28.wav",
    "half a surrogate": b"in-\xed\xa0\x80.wav",
    "255 bytes": ("ü" * 125 + "x.wav").encode(),
    "255 bytes of no UTF-8": b"\xfc" * 251 + b".wav",
    "a name of the telephone system with a way out": b"in-..-..-20240704-140501-1720098301.1.wav",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_hostile_name_is_taken_in_or_listed_and_acts_on_nothing(
    house: House, tmp_path: Path, name: bytes
) -> None:
    spool = tmp_path / "spool"
    for folder, content in (("heard", a_wave(1)), ("note", b"Call back"), ("again", a_wave(1))):
        inside = spool / folder / os.fsdecode(name)
        inside.mkdir(parents=True)
        (inside / os.fsdecode(name)).write_bytes(content)
    files = left_in(spool)
    cdr = ("--cdr", str(records(tmp_path / "cdr.csv", a_row())))
    rehearsed = type_in(house, "door", "ingest", str(spool), "--unrecognised", "--dry-run", *cdr)
    rehearsed_json = type_in(
        house, "door", "ingest", str(spool), "--unrecognised", "--dry-run", "--json"
    )
    done = type_in(house, "door", "ingest", str(spool), "--unrecognised", *cdr)
    again = type_in(house, "door", "ingest", str(spool), "--unrecognised", "--json")
    tried = type_in(house, "door", "ingest", "--try", "--", os.fsdecode(name))
    for answer in (rehearsed, rehearsed_json, done, again, tried):
        assert is_neutral(answer)
        assert answer.status == (8 if answer in (done, again) else 0)
    assert "1 recording taken in" in done.out
    assert len(json.loads(rehearsed_json.out)["items"]) == 3
    told = json.loads(again.out)
    assert (told["duplicates"], [left["why"] for left in told["quarantined"]]) == (
        2,
        ["it is text, not sound"],
    )
    assert originals_of(house) == [a_wave(1)]
    assert left_in(spool) == files


def test_a_nul_in_a_name_is_no_file_of_any_name(house: House) -> None:
    answer = type_in(house, "door", "ingest", "in\0.wav")
    assert answer.status == 4
    assert is_neutral(answer)
    assert type_in(house, "door", "ingest", "--try", "in\0.wav").status == 0


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made, chdir(path.parent):
        made.bind(path.name)


def a_device(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except PermissionError:  # only root makes devices; to the one that is there is the next best
        path.unlink(missing_ok=True)
        os.link("/dev/zero", path)


def a_link(to: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(to)


def a_link_to_a_folder_above(path: Path) -> None:
    path.symlink_to("..")


def a_folder(path: Path) -> None:
    a_call(path, 7)


def an_endless_file(path: Path) -> None:
    with path.open("wb") as file:
        file.write(a_wave(3)[:-4])
        file.truncate(2**42)


def an_endless_headerless_file(path: Path) -> None:
    with path.with_suffix(".raw").open("wb") as file:
        file.truncate(2**42)


def a_file_of_another_link(path: Path) -> None:
    (path.parent.parent / "outside.wav").write_bytes(a_wave(7))
    os.link(path.parent.parent / "outside.wav", path)


OUT = "it is a link that leads out of the folder"

NOWHERE = "it is a link that leads nowhere"

THINGS: dict[str, tuple[Callable[[Path], None], str, int]] = {
    "a link out": (a_link("/etc/passwd"), OUT, 1),
    "a link to a folder outside": (a_link("/etc"), OUT, 1),
    "a link to the folder above": (a_link_to_a_folder_above, OUT, 1),
    "a link to a device": (a_link("/dev/zero"), OUT, 1),
    "a link to nothing": (a_link("nothing.wav"), NOWHERE, 1),
    "a link to itself": (a_link("thing.wav"), NOWHERE, 1),
    "a link to a recording beside it": (a_link("good.wav"), "", 1),
    "a link to its own folder": (a_link("."), "", 1),
    "a pipe": (os.mkfifo, "it is a pipe, not a file", 1),
    "a socket": (a_socket, "it is a socket, not a file", 1),
    "a device": (a_device, "it is a device, not a file", 1),
    "a folder": (a_folder, "", 2),
    "a file of four tebibytes": (an_endless_file, "its header makes no sense", 1),
    "one without a header": (an_endless_headerless_file, "its header makes no sense", 1),
    "another name of a file outside": (a_file_of_another_link, "", 2),
}
"""What lies beside a recording; why it is left, or nothing; how many are taken in."""


@pytest.mark.parametrize(("make", "why", "taken"), THINGS.values(), ids=THINGS)
def test_what_is_no_recording_is_left_and_the_recording_is_taken_in(
    house: House, tmp_path: Path, make: Callable[[Path], None], why: str, taken: int
) -> None:
    spool = tmp_path / "spool"
    a_call(spool, 0, name="good.wav")
    make(spool / "thing.wav")
    rehearsed = type_in(
        house, "door", "ingest", str(spool), "--unrecognised", "--dry-run", "--json"
    )
    done = type_in(house, "door", "ingest", str(spool), "--unrecognised", "--json")
    told = json.loads(done.out)
    left = [each["why"] for each in told["quarantined"]]
    assert told["ingested"] == taken
    assert rehearsed.status == 0
    refused = [each["why"] for each in json.loads(rehearsed.out)["items"] if not each["accepted"]]
    assert refused == left
    assert left == ([why] if why else [])
    assert done.status == (8 if left else 0)
    assert is_neutral(done)


class Disturbed(FileIO):
    """A file to which something happens when its sound is first read."""

    happens: ClassVar[Callable[[Path], None]]
    path: ClassVar[Path]
    has_happened: ClassVar[bool]

    def readinto(self, buffer: memoryview, /) -> int | None:  # type: ignore[override]
        if not Disturbed.has_happened and os.fstat(self.fileno()).st_ino == self.path.stat().st_ino:
            Disturbed.has_happened = True
            Disturbed.happens(self.path)
        return super().readinto(buffer)


def opened_disturbed(path: Path) -> Disturbed:
    with open_to_read(path) as opened:
        return Disturbed(os.dup(opened.fileno()))


def replaced(path: Path) -> None:
    other = path.with_name(".other")
    other.write_bytes(a_wave(9))
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.replace(path)


def made_a_link(path: Path) -> None:
    path.rename(path.with_name(".kept"))
    path.symlink_to("/etc/passwd")


def made_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def removed(path: Path) -> None:
    path.unlink()


def removed_with_its_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


def shortened(path: Path) -> None:
    os.truncate(path, 1000)


def written_on(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def failing(_: Path) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


CHANGED = "it changed while it was read"

GONE = "it cannot be read: no such file or directory"

HAPPENINGS: dict[str, tuple[Callable[[Path], None], str]] = {
    "it is replaced": (replaced, CHANGED),
    "it becomes a link": (made_a_link, CHANGED),
    "it becomes a pipe": (made_a_pipe, CHANGED),
    "it is shortened": (shortened, CHANGED),
    "it is written on": (written_on, CHANGED),
    "it is gone": (removed, GONE),
    "its folder is gone": (removed_with_its_folder, GONE),
    "reading fails": (failing, "it cannot be read: input/output error"),
}


@pytest.mark.parametrize(("happens", "why"), HAPPENINGS.values(), ids=HAPPENINGS)
def test_a_file_to_which_something_happens_while_it_is_read_is_left(
    house: House,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    happens: Callable[[Path], None],
    why: str,
) -> None:
    a_call(tmp_path / "spool" / "a", 0)
    disturbed = a_call(tmp_path / "spool" / "b", 1)
    monkeypatch.setattr(Disturbed, "happens", happens, raising=False)
    monkeypatch.setattr(Disturbed, "path", disturbed, raising=False)
    monkeypatch.setattr(Disturbed, "has_happened", False, raising=False)
    monkeypatch.setattr(intake_reading, "open_to_read", opened_disturbed)
    done = type_in(house, "door", "ingest", str(tmp_path / "spool"), "--after", "delete", "--json")
    told = json.loads(done.out)
    assert (done.status, told["ingested"]) == (8, 1)
    assert [(each["path"], each["why"]) for each in told["quarantined"]] == [(str(disturbed), why)]
    assert originals_of(house) == [a_wave(0)]
    assert list((house.folder / "vault" / "incoming").iterdir()) == []


COMMAND = """
import sys
from datetime import datetime
from callrec.cli.app import run
sys.exit(run(sys.argv[2:], now=lambda: datetime.fromisoformat(sys.argv[1])))
"""

WITHOUT_ROOTS_POWERS = (
    ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
)
"""Root reads what he likes; without these he may only what others may."""


@pytest.mark.parametrize("closed", ["file", "folder"])
def test_what_the_command_may_not_read_is_left(house: House, tmp_path: Path, closed: str) -> None:
    a_call(tmp_path / "spool", 0)
    other = a_call(tmp_path / "spool" / "other", 1)
    (other if closed == "file" else other.parent).chmod(0)
    command = [sys.executable, "-c", COMMAND, house.at.isoformat()]
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CALLREC_")},
        **house.environ,
        "CALLREC_CREDENTIAL": str(house.credential),
        "CALLREC_VAULT": str(house.folder / "vault"),
    }
    done = subprocess.run(
        [*WITHOUT_ROOTS_POWERS, *command, "ingest", str(tmp_path / "spool"), "--json"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    other.parent.chmod(0o755)
    assert done.returncode == 8, done.stderr
    told = json.loads(done.stdout)
    assert (told["ingested"], told["unreadable"]) == (1, 1)
    (left,) = told["quarantined"]
    assert left["why"] == "it cannot be read: permission denied"
