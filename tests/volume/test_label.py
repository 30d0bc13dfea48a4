from __future__ import annotations

import pytest

from callrec.errors import Unusable
from callrec.volume.volume import check_label, is_label

PLAIN = (
    "archive-2026-a",
    "Archive 2026.08.07",
    "a",
    "USB_drive_3",
    "external",
    "x" * 40,
)

REFUSED = {
    "a name": ("Mary Smith", "name of a person"),
    "a name in one word": ("MarySmith", "name of a person"),
    "a name as a maker may have it": ("LaCie 4TB", "name of a person"),
    "a name with a hyphen": ("calls of Mary-Smith", "name of a person"),
    "five digits": ("drive 12345", "telephone number"),
    "a telephone number with spaces": ("020 7946 0958", "telephone number"),
    "a telephone number with hyphens": ("drive-0161-496-0000", "telephone number"),
    "nothing": ("", "plain letters"),
    "too long": ("x" * 41, "plain letters"),
    "a letter that is not plain": ("Zoë", "plain letters"),
    "an escape": ("drive\x1b[2J", "plain letters"),
    "a line end": ("drive\n", "plain letters"),
    "a path": ("../drive", "plain letters"),
    "a space before": (" shelf", "plain letters"),
}


@pytest.mark.parametrize("label", PLAIN)
def test_a_plain_label_passes(label: str) -> None:
    check_label(label)
    assert is_label(label)


@pytest.mark.parametrize(("label", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_a_label_is_refused_that_is(label: str, words: str) -> None:
    with pytest.raises(Unusable, match=words) as refused:
        check_label(label)
    assert not label or label not in refused.value.message + refused.value.hint
    assert not is_label(label)
