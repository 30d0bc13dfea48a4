"""One login at the desk: who acts, until when, and what that browser was shown.

A seat lives in a process of its own and nowhere else. It keeps the session that every login has
(docs/formats/keys.md, 6), which opens and signs what asks for no password. What asks for one opens
the person's identity here, for ten decisions within five minutes at most, and then lets it go.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final, TypeVar

from callrec.audit.session import DESK_IDLE_LIMIT
from callrec.crypto.factor import PRINTED, Factors, Slot
from callrec.crypto.identity import Identity
from callrec.crypto.webauthn import relying_party
from callrec.dataclass import dataclass, field
from callrec.desk.beside import Beside
from callrec.desk.exchange import Asked
from callrec.desk.factors import Challenges, Presented, passkeys_at, presents
from callrec.desk.hearing import Hearing
from callrec.desk.releasing import Making
from callrec.errors import CallrecError, Locked, NotFound, Refused
from callrec.login.factors import factors_of
from callrec.login.keyring import Session
from callrec.login.printed import kept_secret
from callrec.login.sessions import actor_by_session, end_session
from callrec.login.unlock import Unlocked, actor_by_password, actor_of
from callrec.policy.role import PersonId
from callrec.practice import Actor, Practice, reads_by_login
from callrec.record.versions import Versioned

_Kept = TypeVar("_Kept")

UNLOCKED_FOR: Final = timedelta(minutes=5)
"""How long a password that was given counts for the next decision."""

DECISIONS: Final = 10
"""For how many decisions it counts."""

KEPT: Final = 20
"""Results of searches and the like that a seat keeps for their pages."""


class PasswordNeeded(Locked):
    """The page asks for the password, and it was not given or counts no more."""

    def __init__(self) -> None:
        super().__init__("your password is needed for this", hint="type it at the end of the page")


@dataclass(slots=True, repr=False)
class _Opened:
    identity: Identity
    factors: Factors
    until: datetime
    left: int
    """For how many more decisions."""


@dataclass(slots=True, repr=False)
class Seat:
    """One login at the desk. Its repr shows nothing."""

    open_vault: Callable[[], Practice]
    """Opens the practice as it stands now."""
    practice: Practice
    """The practice as this page sees it."""
    session: Session
    until: datetime
    """UTC: when the session ends at the latest."""
    address: str
    """The browser's, as the serving process saw it."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """Of the process: where the desk's account keeps what it saw of the vault, and drafts."""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    """Stands in each form of this session and in no other."""
    seen: dict[tuple[object, ...], Any] = field(default_factory=dict)
    """What was shown of a thing that is decided next: by what it is and the thing's reference."""
    at: str = ""
    """The address of the page that is made."""
    presented: Presented = field(default_factory=Presented)
    """What its form showed beside a password."""
    challenge: str = ""
    """What the forms of this page ask passkeys with."""
    challenges: Challenges = field(default_factory=Challenges)
    problem: CallrecError | None = None
    """Why what was filled in was not done; the form is shown again with it."""
    refused: tuple[Asked, CallrecError] | None = None
    """What was filled in and not done, and why, until its form is asked for."""
    hearing: Hearing | None = None
    """What is being heard."""
    making: Making | None = None
    """The release that is being made."""
    stamping: Beside | None = None
    """The day's time stamp, while it is asked for."""
    done: list[str] = field(default_factory=list)
    """What was just done, and what to know of it: shown once, on the next page."""
    drafts: dict[str, Any] = field(default_factory=dict)
    """What was filled in and is not done yet, by the address of its form (desk/drafts.py)."""
    sent: dict[bytes, Any] = field(default_factory=dict)
    """What the last forms came to (desk/twice.py)."""
    _kept: dict[str, Any] = field(default_factory=dict)
    _opened: _Opened | None = None
    _actor: Actor | None = None
    _factors: Mapping[PersonId, tuple[Slot, ...]] | None = None

    @property
    def login(self) -> str:
        """Whose login it is."""
        return self.session.login

    @property
    def form_number(self) -> str:
        """Of one form that is shown, another each time."""
        return secrets.token_urlsafe(9)

    @property
    def zone(self) -> tzinfo:
        """The practice's time zone."""
        return self.practice.settings.time_zone

    @property
    def ends_at(self) -> datetime:
        """When it ends if nothing more is done."""
        return min(self.until, self.practice.now() + DESK_IDLE_LIMIT)

    @property
    def seconds_left(self) -> int:
        """Until then."""
        return int((self.ends_at - self.practice.now()).total_seconds())

    @property
    def most_seconds_left(self) -> int:
        """Until it ends whatever is done."""
        return int((self.until - self.practice.now()).total_seconds())

    @property
    def origin(self) -> str:
        """Where the desk is served; empty where that is for this machine alone."""
        return self.practice.config.desk.origin

    @property
    def site(self) -> str:
        """The name that passkeys belong to here; empty where there can be none."""
        return relying_party(self.origin)

    def _every_factor(self) -> Mapping[PersonId, tuple[Slot, ...]]:
        if self._factors is None:
            self._factors = factors_of(self.practice)
        return self._factors

    @property
    def somebody_has_factor(self) -> bool:
        """Somebody of the practice has a second factor."""
        return any(self._every_factor().values())

    @property
    def factors(self) -> tuple[Slot, ...]:
        """The second factors of whom the login is."""
        return self._every_factor().get(self.actor.person.id, ())

    @property
    def passkeys(self) -> str:
        """Of those, the ids of the passkeys that work here, as a page has them."""
        return passkeys_at(self.factors, self.origin)

    @property
    def has_printed_key(self) -> bool:
        """One of them is on paper."""
        return any(slot.kind == PRINTED for slot in self.factors)

    @property
    def types_printed_key(self) -> bool:
        """It has to be typed, as it was not entered at a terminal of this machine."""
        printed = [slot for slot in self.factors if slot.kind == PRINTED]
        folder = self.practice.state_folder
        return bool(printed) and not any(kept_secret(folder, slot) for slot in printed)

    def begin_page(self, asked: Asked | None = None) -> None:
        """See the practice as it stands now, and that this login still does.

        Raises:
            Locked: it has ended.
        """
        self.practice, self._factors = self.open_vault(), None
        self.problem = None
        self.challenge = self.challenges.new()
        asked = asked or Asked("GET", "/")
        used = self.challenges.take(asked.first("challenge"))
        self.presented = Presented.in_form(asked, self.origin, used)
        self._actor = actor_by_session(self.practice, self.session)

    def take_refused(self, asked: Asked) -> tuple[CallrecError | None, Asked]:
        """Why the form at this address was refused a moment ago, and what was filled in."""
        if self.refused is None or self.refused[0].path != asked.path:
            return None, asked
        (filled_in, why), self.refused = self.refused, None
        return why, filled_in

    @property
    def actor(self) -> Actor:
        """Who acts, with what their login keeps: enough to search and to ask."""
        assert self._actor is not None  # noqa: S101 - `begin_page` came first
        return self._actor

    @property
    def reads_requests(self) -> bool:
        """The login opens every request, so that no password is asked for."""
        return reads_by_login(self.practice, self.actor)

    def lock(self) -> None:
        """A password that was given counts no more: what comes next asks for it in any case."""
        self._opened = None

    @property
    def is_unlocked(self) -> bool:
        """A password that was given a moment ago still counts."""
        opened = self._opened
        return opened is not None and opened.left > 0 and self.practice.now() < opened.until

    def signer(self, password: str, *, is_adding_one: bool = False) -> Actor:
        """Who acts, with all that their password opens; for one decision.

        ``is_adding_one``: it is to add a second factor, which anybody may do who has none yet.

        Raises:
            PasswordNeeded: none was given, and none counts any more.
            WrongPassword: it is not theirs.
        """
        actor = self._open(password, is_adding_one=is_adding_one)
        if self._opened is not None:
            self._opened.left -= 1
        return actor

    def reader(self, password: str = "", kind: Versioned[Any] | None = None) -> Actor:
        """Who reads what a login alone may not open: with the password, unless it opens it."""
        if kind is not None and kind.opens_for(self.actor):
            return self.actor
        return self._open(password)

    def _open(self, password: str, *, is_adding_one: bool = False) -> Actor:
        if (opened := self._opened) is not None and self.is_unlocked:
            person = self.actor.person.id
            unlocked = Unlocked(
                person, self.login, opened.identity, claimed=False, factors=opened.factors
            )
            return actor_of(self.practice, unlocked)
        self._opened = None
        if not password:
            raise PasswordNeeded
        actor = self._by_password(self.login, password, self.presented, is_adding_one=is_adding_one)
        if actor.identity is not None:
            until = self.practice.now() + UNLOCKED_FOR
            self._opened = _Opened(actor.identity, actor.factors, until, DECISIONS)
        return actor

    def _by_password(
        self, login: str, password: str, presented: Presented, *, is_adding_one: bool = False
    ) -> Actor:
        practice = self.practice
        return actor_by_password(
            practice,
            login=login,
            password=password,
            source=source_at(self.address),
            factor=presents(presented, practice.vault, practice.state_folder),
            is_adding_one=is_adding_one,
        )

    def countersigner(self, login: str, password: str, presented: Presented) -> Actor | None:
        """The second person, who types their own password at this page; None: nobody was named.

        Raises:
            WrongPassword: it is not theirs.
        """
        if not login:
            return None
        return self._by_password(login, password, presented)

    def check_token(self, given: str) -> None:
        """Check that a form is one that this session was shown.

        Raises:
            Refused: it is another's.
        """
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            raise Refused("this form is not of your login", hint="open the page again")

    def keep(self, what: Any) -> str:
        """Keep a result for its page; returns by what it is found."""
        while len(self._kept) >= KEPT:
            del self._kept[next(iter(self._kept))]
        key = secrets.token_urlsafe(9)
        self._kept[key] = what
        return key

    def kept(self, key: str) -> Any:
        """What was kept; None if it is there no more."""
        return self._kept.get(key)

    def keep_instead(self, key: str, what: Any) -> None:
        """Keep something else under a key that is known already."""
        self._kept[key] = what

    def leave(self) -> None:
        """End the session, on record; what it opened and what was shown is let go."""
        self._opened = self._actor = self.refused = None
        self.presented = Presented()
        for shown in (self._kept, self.seen, self.sent):
            shown.clear()
        for beside in (self.hearing, self.making):
            if beside is not None:
                beside.end()
        end_session(self.open_vault(), self.session)


_AGAIN: Final = "look it up again: each look is on record"


def find_kept(seat: Seat, key: str, kind: type[_Kept], again: str = _AGAIN) -> _Kept:
    """A result that the seat keeps; ``again``: what gets it again, as a hint.

    Raises:
        NotFound: it is there no more.
    """
    found = seat.kept(key)
    if isinstance(found, kind):
        return found
    raise NotFound("what was shown here is kept no more", hint=again)


def source_at(address: str) -> str:
    """By what wrong passwords are counted that are typed at the desk (login/turns)."""
    return f"desk {address}"
