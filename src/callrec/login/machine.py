"""This machine, where it is one of the practice's: its part of the recordings key.

Where it takes two to open recordings, a machine is the second beside one approver. Its identity
lies in one file beside what this operator remembers, which only they can read and callrec copies
nowhere: to no drive, package or other machine. Its part opens nothing alone, nor with another
machine's (docs/formats/keys.md, 5).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from callrec.crypto.identity import Identity
from callrec.errors import NotFound, Unusable
from callrec.login.keyring import Credential, read_credential, write_credential
from callrec.login.locks import Beside
from callrec.policy.role import is_machine
from callrec.practice import Practice
from callrec.system.files import remove_file
from callrec.system.rights import make_private_folder

MACHINE_FILE: Final = "machine.json"


def machine_file(practice: Practice) -> Path:
    """Where this machine's identity lies, if it has one."""
    return practice.state_folder / MACHINE_FILE


def machine_here(practice: Practice) -> Beside:
    """The machine that this is, by id and X-Wing seed; empty: none that the practice named.

    Raises:
        Misconfigured: its file is in no credential's form, or others can read it.
    """
    credential = _credential(practice)
    if credential is None or not _is_named(practice, credential):
        return ()
    seed = Identity.from_seed(credential.seed, practice.vault).kem
    return ((credential.person, seed),)


def keep_machine(practice: Practice, credential: Credential) -> None:
    """Write what this machine is from now on; one that was taken off the list makes room."""
    check_no_machine_here(practice)
    remove_file(machine_file(practice), missing_ok=True)
    make_private_folder(practice.state_folder, parents=True, exist_ok=True)
    write_credential(machine_file(practice), credential)


def check_no_machine_here(practice: Practice) -> None:
    """Refuse where this is one of the practice's machines already."""
    credential = _credential(practice)
    if credential is not None and _is_named(practice, credential):
        raise Unusable(
            "this computer is one of the practice's machines already",
            hint="callrec user list shows them; to begin anew: callrec user disable NAME",
        )


def _credential(practice: Practice) -> Credential | None:
    file = machine_file(practice)
    return read_credential(file) if file.exists() else None


def _is_named(practice: Practice, credential: Credential) -> bool:
    """Whether the practice's people vouched for the identity in the file, and still do."""
    if credential.vault != practice.vault or credential.root != practice.root:
        return False
    try:
        person = practice.register.person(credential.person)
        keys = practice.register.public_keys(credential.person)
    except NotFound:
        return False
    return is_machine(person) and keys == Identity.from_seed(credential.seed, practice.vault).public
