"""What was released: what the package holds, and what opens it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from callrec.package.manifest import Manifest, WhyNotEnclosed
from callrec.policy.handing_over import PackageForm

OPENS_WITH: Final[Mapping[PackageForm, Sequence[str]]] = {
    PackageForm.ZIP: (
        "7-Zip, Keka or The Unarchiver opens it with the passphrase.",
        "Windows alone does not.",
    ),
    PackageForm.HTML: ("Any browser opens it with the passphrase, without a network.",),
}

_NOT_ENCLOSED: Final = {
    WhyNotEnclosed.EDITED: "Edited, so their originals stay here",
    WhyNotEnclosed.SIZE: "Too large, so their originals stay here",
}


def enclosed_lines(manifest: Manifest) -> Iterator[str]:
    """Which recordings a package holds, and which of them it does not hold as they were."""
    yield f"Recordings enclosed: {_numbers(sorted({file.recording for file in manifest.files}))}"
    for why, text in _NOT_ENCLOSED.items():
        left_out = [each.recording for each in manifest.not_enclosed if each.why is why]
        if left_out:
            yield f"{text}: {_numbers(left_out)}"
    if manifest.withheld:
        yield f"Withheld: {_numbers(each.recording for each in manifest.withheld)}"


def _numbers(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))
