"""Which recording belongs to which call: by its ids, its name, else by number and time.

Pure: procedures hold recordings and legs and ask here. The rules in words: docs/call-records.md.
"""

from callrec.telephone.joining.completing import completed
from callrec.telephone.joining.facts import (
    CallRecord,
    Joined,
    JoinedBy,
    Joining,
    RecordingFacts,
    calls_of,
)
from callrec.telephone.joining.keys import keys_of_leg, keys_of_recording
from callrec.telephone.joining.table import join, leg_of

__all__ = [
    "CallRecord",
    "Joined",
    "JoinedBy",
    "Joining",
    "RecordingFacts",
    "calls_of",
    "completed",
    "join",
    "keys_of_leg",
    "keys_of_recording",
    "leg_of",
]
