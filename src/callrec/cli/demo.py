"""The whole of it on a small made-up practice."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import textwrap
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from callrec.cli import options
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.output import Output
from callrec.errors import Failed, Refused, Tampered, Unusable
from callrec.system.files import remove_folder
from callrec.system.modules import python_command
from callrec.system.rights import make_private_folder
from callrec.system.shell import RENAME, find_program, joined, set_variable

demo_app = new_app()


@demo_app.command()
def demo(ctx: Context, *, keep: options.Keep = None) -> None:
    """Show callrec at work in a small made-up practice: each command as typed, with its reply.

    The commands and files are real; only the calls are made up. They are taken in. One is searched
    for, requested, approved by a second person and released. All are archived. Then one byte of the
    record is changed, and the check finds it. All this is in a new folder, which is deleted at the
    end unless you add --keep.
    """
    out = ctx.obj.out
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="callrec-demo-") as folder:
            stage = Stage(Path(folder).resolve(), out)
            play_story(stage)
        gone = ("", "That was in a temporary folder, which is gone.")
        out.show({"folder": None, "played": stage.played}, gone)
        out.next_step("callrec demo --keep DIR, to look around afterwards")
        return
    try:
        keep.mkdir(parents=True, exist_ok=True)
        is_empty = not any(keep.iterdir())
    except OSError as error:
        raise Unusable(
            f'"{keep}" is no folder that can be used: {str(error.strerror).lower()}',
            hint="name a new folder",
        ) from error
    if not is_empty:
        raise Unusable(f'"{keep}" is not empty', hint="name a new folder")
    stage = Stage(keep.resolve(), out)
    play_story(stage)
    how_to_look_around = (
        "",
        "To look around, be the Data Controller in your shell:",
        # One a line: where a terminal is narrow, each is still one line to copy.
        *(
            f"  {set_variable(name, str(value))}"
            for name, value in stage.as_data_controller.items()
        ),
    )
    out.show({"folder": stage.folder, "played": stage.played}, how_to_look_around)
    for command in ("callrec status", "callrec audit list", "callrec request show R-1"):
        out.next_step(command)


CONFIGURATION: Final = """\
# Made by callrec demo. Passwords are locked with the least memory that is allowed, for speed; a
# practice leaves these out.
vault = "vault"

