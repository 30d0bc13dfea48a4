"""What a page shows, signed together with what is sealed in it (release.md, 7).

Of the page the signature covers what it shows once it is open, and every byte of its text and code:
all but the values in the four elements that hold what is sealed.
"""

from __future__ import annotations

from typing import Final

from callrec.crypto.canonical import canonical
from callrec.crypto.primitives import sha256

PAGE_SCHEMA: Final = "callrec.page/1"


def page_statement(*, release: str, shown: object, around: bytes) -> bytes:
    """What whoever releases a page signs of it, as he signs its manifest.

    Args:
        release: its id, 32 hex digits.
        shown: what the page's own code lays out once it is open, as JSON has it.
        around: SHA-256 of the page without the values in the four elements, 32 bytes.

    Raises:
        ValueError: what is shown has no canonical form.
    """
    return canonical(
        {
            "schema": PAGE_SCHEMA,
            "release": release,
            "shown": sha256(canonical(shown)).hex(),
            "around": around.hex(),
        }
    )
