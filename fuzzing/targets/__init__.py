"""Every target by its name, and of which kind of input it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fuzzing.targets import archive, log, office, release, sealed, telephone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fuzzing.target import Target

TARGETS: Final[Mapping[str, Target]] = {
    target.name: target
    for module in (telephone, office, sealed, log, archive, release)
    for target in module.TARGETS
}

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "sealed recordings": ("sealed-recording", "sealed-segments"),
    "checkpoints, proofs and the log": ("checkpoints", "proofs", "tree-proofs", "leaves"),
    "manifests and packages": ("manifests", "releases", "forged-releases", "zips"),
    "bags and volumes": ("bags", "erased-lists", "volume-markers", "catalogue-keys"),
    "credentials and sessions": ("credential", "session", "remembered", "locked-seeds"),
    "configuration": ("config", "templates"),
    "dates and times": ("dates", "instants"),
    "numbers": ("numbers",),
    "names": ("names",),
    "call records": ("call-records", "sidecar"),
    "suppliers' exports": ("supplier-lists", "exports"),
    "the recorder's word": ("sums", "recorder-signatures", "allowed-signers"),
    "pages": ("pages", "page-contents"),
    "sounds": ("sound", "decoder"),
    "statements and requests": (
        *("canonical", "statements", "signatures", "signed-statements", "requests"),
    ),
    "what is typed, shown or mounted": ("edits", "kit", "cells", "mounts"),
}
"""Each target in one; time is given to the kinds alike."""