[passwords]
memory_mib = 64
approver_memory_mib = 64
"""

WIDTH: Final = 78


class Stage:
    """Runs commands in one folder, shows each as typed with its output, and checks its status."""

    def __init__(self, folder: Path, out: Output) -> None:
        """Set the stage in ``folder``, which is there and empty."""
        self.folder = folder
        self._out = out
        self._said = ""
        self.played: list[Mapping[str, Any]] = []
        """Each command as typed, how it ended and what it printed."""
        (folder / "callrec.toml").write_text(CONFIGURATION, encoding="utf-8")
        make_private_folder(folder / "people")
        kept = {name: value for name, value in os.environ.items() if "CALLREC" not in name}
        self._environ = {
            **kept,
            "CALLREC_CONFIG": str(folder / "callrec.toml"),
            "XDG_STATE_HOME": str(folder / "state"),
            "COLUMNS": "80",
        }

    @property
    def as_data_controller(self) -> Mapping[str, str | Path]:
        """What the Data Controller has in their environment."""
        return {
            "CALLREC_CONFIG": self.folder / "callrec.toml",
            "XDG_STATE_HOME": self.folder / "state",
            "CALLREC_USER": "dora",
            "CALLREC_PASSWORD_FILE": self.folder / "people" / "dora.password",
        }

    def scene(self, what: str) -> None:
        """What happens next, as a heading."""
        self._out.say(("", f"== {what}"))

    def remark(self, what: str) -> None:
        """A comment on what happens."""
        self._out.say(("", *(f"# {line}" for line in textwrap.wrap(what, WIDTH - 2))))

    def secret(self, name: str, password: str) -> None:
        """A file below ``people`` that only its owner can read."""
        from callrec.system.files import write_private

        write_private(self.folder / "people" / name, f"{password}\n".encode())

    def callrec(self, who: str, *words: str, exits: int = 0) -> str:
        """A command of a person who gives their password; returns what it printed."""
        environ = self._as(who, f"{who}.password")
        return self._play(self.prompt(who), ("callrec", *words), environ, exits)

    def service(self, credential: str, *words: str) -> str:
        """A command of a service with a credential file."""
        environ = {"CALLREC_CREDENTIAL": str(self.folder / credential)}
        return self._play("intake $", ("callrec", *words), environ)

    def first_login(self, who: str, provisional: str) -> str:
        """Somebody's first login: the password that they were given, then their own."""
        own = {"CALLREC_NEW_PASSWORD_FILE": str(self.folder / "people" / f"{who}.password")}
        return self._play(self.prompt(who), ("callrec", "login"), self._as(who, provisional) | own)

    def prompt(self, who: str) -> str:
        """What stands before a command of theirs."""
        return f"{who} $"

    def program(
        self, *words: str, within: str = ".", reads: str | None = None, exits: int = 0
    ) -> str:
        """A program that is not callrec."""
        return self._play("$", words, {}, exits, within=within, reads=reads)

    def found_recording(self) -> str:
        """The first recording's number in the table that the last command showed."""
        numbers = re.findall(r"^ *(\d+) ", self._said, re.MULTILINE)
        if not numbers:
            raise Failed("the demonstration went wrong: nothing was found")
        return str(numbers[0])

    def _as(self, who: str, password: str) -> dict[str, str]:
        file = self.folder / "people" / password
        return {
            "CALLREC_USER": who,
            "CALLREC_PASSWORD_FILE": str(file),
            "CALLREC_COUNTERSIGN_PASSWORD_FILE": str(file.with_name("pat.password")),
            "CALLREC_SESSION": who,  # each sits at a terminal of their own, and here is none
        }

    def _play(
        self,
        prompt: str,
        words: tuple[str, ...],
        environ: Mapping[str, str],
        exits: int = 0,
        *,
        within: str = ".",
        reads: str | None = None,
    ) -> str:
        typed = f"{prompt} {joined(words)}{f' < {reads}' if reads else ''}"
        self._out.say("")
        self._out.say(textwrap.wrap(typed, WIDTH, subsequent_indent="    ", break_on_hyphens=False))
        own = python_command("callrec", "-u")
        named = own if words[0] == "callrec" else (find_program(words[0], os.environ) or own[0],)
        done = subprocess.run(  # noqa: S603 - our own words
            (*named, *words[1:]),
            cwd=self.folder / within,
            env={**self._environ, **environ},
            input=(self.folder / reads).read_bytes() if reads else b"",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        self._said = done.stdout.decode(errors="replace").replace(f"{self.folder}{os.sep}", "")
        self.played.append({"typed": typed, "exit": done.returncode, "said": self._said})
        self._out.say(self._said.splitlines())
        if done.returncode != exits:
            raise Failed(
                f"the demonstration went wrong: exit status {done.returncode}, not {exits}",
                hint="callrec demo --keep DIR keeps the folder to look at",
            )
        if exits:
            self._out.say(f"[exit {exits}]")
        return self._said


PASSWORDS: Final = {
    "dora": "lighthouse walks nine slow miles",
    "pat": "copper kettles hum before breakfast",
    "max": "seventeen herons cross the canal",
    "sam": "the attic smells of quince and rope",
}

PEOPLE: Final = (
    ("pat", "Pat Ellison", "partner"),
    ("max", "Max Harding", "manager"),
    ("sam", "Sam Turnbull", "staff"),
)

_BY_PAT: Final = ("--countersign", "pat")

_SECOND: Final[Mapping[str, tuple[str, ...]]] = {"pat": ()}
"""Who signs for somebody besides the Data Controller: for the first there is nobody yet."""

MARCH: Final = ("--from", "2026-03-01", "--to", "2026-03-31")

NUMBER: Final = "07700 900461"

ERASED_NUMBER: Final = "07700 900123"

REASON: Final = "A patient complains that nobody called them back as promised"

REST_UNKNOWN: Final = (
    *("--date", "unknown", "--time", "unknown"),
    *("--extension", "unknown", "--party", "unknown"),
)
"""Of a call, besides its number."""


def play_story(stage: Stage) -> None:
    """The whole of it, on real files in the stage's folder."""
    found_the_practice(stage)
    take_calls_in(stage)
    search(stage)
    ask_and_approve(stage)
    release(stage)
    subject_access(stage)
    archive(stage)
    erase(stage)
    _verify(stage)


def found_the_practice(stage: Stage) -> None:
    stage.scene("Set up the practice and its Data Controller.")
    for name, password in PASSWORDS.items():
        stage.secret(f"{name}.password", password)
    stage.secret("provisional.password", "borrowed umbrella until Thursday")
    practice = ("--practice", "Hama Medical Centre", "--user", "dora", "--name", "Dora Whitlock")
    contact = ("--contact", "telephone 01632 960000")
    stage.callrec("dora", "init", *practice, *contact, "--recovery-file", "recovery-kit.txt")
    stage.scene("People join. Each makes a key, and reads its six words to the Data Controller.")
    for name, full_name, role in PEOPLE:
        given = ("--password-file", "people/provisional.password")
        stage.callrec("dora", "user", "add", name, "--name", full_name, "--role", role, *given)
        shown = stage.first_login(name, "provisional.password")
        words = ("--words", _read(r"(?m)^  ((?:[a-z]+ ){5}[a-z]+)$", shown))
        stage.callrec("dora", "user", "confirm", name, *words, *_SECOND.get(name, _BY_PAT))
    door = ("--name", "Telephone intake", "--role", "intake")
    stage.callrec(
        "dora", "user", "add", "door", *door, "--credential-file", "door.credential", *_BY_PAT
    )


def take_calls_in(stage: Stage) -> None:
    from callrec.telephone.made_up import made_up_calls, write_calls

    stage.scene("Calls come in from the telephone system's spool, encrypted on the way.")
    calls = made_up_calls(datetime(2026, 3, 12, 16, 40, tzinfo=UTC), 24)
    write_calls(stage.folder / "spool", calls, ZoneInfo("Europe/London"))
    stage.service("door.credential", "ingest", "spool")
    stage.remark("The same again brings nothing twice.")
    stage.service("door.credential", "ingest", "spool")


def search(stage: Stage) -> None:
    stage.scene("Every search needs a reason, and is recorded.")
    stage.callrec("max", "search", "--number", NUMBER, *MARCH, exits=Refused.exit_status)
    stage.callrec("max", "search", "--number", NUMBER, *MARCH, "--reason", REASON)


def ask_and_approve(stage: Stage) -> None:
    stage.scene("A manager asks for one of them; another person decides.")
    stage.callrec(
        "max", "request", "create", "complaint", "--reason", REASON,
        "--number", NUMBER, *REST_UNKNOWN, "--complaint", "C-2026-014",
        "--complainant", "patient", "--recording", stage.found_recording(),
    )  # fmt: skip
    stage.remark("You cannot approve your own request.")
    stage.callrec("max", "approve", "R-1", "--yes", exits=Refused.exit_status)
    stage.callrec("pat", "inbox")
    stage.callrec("pat", "approve", "R-1", "--yes")


def release(stage: Stage) -> None:
    stage.scene("The person whom it was granted to releases it, as a package with a passphrase.")
    (stage.folder / "outbox").mkdir()
    channels = ("--deliver-by", "letter", "--passphrase-by", "phone")
    output = stage.callrec("max", "release", "R-1", "--to", "outbox", *channels)
    package = next((stage.folder / "outbox").glob("*.zip"))
    passphrase = _read(r"[Pp]assphrase[^\n]*?:\s*((?:[a-z-]+ ){5}[a-z-]+)", output)
    stage.remark("It can be released once: a second copy needs a second approval.")
    stage.callrec("max", "release", "R-1", "--to", "outbox", exits=Refused.exit_status)
    _open_package(stage, package.relative_to(stage.folder), passphrase)


def _read(pattern: str, output: str) -> str:
    found = re.search(pattern, output)
    return " ".join(found[1].split()) if found else ""


def _open_package(stage: Stage, package: Path, passphrase: str) -> None:
    seven_zip = find_program("7z", os.environ) or find_program("7zz", os.environ)
    if seven_zip is None:
        stage.remark("7-Zip is not installed here; with it, the package opens outside callrec.")
        return
    stage.remark("Outside callrec: 7-Zip opens it, and ssh-keygen checks who signed it.")
    quietly = ("-y", "-bso0", "-bsp0")
    words = ("x", f"-p{passphrase}", "-oopened", *quietly, str(package))
    stage.program(Path(seven_zip).name, *words)
    signers = (stage.folder / "opened" / "allowed_signers").read_text(encoding="utf-8")
    if find_program("ssh-keygen", os.environ):
        check = ("-Y", "verify", "-f", "allowed_signers", "-I", signers.split()[0])
        signed = ("-n", "callrec-release", "-s", "manifest.json.sig")
        stage.program("ssh-keygen", *check, *signed, reads="opened/manifest.json", within="opened")
    stage.remark("With Python alone, and the fingerprint that the practice publishes:")
    output = stage.callrec("dora", "practice", "fingerprint")
    fingerprint = _read(r"((?:[0-9a-f]{8}\s+){7}[0-9a-f]{8})", output)
    verifier = ("python3", "-I", "callrec_verify.py", ".")
    stage.program(*verifier, "--pin", fingerprint, within="opened")
    stage.remark("One byte of a recording is changed: it is found.")
    recording = stage.folder / "opened" / "recordings" / "01-listening.wav"
    data = recording.read_bytes()
    recording.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    stage.program(*verifier, "--pin", fingerprint, within="opened", exits=Tampered.exit_status)


def subject_access(stage: Stage) -> None:
    stage.scene(
        "A patient wants a copy of their calls: the law sets a day, and the calls are held."
    )
    stage.callrec("sam", "request", "due", "subject-access", "--received", "today")
    stage.callrec(
        "sam", "request", "create", "subject-access",
        "--reason", "The patient asks for a copy of their own calls",
        "--number", NUMBER, *REST_UNKNOWN, "--subject", "Jean Alder", "--received", "today",
        "--received-how", "spoken", "--identity", "unknown", "--authority", "none", "--copy",
    )  # fmt: skip
    stage.remark("Staff may ask and not search; what matches is held until the request is closed.")
    stage.callrec("dora", "request", "event", "R-2", "identity", "--on", "today")
    stage.callrec("dora", "hold", "list")
    _page_for_the_patient(stage)


def _page_for_the_patient(stage: Stage) -> None:
    stage.scene("Another person is heard in it: the Data Controller has that silenced.")
    stage.callrec("max", "search", "--number", NUMBER, *MARCH, "--request", "R-2")
    recording = stage.found_recording()
    stage.remark("The law gives a right to every call that matches: all of them are gathered.")
    stage.callrec("max", "request", "gather", "R-2")
    silenced = ("--silence", f"{recording}@0:01-0:02.5=third-party")
    stage.callrec("dora", "approve", "R-2", "--yes", *silenced)
    heard = "Her daughter speaks in the background and is silenced"
    stage.callrec("sam", "request", "event", "R-2", "third-parties", "--on", "today",
        "--reason", heard,
        "--not-heard", "1-999=It was played to the Data Controller before this")  # fmt: skip
    stage.remark("A page that any browser opens, with a player, the certificate and all proofs.")
    ways = ("--deliver-by", "email", "--passphrase-by", "phone")
    stage.callrec("sam", "release", "R-2", "--to", "outbox", "--form", "html", *ways)
    stage.callrec("sam", "request", "event", "R-2", "handed-over", "--on", "today",
        "--by", "email", "--to-whom", "Jean Alder")  # fmt: skip


def archive(stage: Stage) -> None:
    stage.scene("Everything is archived to an external drive, as a BagIt bag.")
    (stage.folder / "drive").mkdir()
    stage.callrec("dora", "archive", "--to", "drive", "--label", "drive-a", "--yes")
    stage.callrec("dora", "archive", "verify", "drive")
    if find_program("sha256sum", os.environ):
        stage.remark("Outside callrec: the bag's checksums, by sha256sum.")
        bag = next((stage.folder / "drive" / "bags").iterdir()).relative_to(stage.folder)
        stage.program("sha256sum", "--check", "--quiet", "manifest-sha256.txt", within=str(bag))


def erase(stage: Stage) -> None:
    stage.scene(
        "A patient wants a call erased. What the Data Controller approves reaches the drive."
    )
    why = ("--reason", "A patient wants a call to be erased")
    stage.callrec("max", "search", "--number", ERASED_NUMBER, *MARCH, *why)
    recording = ("--recording", stage.found_recording())
    stage.callrec(
        "max", "request", "create", "erasure", *why,
        "--number", ERASED_NUMBER, *REST_UNKNOWN, "--subject", "Ken Marsh",
        "--received", "today", "--identity", "passport seen by max", "--authority", "none",
        *recording,
    )  # fmt: skip
    stage.callrec("dora", "approve", "R-3", "--yes", *recording)
    stage.remark("The drive lies in a drawer: it still holds the call.")
    stage.program(*RENAME, "drive", "drawer")
    stage.callrec("dora", "request", "erase", "R-3", "--yes")
    stage.remark("It is attached again: its bag and its copy of the catalogue are written anew.")
    stage.program(*RENAME, "drawer", "drive")
    (stage.folder / "certificates").mkdir()
    at_last = ("--drive", "drive", "--to", "certificates", "--yes")
    stage.callrec("dora", "request", "erase", "R-3", *at_last)
    stage.callrec("dora", "archive", "verify", "drive")


def _verify(stage: Stage) -> None:
    stage.scene("Afterwards it can be shown who did what.")
    stage.callrec("dora", "audit", "list", "--limit", "12")
    stage.callrec("dora", "audit", "verify")
    stage.scene("In a copy of the vault, one byte of the approval is changed: it is found.")
    shutil.copytree(stage.folder / "vault", stage.folder / "tampered")
    _change_one_byte(stage.folder / "tampered" / "catalogue.sqlite")
    stage.callrec("dora", "audit", "verify", "--vault", "tampered", exits=Tampered.exit_status)
    remove_folder(stage.folder / "tampered")


def _change_one_byte(catalogue: Path) -> None:
    """In the leaf of the approval, so that somebody else would have approved."""
    # As text: some builds of SQLite find nothing LIKE a pattern in bytes.
    approval = """CAST(body AS TEXT) LIKE '%"act":"request.approved"%"outcome":"done"%'"""
    connection = sqlite3.connect(catalogue)
    with connection:
        (body,) = connection.execute(f"SELECT body FROM leaf WHERE {approval}").fetchone()  # noqa: S608 - our own words
        place = body.index(b'"actor":"') + len(b'"actor":"')
        changed = bytes([*body[:place], body[place] ^ 1, *body[place + 1 :]])
        connection.execute("UPDATE leaf SET body = ? WHERE body = ?", (changed, body))
    connection.close()
