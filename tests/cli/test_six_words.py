"""What people compare with each other stands in six words, always the same ones of it."""

from __future__ import annotations

from datetime import datetime

from callrec.cli.commands.kit import kit_page
from callrec.crypto.kit import PrintedKit
from callrec.package.whole import key_words
from house.commands import done
from house.practices import House


def test_a_persons_key_is_shown_in_the_words_that_they_read_out(house: House) -> None:
    person = house.actor("sam").person.id
    words = key_words(house.practice.register.public_keys(person).fingerprint)
    for login, command in (("dora", ("user", "show", "sam")), ("sam", ("whoami",))):
        assert f"key: {words}\n" in done(house, login, *command)


def test_the_kit_and_the_command_that_it_is_compared_with_say_the_same(house: House) -> None:
    root = house.practice.root.hex()
    kit = PrintedKit(
        pages=("word " * 14,),
        serial=1,
        practice="Hama Medical Centre",
        vault=house.practice.vault,
        fingerprint=root,
        made_at=datetime.fromisoformat("2026-11-24T12:30+00:00"),
    )
    said = done(house, "nobody", "practice", "fingerprint")
    _, _, below = kit_page(kit).partition("In six words: ")
    assert below.split() == key_words(root).split()
    assert f"\nTo read out on the telephone:\n{key_words(root)}\n" in said
