"""Second factors at the desk, without a browser: added, asked for, taken away, and guessed at."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest

from callrec.config import Desk
from callrec.crypto.factor import Slot, seal_factor
from callrec.desk.drafts import keep_draft
from callrec.desk.exchange import Asked, receive, send
from callrec.desk.factors import Challenges, Presented, presents
from callrec.desk.keeping import Vault, open_login
from callrec.desk.twice import remember
from callrec.errors import Locked
from callrec.login.factors import factors_of
from callrec.login.unlock import unlock_person
from house.commands import type_in
from house.desks import Shown, Visit, visit, written
from house.passkeys import ORIGIN, USED_BY_A_PERSON, Passkey
from house.practices import House, password_of

NAMED = Desk(origin=ORIGIN, certificate=Path("/c"), key=Path("/k"))


@pytest.fixture
def named(house: House) -> House:
    """A practice whose desk is served under a name."""
    house.config = house.config.model_copy(update={"desk": NAMED})
    return house


def challenge_of(shown: Shown) -> str:
    return shown.fields["challenge"][0]


def add_passkey(who: Visit, passkey: Passkey, name: str = "front-desk", **said: Any) -> Shown:
    """Add one; ``said``: what else the form says, such as the one that is there already."""
    challenge = challenge_of(who.open("/account/factors/passkey"))
    made = json.dumps(passkey.made(challenge))
    return who.fill_in(
        "/account/factors/passkey", name=name, new_passkey=made, challenge=challenge, **said
    )


def used(passkey: Passkey, shown: Shown, **said: object) -> dict[str, Any]:
    """What a form says once the passkey was used that its page asked for."""
    challenge = challenge_of(shown)
    came = passkey.used(challenge, **said)  # type: ignore[arg-type]
    return {"challenge": challenge, "passkey": json.dumps(came)}


def slots_of(house: House, login: str) -> tuple[Slot, ...]:
    return factors_of(house.practice)[house.actor(login).person.id]


def is_open(who: Visit) -> bool:
    return who.seat.is_unlocked


def test_a_passkey_is_added_and_from_then_on_the_password_alone_opens_nothing(named: House) -> None:
    pat, passkey = visit(named, "pat"), Passkey()
    assert [each.act for each in written(named, lambda: add_passkey(pat, passkey))] == [
        "factor.added"
    ]
    (slot,) = slots_of(named, "pat")
    assert (slot.kind, slot.name, slot.public["rp_id"]) == (
        "passkey",
        "front-desk",
        "desk.practice.example",
    )
    refused = pat.fill_in("/unlock", to="/account")
    assert "Your passkey is needed for this, beside your password" in refused.words
    assert not is_open(pat)
    asks = pat.open("/unlock")
    pat.fill_in("/unlock", to="/account", **used(passkey, asks))
    assert is_open(pat)


@pytest.mark.parametrize(
    "said",
    [
        {"flags": 0x01},
        {"origin": "https://desk.practice.example"},
        {"challenge": "AAAA"},
        {"crossOrigin": True},
    ],
    ids=str,
)
def test_a_passkey_that_did_not_answer_this_page_opens_nothing(
    named: House, said: dict[str, object]
) -> None:
    pat, passkey = visit(named, "pat"), Passkey()
    add_passkey(pat, passkey)
    challenge = challenge_of(pat.open("/unlock"))
    came = json.dumps(passkey.used(**{"challenge": challenge, **said}))  # type: ignore[arg-type]
    pat.fill_in("/unlock", challenge=challenge, passkey=came)
    assert not is_open(pat)


def test_what_was_sent_once_opens_nothing_when_it_is_sent_again(named: House) -> None:
    pat, passkey = visit(named, "pat"), Passkey()
    add_passkey(pat, passkey)
    sent = used(passkey, pat.open("/unlock"))
    pat.fill_in("/unlock", **sent)
    assert is_open(pat)
    pat.seat.lock()
    pat.fill_in("/unlock", **sent)
    assert not is_open(pat)
    another = visit(named, "pat")
    another.fill_in("/unlock", **used(passkey, pat.open("/unlock")))
    assert not is_open(another)


def test_a_passkey_of_another_person_or_a_stranger_opens_nothing(named: House) -> None:
    pat, mia, passkey = visit(named, "pat"), visit(named, "mia"), Passkey()
    add_passkey(pat, passkey)
    add_passkey(mia, Passkey())
    refused = mia.fill_in("/unlock", **used(passkey, mia.open("/unlock")))
    assert "not one that was added to this login" in refused.words
    assert not is_open(mia)


def test_a_passkey_with_the_secret_of_another_opens_nothing(named: House) -> None:
    pat, passkey = visit(named, "pat"), Passkey()
    add_passkey(pat, passkey)
    passkey.seed = bytes(32)
    pat.fill_in("/unlock", **used(passkey, pat.open("/unlock")))
    assert not is_open(pat)


def test_a_passkey_that_is_made_without_making_sure_who_is_there_is_not_added(named: House) -> None:
    pat, passkey = visit(named, "pat"), Passkey()
    challenge = challenge_of(pat.open("/account/factors/passkey"))
    made = json.dumps(passkey.made(challenge, flags=0x01))
    refused = pat.fill_in(
        "/account/factors/passkey", name="a", new_passkey=made, challenge=challenge
    )
    assert "did not ask for your fingerprint, face or PIN" in refused.words
    assert slots_of(named, "pat") == ()


def test_a_passkey_that_is_copied_to_other_devices_is_said_to_be(named: House) -> None:
    pat, passkey = visit(named, "pat"), Passkey()
    challenge = challenge_of(pat.open("/account/factors/passkey"))
    made = json.dumps(passkey.made(challenge, flags=USED_BY_A_PERSON | 0x18))
    told = pat.fill_in("/account/factors/passkey", name="a", new_passkey=made, challenge=challenge)
    assert "Your device copies it to your others" in told.words


def test_a_printed_key_is_shown_once_added_beside_a_passkey_and_takes_its_place(
    named: House,
) -> None:
    pat, passkey = visit(named, "pat"), Passkey()
    add_passkey(pat, passkey)
    asks = pat.open("/account/factors/printed")
    shown = pat.fill_in("/account/factors/printed", name="paper", **used(passkey, asks))
    words = shown.words.splitlines()[2]
    assert len(words.split()) == 8
    pat.fill_in("/unlock", printed_key=words.lower())
    assert is_open(pat)
    gone = pat.fill_in("/account/factors/front-desk/remove", printed_key=words, confirmed="yes")
    assert "Front-desk is taken away" in gone.words
    assert [slot.name for slot in slots_of(named, "pat")] == ["paper"]
    pat.fill_in("/unlock", printed_key=words)
    assert is_open(pat)


def test_the_last_one_is_taken_away_with_itself(named: House) -> None:
    pat, passkey = visit(named, "pat"), Passkey()
    add_passkey(pat, passkey)
    asks = pat.open("/account/factors/front-desk/remove")
    pat.fill_in("/account/factors/front-desk/remove", confirmed="yes")
    assert len(slots_of(named, "pat")) == 1
    pat.fill_in("/account/factors/front-desk/remove", confirmed="yes", **used(passkey, asks))
    assert slots_of(named, "pat") == ()
    pat.fill_in("/unlock")
    assert is_open(pat)


def test_who_signs_beside_another_uses_their_own_passkey(named: House) -> None:
    dora, pat, passkey = visit(named, "dora"), visit(named, "pat"), Passkey()
    mia = f"/people/{named.actor('mia').person.id}/reset"
    assert "second_passkey" not in dora.open(mia).html  # nobody has one
    add_passkey(pat, passkey)
    said: dict[str, Any] = {
        "second": "pat",
        "second_password": password_of("pat"),
        "confirmed": "yes",
    }
    refused = dora.fill_in(mia, **said)
    assert "Their passkey is needed for this" in refused.words
    challenge = challenge_of(dora.open(mia))
    came = json.dumps(passkey.used(challenge))
    reset = dora.fill_in(mia, challenge=challenge, second_passkey=came, **said)
    assert "mia makes a new key at the next login" in reset.words


def test_a_passkey_of_the_desks_former_name_does_not_work_and_the_page_says_so(
    named: House,
) -> None:
    pat = visit(named, "pat")
    add_passkey(pat, Passkey())
    other = NAMED.model_copy(update={"origin": "https://new.practice.example"})
    named.config = named.config.model_copy(update={"desk": other})
    moved = visit(named, "pat")
    assert "at desk.practice.example only" in moved.open("/account/factors").words
    refused = moved.fill_in("/unlock")
    assert "belongs to another name of the desk" in refused.words


def test_a_desk_for_one_machine_offers_no_passkey(house: House) -> None:
    pat = visit(house, "pat")
    assert "/account/factors/passkey" not in pat.open("/account/factors").links
    assert "one is for this machine alone" in pat.open("/account/factors/passkey").words


def test_who_has_none_is_asked_for_none(named: House) -> None:
    pat = visit(named, "pat")
    for page in ("/unlock", "/account/password", "/account/factors/printed"):
        shown = pat.open(page).html
        assert not {"data-passkey", "printed_key"} & {*re.findall("[a-z_-]+", shown)}


def test_the_command_line_says_of_a_passkey_that_it_works_at_the_desk(named: House) -> None:
    add_passkey(visit(named, "pat"), Passkey())
    said = type_in(named, "pat", "request", "list", "--mine").err
    assert "works at the desk only" in said


def test_nothing_of_a_second_factor_is_kept_with_what_was_filled_in(named: House) -> None:
    pat = visit(named, "pat")
    secret = {"passkey": ["one"], "countersign_passkey": ["two"], "printed_key": ["three"]}
    asked = Asked("POST", "/incidents/new", {}, {"what": ["It rang"], "once": ["1"], **secret})
    assert dict(keep_draft(pat.seat, asked).fields) == {"what": ["It rang"]}
    remember(pat.seat, asked, pat.fill_in("/logout").answered)
    assert pat.seat.presented == Presented()


def test_a_login_that_does_not_exist_and_a_factor_that_does_not_open_look_alike(
    named: House,
) -> None:
    add_passkey(visit(named, "pat"), Passkey())
    practice, told = named.practice, list[tuple[str, str]]()
    shown = presents(Presented(ORIGIN), practice.vault, practice.state_folder, tells=False)
    for login, password in (("pat", password_of("pat")), ("nobody", "x"), ("max", "x")):
        with pytest.raises(Locked) as refused:
            unlock_person(practice, login=login, password=password, source=login, factor=shown)
        told.append((refused.value.message, refused.value.hint))
    assert len({*told}) == 1


@pytest.mark.parametrize("login", ["pat", "max", "nobody"])
def test_what_cannot_be_read_is_told_to_everybody_alike(named: House, login: str) -> None:
    add_passkey(visit(named, "pat"), Passkey())
    browser, process = socket.socketpair()
    typed = {"login": login, "password": "x", "new_password": "", "address": "192.0.2.9"}
    with browser, process:
        send(browser, {**typed, "printed_key": "ABCDE"})
        assert open_login(process, Vault(named.config, named.environ, named.now)) is None
        said, _ = receive(browser)
    assert "secret key" in said["error"]
    assert said["factors"]


def test_what_opens_nothing_is_a_key_and_another_each_time() -> None:
    slot = seal_factor(
        bytes(16), bytes(32), kind="printed", name="a", public={}, person="ab" * 16, vault="cd" * 16
    )
    shown = presents(Presented(printed_key=""), "cd" * 16, Path("/nowhere"), tells=False)
    keys = {shown("ab" * 16, (slot,)) for _ in range(4)}
    assert len(keys) == 4
    assert {len(key) for key in keys} == {32}


def test_a_challenge_counts_once_and_only_where_it_was_made() -> None:
    here, there = Challenges(), Challenges()
    challenge = here.new()
    assert there.take(challenge) == ""
    assert here.take(challenge[:-1]) == ""
    assert here.take(challenge + "A") == ""
    assert here.take(challenge) == challenge
    assert here.take(challenge) == ""
    assert here.take("") == ""
