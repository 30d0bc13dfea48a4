"""The story that ``callrec demo`` tells: who does what, in order, and what must come of it."""

from __future__ import annotations

import re
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from callrec.cli.stage import Stage

PASSWORDS: Final = {
    "dora": "lighthouse walks nine slow miles",
    "pat": "copper kettles hum before breakfast",
    "max": "seventeen herons cross the canal",
    "sam": "the attic smells of quince and rope",
}
PROVISIONAL: Final = "borrowed umbrella until Thursday"
PEOPLE: Final = (
    ("pat", "Pat Ellison", "partner"),
    ("max", "Max Harding", "manager"),
    ("sam", "Sam Turnbull", "staff"),
)
CALLS: Final = 24
LAST_DAY: Final = datetime(2026, 3, 12, 16, 40, tzinfo=UTC)
NUMBER: Final = "07700 900461"
ERASED_NUMBER: Final = "07700 900123"
REASON: Final = "A patient complains that nobody called her back as promised"
TAMPERED: Final = 5
REFUSED: Final = 3


def play_story(stage: Stage) -> None:
    """The whole of it, on real files in the stage's folder.

    Raises:
        Failed: something did not come out as it must.
    """
    _found_the_practice(stage)
    _take_calls_in(stage)
    _search(stage)
    _ask_and_approve(stage)
    _release(stage)
    _subject_access(stage)
    _archive(stage)
    _erase(stage)
    _verify(stage)


def _found_the_practice(stage: Stage) -> None:
    stage.scene("A practice begins: a vault, and its Data Controller.")
    for name, password in PASSWORDS.items():
        stage.secret(f"{name}.password", password)
    stage.secret("provisional.password", PROVISIONAL)
    practice = ("--practice", "Hama Medical Centre", "--user", "dora", "--name", "Dora Whitlock")
    stage.callrec("dora", "init", *practice, "--recovery-file", "recovery-kit.txt")
    stage.scene("People join. Each makes a key of his own, which the Data Controller confirms.")
    for name, full_name, role in PEOPLE:
        given = ("--password-file", "people/provisional.password")
        stage.callrec("dora", "user", "add", name, "--name", full_name, "--role", role, *given)
        stage.first_login(name, "provisional.password")
        stage.callrec("dora", "user", "confirm", name, "--yes")
    door = (
        "--name",
        "Telephone intake",
        "--role",
        "intake",
        "--credential-file",
        "door.credential",
    )
    stage.callrec("dora", "user", "add", "door", *door)


def _take_calls_in(stage: Stage) -> None:
    from callrec.telephone.made_up import made_up_calls, write_calls

    stage.scene("Calls come in from the telephone system's spool, encrypted on the way.")
    write_calls(stage.folder / "spool", made_up_calls(LAST_DAY, CALLS), ZoneInfo("Europe/London"))
    stage.service("door.credential", "ingest", "spool")
    stage.remark("The same again brings nothing twice.")
    stage.service("door.credential", "ingest", "spool")


def _search(stage: Stage) -> None:
    stage.scene("Nobody browses: a search needs a reason, and each is on record.")
    month = ("--from", "2026-03-01", "--to", "2026-03-31")
    stage.callrec("max", "search", "--number", NUMBER, *month, exits=REFUSED)
    stage.callrec("max", "search", "--number", NUMBER, *month, "--reason", REASON)


def _ask_and_approve(stage: Stage) -> None:
    stage.scene("A manager asks for one of them; somebody else decides.")
    stage.callrec(
        "max", "request", "create", "--purpose", "complaint", "--reason", REASON,
        "--number", NUMBER, "--date", "unknown", "--time", "unknown", "--extension", "unknown",
        "--party", "unknown", "--complaint", "C-2026-014", "--complainant", "patient",
        "--recording", stage.found_recording(),
    )  # fmt: skip
    stage.remark("Nobody approves his own request.")
    stage.callrec("max", "approve", "R-1", "--yes", exits=REFUSED)
    stage.callrec("pat", "inbox")
    stage.callrec("pat", "approve", "R-1", "--yes")


def _release(stage: Stage) -> None:
    stage.scene("It is released to the one it was granted to, as a package under a passphrase.")
    (stage.folder / "outbox").mkdir()
    channels = ("--deliver-by", "letter", "--passphrase-by", "phone")
    said = stage.callrec("max", "release", "R-1", "--to", "outbox", *channels)
    package = next((stage.folder / "outbox").glob("*.zip"))
    passphrase = _passphrase(said)
    stage.remark("Once only: a second copy is a second approval.")
    stage.callrec("max", "release", "R-1", "--to", "outbox", exits=REFUSED)
    _open_package(stage, package.relative_to(stage.folder), passphrase)


def _passphrase(said: str) -> str:
    found = re.search(r"[Pp]assphrase[^\n]*?:\s*((?:[a-z-]+ ){5}[a-z-]+)", said)
    return found[1] if found else ""


