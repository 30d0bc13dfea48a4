"""Who might decide a request, by the vouchers of the day; nothing is opened [policy 4(b)]."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.policy.purpose import TERMS
from callrec.policy.role import powers_of
from callrec.practice import today

if TYPE_CHECKING:
    from collections.abc import Collection

    from callrec.policy.purpose import Purpose
    from callrec.policy.role import PersonId
    from callrec.practice import Practice


def possible_deciders(
    practice: Practice, purpose: Purpose, makers: Collection[str]
) -> frozenset[PersonId]:
    """Everybody who holds the power that decides a purpose today, and did not make the request.

    One of them may be its subject: that lies sealed, and he is refused when he decides.
    """
    power, on = TERMS[purpose].decided_with, today(practice)
    return frozenset(
        voucher.person.id
        for voucher in practice.register.people()
        if power in powers_of(voucher.person, on) and voucher.person.id not in makers
    )
