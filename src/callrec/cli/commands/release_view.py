"""What ``callrec release`` says of what it made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.package.manifest import WhyNotEnclosed
from callrec.policy.handing_over import PackageForm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from callrec.cli.output import Output
    from callrec.package.manifest import Manifest
    from callrec.release.release import Released

_OPENS_WITH = {
    PackageForm.ZIP: (
        "7-Zip, Keka or The Unarchiver opens it with the passphrase.",
        "Windows alone does not.",
    ),
    PackageForm.HTML: ("Any browser opens it with the passphrase, without a network.",),
}

_NOT_ENCLOSED = {
    WhyNotEnclosed.EDITED: "Edited, so their originals stay here",
    WhyNotEnclosed.SIZE: "Too large, so their originals stay here",
}


def released_json(done: Released) -> dict[str, object]:
    """One document for programs."""
    enclosed = _enclosed(done.manifest)
    return {
        "path": done.path,
        "form": done.form,
        "passphrase": done.passphrase,
        "recordings": [
            {"id": number, "sha256_original": original, "sha256_enclosed": enclosed[number]}
            for number, original in _originals(done.manifest).items()
        ],
        "sha256": done.sha256,
        "audit_seq": done.seq,
    }


def say_released(out: Output, done: Released) -> None:
    """The same for people, and what comes next."""
    manifest = done.manifest
    out.say(f"{done.reference} is released: {done.path}")
    out.say(f"Recordings enclosed: {_numbers(_originals(manifest))}")
    for why, said in _NOT_ENCLOSED.items():
        left_out = [each.recording for each in manifest.not_enclosed if each.why is why]
        if left_out:
            out.say(f"{said}: {_numbers(left_out)}")
    if manifest.withheld:
        out.say(f"Withheld: {_numbers(each.recording for each in manifest.withheld)}")
    # What is copied or read out has a line of its own, which no terminal breaks.
    out.say("SHA-256 of the file:")
    out.say(f"  {done.sha256}")
    out.say("Passphrase, shown this once:")
    out.say(f"  {done.passphrase}")
    out.say("Let it go another way than the package.")
    for line in _OPENS_WITH[done.form]:
        out.say(line)
    say_so = f"callrec request event {done.reference} handed-over --on DATE --by"
    which = "" if done.is_first else f" --release {manifest.release[:8]}"
    out.say(f"next: {say_so} {done.package_by or 'WAY'} --to-whom WHO{which}")


def _originals(manifest: Manifest) -> Mapping[int, str]:
    """SHA-256 of each recording's original, by its number, enclosed or not."""
    enclosed = {file.recording: file.made_from or file.sha256 for file in manifest.files}
    return dict(sorted(enclosed.items()))


def _enclosed(manifest: Manifest) -> Mapping[int, str]:
    """SHA-256 of what stands for each recording: its original, or else the copy."""
    from callrec.package.manifest import FileRole

    files = sorted(manifest.files, key=lambda file: file.role is FileRole.ORIGINAL)
    return {file.recording: file.sha256 for file in files}


def _numbers(numbers: Iterable[int]) -> str:
    return ", ".join(str(number) for number in numbers)
