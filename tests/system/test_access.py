"""Who may do what on Windows: real lists of its folders, and what a second user could make of one.

The lists are those of Windows 10, 11 and Server 2025 as they come, told by many who looked.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrec.system.windows.access import (
    EVERYONE,
    EVERYTHING,
    WITHOUT_RIGHTS,
    Descriptor,
    Entry,
    Use,
    command_to_close,
    is_trusted,
    others_with_more,
    private_text,
    read_descriptor,
)
from house.security_descriptors import ACCOUNTS, a_list, an_entry, descriptor

US = "S-1-5-21-1004336348-1177238915-682003330-1001"
ANOTHER = "S-1-5-21-1004336348-1177238915-682003330-1002"
INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
CAPABILITY = "S-1-15-3-65536-1888954469-739942743-1668119174-2468466756"
ADMITTED = "(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"

C = f"O:{INSTALLER}D:PAI{ADMITTED}(A;OICI;0x1200a9;;;BU)(A;OICIIO;SDGXGWGR;;;AU)(A;;LC;;;AU)"
SERVER_2025 = (
    f"O:{INSTALLER}D:PAI(A;OICIIO;GA;;;CO){ADMITTED}(A;OICI;0x1200a9;;;BU)(A;CI;LC;;;BU)"
    f"(A;CIIO;DC;;;BU)(A;;0x1000a1;;;{CAPABILITY})"
)
DATA_DRIVE = (
    "O:SYD:AI(A;OICIIO;SDGXGWGR;;;AU)(A;;0x1301bf;;;AU)(A;;FA;;;SY)(A;OICIIO;GA;;;SY)"
    "(A;OICIIO;GA;;;BA)(A;;FA;;;BA)(A;;0x1200a9;;;BU)(A;OICIIO;GXGR;;;BU)"
)
USERS = f"O:SYD:PAI{ADMITTED}(A;;0x1200a9;;;BU)(A;OICIIO;GXGR;;;BU)(A;;0x1200a9;;;WD)"
PROFILE = f"O:SYD:P{ADMITTED}(A;OICI;FA;;;{US})"
PROGRAM_FILES = (
    f"O:{INSTALLER}D:PAI(A;;FA;;;{INSTALLER})(A;CIIO;GA;;;{INSTALLER})(A;;0x1301bf;;;SY)"
    "(A;OICIIO;GA;;;SY)(A;;0x1301bf;;;BA)(A;OICIIO;GA;;;BA)(A;;0x1200a9;;;BU)"
    "(A;OICIIO;GXGR;;;BU)(A;OICIIO;GA;;;CO)(A;;0x1200a9;;;AC)(A;OICIIO;GXGR;;;AC)"
)
PROGRAM_DATA = f"O:SYD:PAI(A;OICIIO;GA;;;CO){ADMITTED}(A;OICI;0x1200a9;;;BU)(A;CI;DCLCRPCR;;;BU)"
IN_PROGRAM_DATA = (
    f"O:{US}D:AI{ADMITTED}(A;ID;FA;;;{US})(A;OICIID;0x1200a9;;;BU)(A;CIID;DCLCRPCR;;;BU)"
)
ON_A_DRIVE = f"O:{US}D:AI(A;OICIID;0x1301bf;;;AU)(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)"
BY_PYTHON = f"O:{US}D:P{ADMITTED}(A;OICI;FA;;;OW)"
FAT = "O:WDD:NO_ACCESS_CONTROL"
SHARE = f"O:{US}D:AI(A;OICIID;FA;;;{US})(A;OICIID;FA;;;WD)"


def others(text: str, use: Use) -> list[str]:
    """Who else may do more than a use lets them."""
    return [*others_with_more(read_descriptor(descriptor(text)), US, use)]


@pytest.mark.parametrize(
    ("text", "use"),
    [
        (C, Use.ROOT),
        (SERVER_2025, Use.ROOT),
        (DATA_DRIVE, Use.ROOT),
        (USERS, Use.PASSED),
        (PROFILE, Use.PASSED),
        (PROFILE, Use.RELIED_ON),
        (PROFILE, Use.SECRET),
        (PROGRAM_DATA, Use.PASSED),
        (PROGRAM_FILES, Use.PASSED),
        (PROGRAM_FILES, Use.RELIED_ON),
        (BY_PYTHON, Use.SECRET),
        (private_text(US, is_folder=True), Use.SECRET),
        (private_text(US, is_folder=False), Use.SECRET),
    ],
)
def test_where_a_practice_keeps_its_things_is_good_enough(text: str, use: Use) -> None:
    assert others(text, use) == []
    assert is_trusted(read_descriptor(descriptor(text)).owner, US)


@pytest.mark.parametrize(
    ("text", "use", "who"),
    [
        (C, Use.RELIED_ON, "AU"),  # all that is made there is anybody's
        (DATA_DRIVE, Use.PASSED, "AU"),  # a folder with these rights can be renamed
        (PROGRAM_DATA, Use.RELIED_ON, "BU"),  # a journal beside the catalogue
        (IN_PROGRAM_DATA, Use.RELIED_ON, "BU"),
        (IN_PROGRAM_DATA, Use.SECRET, "BU"),
        (ON_A_DRIVE, Use.PASSED, "AU"),
        (PROGRAM_FILES, Use.SECRET, "BU"),
        (SHARE, Use.PASSED, "WD"),
        (FAT, Use.PASSED, "WD"),
    ],
)
def test_what_a_second_user_could_exchange_or_read_is_seen(text: str, use: Use, who: str) -> None:
    assert others(text, use) == [ACCOUNTS[who]]


@pytest.mark.parametrize("right", ["DT", "SD", "WD", "WO", "GA", "FA", "0x2000000"])
@pytest.mark.parametrize("who", ["WD", "AU", "BU", "IU", "PU", "BG", ANOTHER])
def test_whoever_may_rename_delete_or_give_rights_on_the_way_can_exchange_it(
    right: str, who: str
) -> None:
    text = f"O:{US}D:P{ADMITTED}(A;OICI;FA;;;{US})(A;;{right};;;{who})"
    assert others(text, Use.PASSED) == [ACCOUNTS.get(who, who)]


@pytest.mark.parametrize("right", ["CC", "WP", "DC", "LC", "RP", "CR", "GR", "GW", "GX", "FR"])
def test_a_secret_is_nobody_elses_to_read_or_write(right: str) -> None:
    text = f"O:{US}D:P{ADMITTED}(A;;FA;;;{US})(A;;{right};;;AU)"
    assert others(text, Use.SECRET) == [ACCOUNTS["AU"]]


@pytest.mark.parametrize("right", ["DC", "LC", "RP", "CR", "GW", "FW"])
def test_to_what_is_relied_on_nobody_else_adds_anything_now_or_later(right: str) -> None:
    for flags in ("", "OICI", "OICIIO", "CIIO"):
        text = f"O:{US}D:P{ADMITTED}(A;{flags};{right};;;BU)"
        assert others(text, Use.RELIED_ON) == [ACCOUNTS["BU"]]


def test_who_makes_something_in_a_private_folder_shares_it_with_no_group() -> None:
    """CREATOR GROUP would be everybody on the machine: ``None`` or Domain Users."""
    assert others(f"{PROFILE}(A;OICIIO;GA;;;CG)", Use.SECRET) == [ACCOUNTS["CG"]]


def test_a_right_counts_whatever_another_entry_denies_and_of_whatever_kind_it_is() -> None:
    assert others(f"O:{US}D:P(D;;FA;;;AU)(A;;FA;;;AU)", Use.SECRET) == [ACCOUNTS["AU"]]
    assert others(f"O:{US}D:P(XA;;FA;;;AU)", Use.SECRET) == [ACCOUNTS["AU"]]
    for objects in range(3):
        entry = an_entry(5, 0, EVERYTHING, ANOTHER, objects=objects)
        found = read_descriptor(descriptor(f"O:{US}D:P")[:-8] + a_list([entry]))
        assert found.entries == (Entry(5, 0, EVERYTHING, ANOTHER),)
        assert [*others_with_more(found, US, Use.SECRET)] == [ANOTHER]


def test_an_account_whose_identifier_only_begins_like_ours_is_another() -> None:
    assert others(f"O:{US}D:P(A;;FA;;;{US}0)(A;;FA;;;{US[:-1]})", Use.SECRET) == [f"{US}0", US[:-1]]


@pytest.mark.parametrize("owner", [ANOTHER, "WD", "AU", "BU", "PU", "OW", "CO"])
def test_an_owner_who_is_not_ours_is_not_trusted_as_they_can_give_themselves_any_right(
    owner: str,
) -> None:
    assert not is_trusted(read_descriptor(descriptor(f"O:{owner}D:P{ADMITTED}")).owner, US)


def test_a_drive_that_keeps_no_rights_is_known() -> None:
    assert read_descriptor(descriptor(FAT)) == WITHOUT_RIGHTS


def test_a_list_with_nobody_in_it_is_another_thing_than_none() -> None:
    assert others(f"O:{US}D:P", Use.SECRET) == []
    assert others(f"O:{US}D:NO_ACCESS_CONTROL", Use.ROOT) == [EVERYONE]


@given(st.binary(max_size=200))
def test_what_is_no_descriptor_lets_everybody_do_everything(data: bytes) -> None:
    found = read_descriptor(data)
    if found.entries is None:
        assert EVERYONE in others_with_more(found, US, Use.ROOT)


@given(st.integers(1, 400), st.sampled_from([C, PROFILE, PROGRAM_DATA, BY_PYTHON]))
def test_one_that_was_cut_short_is_not_trusted(cut: int, text: str) -> None:
    whole = descriptor(text)
    found = read_descriptor(whole[:-cut])
    assert found == Descriptor("", None)


ENTRIES = st.builds(
    Entry,
    st.integers(0, 20),
    st.integers(0, 31),
    st.integers(0, 2**32 - 1),
    st.sampled_from([US, ANOTHER, *ACCOUNTS.values()]),
)


@given(st.lists(ENTRIES, max_size=6), ENTRIES)
def test_one_more_entry_never_makes_anything_safer(entries: list[Entry], more: Entry) -> None:
    for use in Use:
        before = others_with_more(Descriptor(US, tuple(entries)), US, use)
        after = others_with_more(Descriptor(US, (*entries, more)), US, use)
        assert set(before) <= set(after)


@given(st.lists(ENTRIES, max_size=6))
def test_what_is_good_enough_for_a_secret_is_so_to_rely_on_and_on_the_way(
    entries: list[Entry],
) -> None:
    found = Descriptor(US, tuple(entries))
    by_use = [{*others_with_more(found, US, use)} for use in Use]
    assert by_use == sorted(by_use, key=len, reverse=True)
    assert all(less <= more for more, less in pairwise(by_use))


def test_the_command_that_is_named_closes_it_in_either_shell() -> None:
    command = command_to_close("C:\\Call rec", US, [ANOTHER, EVERYONE], is_folder=True)
    assert command == (
        f'icacls "C:\\Call rec" /inheritance:r /grant:r "*{US}:(OI)(CI)F" "*S-1-5-18:(OI)(CI)F"'
        f' "*S-1-5-32-544:(OI)(CI)F" /remove:g "*{EVERYONE}" "*{ANOTHER}"'
    )
    assert command_to_close("C:\\x", US, [], is_folder=False).endswith('"*S-1-5-32-544:F"')
