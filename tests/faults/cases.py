"""The commands that are made to fail, the practice that each is typed in, and what it promises.

A promise is looked at twice: right after the fault, and after the command was typed again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Final

from callrec.catalogue.engine import FILE_NAME
from callrec.keys.audit import audit_keys
from callrec.keys.rotating import rotate_keys
from callrec.package import callrec_verify
from callrec.policy.role import VaultKey
from callrec.volume.volume import is_volume
from house.drives import (
    archive,
    archived_twice,
    contents,
    drive,
    not_readable,
    on_two_drives,
    one_more_call,
    verify,
)
from house.erasures import bags_of, erase, found_in, secrets_of, to_be_erased, tokens_of
from house.older_vaults import SECOND, begin_second_schema, sql
from house.packages import acts_of, outbox
from house.practices import House
from house.requests import a_request, approved, grants_of, rows, state_of, with_recordings
from house.spool import a_call, a_wave, originals_of, take_in
from house.subjects import a_person
from house.vault_keys import versions


def has_catalogue(house: House) -> bool:
    return (house.folder / "vault" / FILE_NAME).exists()


def nothing_more(_: object) -> Iterator[str]:
    yield from ()


NOTHING: Final = "$^"
"""A pattern that fits no trial."""


@dataclass(frozen=True, slots=True)
class Case:
    """One command."""

    prepare: Callable[[House], object]
    """Makes a practice ready for it."""
    words: Callable[[House], Iterable[str]]
    """What is typed after ``callrec``."""
    who: str
    """Who types it: a login, or ``door`` for the intake service."""
    is_done: Callable[[House], bool]
    """Whether all of it is: what is promised once the command says so."""
    kept: Callable[[House], Iterator[str]] = nothing_more
    """What is wrong, of what has to hold at any moment."""
    done_already: frozenset[int] = frozenset({0})
    """The exit statuses of a command that is typed again where it was done, and had not said so."""
    before_again: Callable[[House], object] = lambda _: None
    """What happens until it is typed again."""
    opens: Callable[[House], bool] = has_catalogue
    """Whether there is a vault, yet, that can be opened."""
    halfway: str = NOTHING
    """A pattern of what doctor and audit verify say until it is typed again, by nature."""
    by_nature: str = NOTHING
    """A pattern of trials, with what is wrong then by nature (docs/evidence/faults.md)."""
    once_failed: str = NOTHING
    """A pattern of trials in which something once was wrong: they are made whatever the share."""


# init


def bare(house: House) -> None:
    for name in ("vault", "state", "door.credential"):
        path = house.folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def has_its_kit(house: House) -> Iterator[str]:
    kit = house.folder / "kit.txt"
    if has_catalogue(house) and not (kit.exists() and "Words of the kit" in kit.read_text()):
        yield "there is a vault and no recovery kit of it"


def put_kit_away(house: House) -> None:
    """A kit of no vault; nothing writes over one."""
    if not has_catalogue(house):
        (house.folder / "kit.txt").unlink(missing_ok=True)


# ingest

CALLS: Final = 6


def with_new_calls(house: House) -> None:
    with_recordings(house, 3)
    for path in (house.folder / "spool").iterdir():
        path.unlink()
    for call in range(3, CALLS):
        a_call(house.folder / "spool", call)


def is_taken_in(house: House) -> bool:
    """A source may come back, if its removal was not durable; it is known then."""
    held = originals_of(house)
    return all(a_wave(call) in held for call in range(CALLS))


def no_call_is_lost(house: House) -> Iterator[str]:
    held = [*originals_of(house), *contents(house.folder / "spool").values()]
    for call in range(CALLS):
        if a_wave(call) not in held:
            yield f"call {call} is neither in the spool nor in the vault"


# approve and release


def asked(house: House) -> None:
    with_recordings(house)
    a_request(house)


def is_granted(house: House) -> bool:
    return state_of(house, "R-1") == "approved" and len(grants_of(house, "R-1")) == 2


def is_granted_or_not(house: House) -> Iterator[str]:
    state, some = state_of(house, "R-1"), rows(house, "SELECT * FROM grant_")
    if (state, len(some)) not in {("approved", 2), ("submitted", 0)}:
        yield f"the request is {state}, with {len(some)} grants"


def is_written(house: House) -> bool:
    return "request.letter-written" in acts_of(house)


def no_letter_is_half(house: House) -> Iterator[str]:
    acts, kept = acts_of(house), len(rows(house, "SELECT * FROM request_words"))
    if acts.count("request.letter-written") != kept:
        yield f"{kept} letters are kept, after {acts}"


def granted(house: House) -> None:
    with_recordings(house)
    approved(house)
    shutil.rmtree(house.folder / "spool")
    outbox(house)


def is_delivered(house: House) -> bool:
    packages = [path.suffix for path in outbox(house).iterdir()]
    return acts_of(house)[-1] == "release.delivered" and packages == [".zip"]


def is_released_or_not(house: House) -> Iterator[str]:
    left = len(rows(house, "SELECT * FROM grant_"))
    if left != (0 if "release.delivered" in acts_of(house) else 2):
        yield f"{left} grants, after {acts_of(house)}"
    for path in house.folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        if any(a_wave(call)[500:532] in data for call in range(3)):
            yield f"sound in the clear in {path}"


# register


def an_extract(house: House) -> Path:
    return outbox(house) / "access.csv"


def is_extracted(house: House) -> bool:
    return an_extract(house).is_file()


def no_extract_is_half(house: House) -> Iterator[str]:
    if is_extracted(house) and not an_extract(house).read_bytes().endswith(b"\r\n"):
        yield "an extract of a register is not whole"


# settings


def with_new_rules(house: House) -> None:
    with_recordings(house)
    (house.folder / "rules.toml").write_text("[search]\nwidest_window_days = 2\n")


def rules_of(house: House) -> tuple[int, int]:
    """Their version, and what one of them says."""
    house.open()
    newest = house.practice.register.newest_settings()
    return newest.version, newest.settings.search.widest_window_days


def is_decided(house: House) -> bool:
    return rules_of(house) == (2, 2)


def is_decided_or_not(house: House) -> Iterator[str]:
    if (rules := rules_of(house)) not in {(1, 1), (2, 2)}:
        yield f"the rules are {rules}"


# archive, restore and erase


def on_drive(house: House) -> None:
    archived_twice(house)
    house.at = house.at.replace(day=27)


def waiting(house: House) -> None:
    on_drive(house)
    one_more_call(house)


def is_archived(house: House) -> bool:
    if not is_volume(drive(house)):
        return False
    report = verify(house, drive(house))
    return (report.checked, report.faults) == (5, ())


def bags_are_whole(house: House) -> Iterator[str]:
    bags_of(*house.folder.glob("drive-*"))
    yield from ()


def on_both_drives(house: House) -> None:
    on_two_drives(house)
    house.at = house.at.replace(day=27)


def is_let_go(house: House) -> bool:
    return not [*house.practice.store.names()] and not [*bags_are_whole_and_all_is_readable(house)]


def bags_are_whole_and_all_is_readable(house: House) -> Iterator[str]:
    yield from bags_are_whole(house)
    yield from not_readable(house)


def lost(house: House) -> None:
    on_drive(house)
    house.close()
    for name in ("vault", "state"):
        shutil.rmtree(house.folder / name)


def is_restored(house: House) -> bool:
    if not has_catalogue(house):
        return False
    names = [row.ciphertext for row in rows(house, "SELECT ciphertext FROM recording")]
    return all(map(house.practice.store.has, names)) and len(originals_of(house)) == 4


def known_to_be_erased(house: House) -> None:
    to_be_erased(house)
    told = [secret.hex() for secret in secrets_of(house, 1, 2, 5)]
    (house.folder / "secrets").write_text(json.dumps(told))
    house.at = house.at.replace(day=27)


def volumes_of(house: House) -> tuple[Path, Path]:
    return drive(house, "drive-a"), drive(house, "drive-b")


def is_erased(house: House) -> bool:
    told = json.loads((house.folder / "secrets").read_text())
    secrets = [bytes.fromhex(each) for each in told]
    volumes = volumes_of(house)
    return (
        state_of(house, "R-1") == "closed"
        and not any(verify(house, each).faults for each in volumes)
        and found_in(secrets, house.config.vault, *volumes) == []
    )


def is_erased_or_not(house: House) -> Iterator[str]:
    yield from bags_are_whole(house)
    if state_of(house, "R-1") != ("approved" if tokens_of(house, 1, 2, 5) else "closed"):
        yield "it is destroyed in part"


def destroyed(house: House) -> None:
    to_be_erased(house)
    assert erase(house, "R-1", *volumes_of(house)).is_done
    outbox(house)


def a_certificate(house: House) -> Path:
    return outbox(house) / "C-1"


def is_certified(house: House) -> bool:
    folder = a_certificate(house)
    files = {path.name: partial(BytesIO, path.read_bytes()) for path in folder.glob("*")}
    return bool(files) and not callrec_verify.check(files).problems


def is_certified_or_not(house: House) -> Iterator[str]:
    if a_certificate(house).exists() and not is_certified(house):
        yield "a certificate is not whole"


# retention undo


def taken_in_by_mistake(house: House) -> None:
    with_recordings(house)
    take_in(house, a_call(house.folder / "spool", 7), a_call(house.folder / "spool", 8))
    house.open()


def newest_batch(house: House) -> str:
    [(batch,)] = rows(house, "SELECT batch FROM recording ORDER BY id DESC LIMIT 1")
    return bytes(batch).hex() if isinstance(batch, bytes) else str(batch)


def is_proposed(house: House) -> bool:
    return proposals(house) == 1


def is_proposed_at_most_once(house: House) -> Iterator[str]:
    if proposals(house) > 1:
        yield "it is proposed twice"


def proposals(house: House) -> int:
    [(found,)] = rows(house, "SELECT count(*) FROM request")
    return int(found)


# keys


def keys_are_sound(house: House) -> Iterator[str]:
    yield from map(str, audit_keys(house.practice))
    if len(originals_of(house)) != 3:
        yield "a recording does not open"


def rotated(house: House) -> None:
    with_recordings(house)
    a_request(house)
    rotate_keys(house.practice, house.actor("dora"), tuple(VaultKey))
    house.open()


def is_renewed(house: House) -> bool:
    return all(house.practice.register.newest(key).version > 1 for key in VaultKey)


def is_resealed(house: House) -> bool:
    lies_under = versions(house)
    del lies_under["batch, recordings"]  # that is another command's
    return all(each <= {2} for each in lies_under.values())


def is_sealed_anew(house: House) -> bool:
    named = {row.ciphertext for row in rows(house, "SELECT ciphertext FROM recording")}
    return {*house.practice.store.names()} == named and not rows(
        house,
        "SELECT 1 FROM recording JOIN batch ON batch.id = recording.batch"
        " WHERE batch.recordings_version < 2",
    )


# migrate


def older(house: House) -> None:
    with_recordings(house)
    house.practice.engine.dispose()
    begin_second_schema()


def is_migrated(house: House) -> bool:
    return sql(house, "SELECT version_num FROM alembic_version") == [(SECOND,)]


def known_person(house: House) -> None:
    """On the register, and in the copy of the catalogue on a volume; what is sealed is written."""
    with_recordings(house, 1)
    a_person(house)
    archive(house, drive(house, "drive-a"))
    sealed = rows(house, "SELECT sealed FROM subject_version UNION SELECT sealed FROM subject_key")
    (house.folder / "sealed").write_text("\n".join(bytes(each).hex() for (each,) in sealed))


def nobody_is_left(house: House) -> bool:
    """No byte of the record, here or in the one copy on the volume, which knows of the erasure."""
    sealed = [bytes.fromhex(each) for each in (house.folder / "sealed").read_text().split()]
    erased = rows(house, "SELECT erased FROM subject")[0][0]
    known = rows(house, "SELECT head_size FROM volume")[0][0]
    house.close()
    is_there = found_in(sealed, house.config.vault)
    house.open()
    return erased is not None and known > erased and not is_there


def person_is_whole_or_gone(house: House) -> Iterator[str]:
    """Row, versions, keys and tokens go at once."""
    state = rows(house, "SELECT state FROM subject")[0][0]
    tables = ("subject_version", "subject_key", "subject_token")
    there = [bool(rows(house, f"SELECT 1 FROM {table}")) for table in tables]
    if there != [state == "registered"] * 3:
        yield f"the record is {state}, and there are {there}"


CASES: Final = {
    "init": Case(
        prepare=bare,
        words=lambda house: (
            *("init", "--practice", "Hama Medical Centre", "--user", "dora"),
            *("--name", "Dora Whitlock", "--recovery-file", str(house.folder / "kit.txt")),
        ),
        who="dora",
        is_done=has_catalogue,
        kept=has_its_kit,
        done_already=frozenset({7}),
        before_again=put_kit_away,
        # A head is remembered in a folder that is new: whose name it has, nobody made durable.
        halfway="INTACT-UNANCHORED|this vault is new to you",
        once_failed=r"ENOSPC at \d+, mkdir state/callrec(,|$)|EIO at \d+, sync \.(,|$)",
    ),
    "ingest": Case(
        prepare=with_new_calls,
        words=lambda house: ("ingest", str(house.folder / "spool"), "--after", "delete"),
        who="max",
        is_done=is_taken_in,
        kept=no_call_is_lost,
        before_again=lambda house: a_call(house.folder / "spool", 9),
        once_failed=r"power cut, (names|nothing) left at \d+, rename state/.*/head\.json(,|$)",
    ),
    "approve": Case(
        prepare=asked,
        words=lambda _: ("approve", "R-1", "--yes"),
        who="max",
        is_done=is_granted,
        kept=is_granted_or_not,
        once_failed=r"power cut, nothing left at \d+, rename state/.*/head\.json(,|$)",
        done_already=frozenset({0, 3}),
    ),
    "letter": Case(
        prepare=asked,
        words=lambda _: ("request", "letter", "R-1", "--kind", "acknowledge"),
        who="sam",
        is_done=is_written,
        kept=no_letter_is_half,
    ),
    "release": Case(
        prepare=granted,
        words=lambda house: ("release", "R-1", "--to", str(outbox(house))),
        who="sam",
        is_done=is_delivered,
        kept=is_released_or_not,
        done_already=frozenset({3}),
        # Whether a commit is kept, a disk that fails for good does not tell: nothing goes out then.
        by_nature=r"(gone|ENOSPC) at \d+, sync vault, the last: typed again",
        once_failed=r"EIO at \d+, (rename state/.*/head\.json|unlink state/.*/releases/.*)(,|$)"
        r"|(power cut, nothing left|gone) at \d+, sync outbox(,|$)"
        r"|EIO at \d+, sync vault, the last(,|$)",
    ),
    "register": Case(
        prepare=granted,
        words=lambda house: ("register", "access", "--to", str(an_extract(house)), "--yes"),
        who="dora",
        is_done=is_extracted,
        kept=no_extract_is_half,
        once_failed=r"power cut, (nothing|names) left at \d+, link outbox/"
        r"|killed at \d+, (create|link) outbox",
    ),
    "settings": Case(
        prepare=with_new_rules,
        words=lambda house: ("settings", "apply", str(house.folder / "rules.toml"), "--yes"),
        who="dora",
        is_done=is_decided,
        kept=is_decided_or_not,
    ),
    "archive": Case(
        prepare=waiting,
        words=lambda house: ("archive", "--to", str(drive(house))),
        who="max",
        is_done=is_archived,
        kept=bags_are_whole,
    ),
    "archive-new": Case(
        prepare=lambda house: (with_recordings(house, 5), drive(house)),
        words=lambda house: ("archive", "--to", str(drive(house)), "--label", "drive-a"),
        who="max",
        is_done=is_archived,
        kept=bags_are_whole,
        once_failed=r"EIO at \d+, (sync drive-a|unlink drive-a/.callrec.partial, the last)(,|$)",
    ),
    "remove-local": Case(
        prepare=on_both_drives,
        words=lambda house: ("archive", "--to", str(drive(house, "drive-b")), "--remove-local"),
        who="max",
        is_done=is_let_go,
        kept=bags_are_whole_and_all_is_readable,
    ),
    "erase": Case(
        prepare=known_to_be_erased,
        words=lambda house: (
            *("erase", "R-1", "--yes"),
            *(word for volume in volumes_of(house) for word in ("--drive", str(volume))),
        ),
        who="dora",
        is_done=is_erased,
        kept=is_erased_or_not,
        once_failed=r"killed at \d+, unlink drive-a/catalogue/.*partial(,|$)"
        r"|power cut, nothing left at \d+, sync drive-b(,|$)",
    ),
    "subject erase": Case(
        prepare=known_person,
        words=lambda house: (
            *("request", "subject", "erase", "S-1", "--yes"),
            *("--drive", str(house.folder / "drive-a")),
        ),
        who="dora",
        is_done=nobody_is_left,
        kept=person_is_whole_or_gone,
    ),
    "certificate": Case(
        prepare=destroyed,
        words=lambda house: ("erase", "R-1", "--to", str(outbox(house))),
        who="dora",
        is_done=is_certified,
        kept=is_certified_or_not,
        done_already=frozenset({2}),
    ),
    "undo": Case(
        prepare=taken_in_by_mistake,
        words=lambda house: (
            *("retention", "undo", newest_batch(house)),
            *("--reason", "They were exports of another practice"),
        ),
        who="max",
        is_done=is_proposed,
        kept=is_proposed_at_most_once,
        done_already=frozenset({4}),
    ),
    "restore": Case(
        prepare=lost,
        words=lambda house: ("restore", "--from", str(drive(house))),
        who="dora",
        is_done=is_restored,
        kept=bags_are_whole,
        halfway="its sealed file is missing|INTACT-UNANCHORED",
        once_failed=r"EIO at \d+, rmdir (vault/incoming/|\.vault\.)"
        r"|EIO at \d+, read drive-a/catalogue/.*\.sealed(,|$)"
        r"|EIO at \d+0, read \.vault\.[0-9a-f]+/0/catalogue\.sqlite(,|$)"
        r"|power cut, some left at \d+, rename vault/recordings/",
    ),
    "rotate": Case(
        prepare=with_recordings,
        words=lambda _: ("keys", "rotate"),
        who="dora",
        is_done=is_renewed,
        kept=keys_are_sound,
    ),
    "reseal": Case(
        prepare=rotated,
        words=lambda _: ("keys", "rotate", "--reseal"),
        who="dora",
        is_done=is_resealed,
        kept=keys_are_sound,
    ),
    "reencrypt": Case(
        prepare=rotated,
        words=lambda _: ("keys", "rotate", "--reencrypt"),
        who="dora",
        is_done=is_sealed_anew,
        kept=keys_are_sound,
        once_failed=r"EMFILE at \d+, list vault/recordings(,|$)",
    ),
    "migrate": Case(
        prepare=older,
        words=lambda _: ("migrate",),
        who="dora",
        is_done=is_migrated,
        opens=is_migrated,
        once_failed=r"EIO at \d+, unlink vault/\.before-.*-plain/clean\.sqlite, the last",
    ),
}
