"""Why a recording's sound cannot be had."""

from __future__ import annotations

from enum import Enum

from callrec.errors import Unusable


class DecodeFailure(Enum):
    """One sentence for each; a child sends a name of these and no words of its own."""

    UNKNOWN = "it is no kind of sound that can be decoded here"
    EMPTY = "no sound could be got out of it"
    TOO_LONG = "it is longer than any copy of it could be"
    GAVE_UP = "decoding it took more time or memory than a recording needs"
    CHANGED = "it came out otherwise than when it was measured"
    UNCONFINED = "what decodes sound could not be confined on this computer"


class Undecodable(Unusable):
    """The sound could not be decoded; the recording can still be kept and released as it is."""

    def __init__(self, why: DecodeFailure) -> None:
        super().__init__(why.value)
        self.why = why
