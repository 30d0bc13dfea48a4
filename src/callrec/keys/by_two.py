"""The recordings key in parts, of which it takes two; or whole to each approver again.

Which of them holds follows from the practice's rules (docs/formats/keys.md, 5). When the rule
changes, every version is shared out anew in the same transaction, so that nothing in the vault
opens by the rule before; a new version is made as well, as the old ones were known whole.
"""

from __future__ import annotations

from collections.abc import Iterator

from callrec.archive.opened import drives_opened_by_one
from callrec.audit.log import LogTransaction, read_register
from callrec.catalogue import tables
from callrec.dataclass import replace
from callrec.login.locks import holders, new_version, shares_for
from callrec.people.vouching import log_shares, renew_keys
from callrec.policy.role import VaultKey, is_machine, may_be_second
from callrec.practice import Actor, Practice, today, vault_key

KEY = VaultKey.RECORDINGS


def share_out_anew(practice: Practice, act: LogTransaction, actor: Actor) -> None:
    """Share the recordings key by the rules that this transaction has just put into force.

    The kit keeps what it has: it holds each version whole.

    Raises:
        Locked: a version is not open to the actor.
    """
    now = replace(practice, register=read_register(act.connection))
    held, kit = holders(now.register, today(practice)), now.register.founders.kit
    people = {to: keys for to, keys in held.items() if to != kit}
    secrets = {(KEY, v): vault_key(actor, KEY, v) for v in now.register.versions(KEY)}
    is_theirs = (tables.share.c.key == KEY) & (tables.share.c.person != kit)
    act.connection.execute(tables.share.delete().where(is_theirs))
    log_shares(now, act, actor, shares_for(now.register, secrets, people))
    renew_keys(now, act, actor, new_version(now.register, [KEY]), held)


def by_two_warnings(practice: Practice) -> Iterator[str]:
    """Where it takes two to open recordings: who of them, or which drive, lets it down."""
    if not practice.settings.is_opened_by_two:
        return
    people = [voucher.person for voucher in practice.register.people()]
    if sum(may_be_second(person) for person in people) < 2:  # noqa: PLR2004 - it takes two
        yield (
            "it takes two people to open recordings, and one is left: add another, callrec user add"
            " NAME --role partner; till then the recovery kit alone opens what a machine does not"
        )
    if not any(is_machine(person) for person in people):
        yield (
            "no computer is one of the practice's machines, so an approval takes two passwords:"
            " callrec user add NAME --role machine"
        )
    yield from drives_opened_by_one(practice)