def _open_package(stage: Stage, package: Path, passphrase: str) -> None:
    seven_zip = shutil.which("7z") or shutil.which("7zz")
    if seven_zip is None:
        stage.remark("7-Zip is not installed here; with it, the package opens outside callrec.")
        return
    stage.remark("Outside callrec: 7-Zip opens it, and ssh-keygen checks who signed it.")
    stage.program(
        Path(seven_zip).name,
        "x",
        f"-p{passphrase}",
        "-oopened",
        "-y",
        "-bso0",
        "-bsp0",
        str(package),
    )
    signers = (stage.folder / "opened" / "allowed_signers").read_text(encoding="utf-8")
    if shutil.which("ssh-keygen"):
        check = ("-Y", "verify", "-f", "allowed_signers", "-I", signers.split()[0])
        signed = ("-n", "callrec-release", "-s", "manifest.json.sig")
        stage.program("ssh-keygen", *check, *signed, reads="opened/manifest.json", within="opened")
    stage.remark("With Python alone, and the fingerprint that the practice publishes:")
    fingerprint = _fingerprint(stage.callrec("dora", "fingerprint"))
    verifier = ("python3", "-I", "callrec_verify.py", ".")
    stage.program(*verifier, "--pin", fingerprint, within="opened")
    stage.remark("One byte of a recording is changed: it is found.")
    _change_last_byte(stage.folder / "opened" / "recordings" / "01-listening.wav")
    stage.program(*verifier, "--pin", fingerprint, within="opened", exits=TAMPERED)


def _fingerprint(said: str) -> str:
    found = re.search(r"(?:[0-9a-f]{8}\s+){7}[0-9a-f]{8}", said)
    return " ".join(found[0].split()) if found else ""


def _change_last_byte(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def _subject_access(stage: Stage) -> None:
    stage.scene("A patient wants a copy of her own calls: the law sets a day, and they are held.")
    stage.callrec("sam", "due", "subject-access", "--received", "today")
    stage.callrec(
        "sam", "request", "create", "--purpose", "subject-access",
        "--reason", "The patient asks for a copy of her own calls",
        "--number", NUMBER, "--date", "unknown", "--time", "unknown", "--extension", "unknown",
        "--party", "unknown", "--subject", "Jean Alder", "--received", "today",
        "--received-how", "spoken", "--identity", "unknown", "--authority", "none", "--copy",
    )  # fmt: skip
    stage.remark("Staff may ask and not search; what matches is held until the request is closed.")
    stage.callrec("dora", "request", "event", "R-2", "identity", "--on", "today")
    stage.callrec("dora", "hold", "list")
    _page_for_the_patient(stage)


def _page_for_the_patient(stage: Stage) -> None:
    stage.scene("Somebody else is heard in it: the Data Controller has that silenced.")
    month = ("--from", "2026-03-01", "--to", "2026-03-31")
    stage.callrec("max", "search", "--number", NUMBER, *month, "--request", "R-2")
    stage.callrec("max", "request", "attach", "R-2", stage.found_recording())
    silenced = ("--silence", "0:01-0:02.5=third-party")
    stage.callrec("dora", "approve", "R-2", "--yes", *silenced)
    heard = "Her daughter speaks in the background and is silenced"
    stage.callrec("sam", "request", "event", "R-2", "third-parties", "--on", "today",
        "--reason", heard)  # fmt: skip
    stage.remark("A page that any browser opens, with a player, the certificate and all proofs.")
    ways = ("--deliver-by", "email", "--passphrase-by", "phone")
    stage.callrec("sam", "release", "R-2", "--to", "outbox", "--form", "html", *ways)
    stage.callrec("sam", "request", "event", "R-2", "handed-over", "--on", "today",
        "--by", "email", "--to-whom", "Jean Alder")  # fmt: skip


def _archive(stage: Stage) -> None:
    stage.scene("Everything is archived to an external drive, as a BagIt bag.")
    (stage.folder / "drive").mkdir()
    stage.callrec("dora", "archive", "--to", "drive", "--label", "drive-a", "--yes")
    stage.callrec("dora", "archive", "verify", "drive")
    stage.remark("Outside callrec: the bag's checksums, by sha256sum.")
    bag = next((stage.folder / "drive" / "bags").iterdir()).relative_to(stage.folder)
    stage.program("sha256sum", "--check", "--quiet", "manifest-sha256.txt", within=str(bag))


def _erase(stage: Stage) -> None:
    stage.scene(
        "Somebody wants a call erased. What the Data Controller approves reaches the drive."
    )
    month = ("--from", "2026-03-01", "--to", "2026-03-31")
    why = ("--reason", "A patient wants his call to be erased")
    stage.callrec("max", "search", "--number", ERASED_NUMBER, *month, *why)
    recording = ("--recording", stage.found_recording())
    stage.callrec(
        "max", "request", "create", "--purpose", "erasure", *why,
        "--number", ERASED_NUMBER, "--date", "unknown", "--time", "unknown",
        "--extension", "unknown", "--party", "unknown", "--subject", "Ken Marsh",
        "--received", "today", *recording,
    )  # fmt: skip
    stage.callrec("dora", "approve", "R-3", "--yes", *recording)
    stage.remark("The drive lies in a drawer: it owes its part.")
    stage.program("mv", "drive", "drawer")
    stage.callrec("dora", "erase", "R-3", "--yes")
    stage.remark("It is attached again: its bag and its copy of the catalogue are written anew.")
    stage.program("mv", "drawer", "drive")
    (stage.folder / "certificates").mkdir()
    stage.callrec("dora", "erase", "R-3", "--volume", "drive", "--to", "certificates", "--yes")
    stage.callrec("dora", "archive", "verify", "drive")


def _verify(stage: Stage) -> None:
    stage.scene("Afterwards anybody can show who did what.")
    stage.callrec("dora", "audit", "list", "--limit", "12")
    stage.callrec("dora", "audit", "verify")
    stage.scene("In a copy of the vault, one byte of the approval is changed: it is found.")
    shutil.copytree(stage.folder / "vault", stage.folder / "tampered")
    _change_one_byte(stage.folder / "tampered" / "catalogue.sqlite")
    stage.callrec("dora", "audit", "verify", "--vault", "tampered", exits=TAMPERED)
    shutil.rmtree(stage.folder / "tampered")


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
