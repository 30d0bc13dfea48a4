"""What was found of a package that somebody checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from callrec.dataclass import asdict
from callrec.errors import CallrecError, Tampered, Unchecked
from callrec.package.callrec_verify import (
    PROVES,
    PROVES_DESTROYED,
    Result,
    destroyed_in_words,
    time_in_words,
    times_apart,
    trace_in_words,
    witnesses_in_words,
)
from callrec.policy.days import short_date
from callrec.release.verify import CheckedFile, CheckedRelease
from callrec.views.fingerprints import fingerprint_lines
from callrec.views.words import facts, local_time


def checked_json(found: CheckedRelease) -> dict[str, Any]:
    """All of it, for programs."""
    result = found.result
    return {
        **facts(result, "verdict", "trust"),
        **facts(found, "display", "is_on_record"),
        "fingerprint": result.fingerprint or None,
        "release": result.manifest.get("release"),
        "request": result.manifest.get("request", {}).get("number"),
        "practice": result.manifest.get("practice"),
        "certificate": result.manifest.get("certificate"),
        "destroyed": result.destroyed and result.destroyed.recordings,
        "time": result.time and asdict(result.time),
        "time_unchecked": result.time_unchecked or None,
        "times_apart": " ".join(map(str.strip, times_apart(result))) or None,
        **facts(result, "problems"),
        **facts(found, "files"),
        "recordings": [asdict(trace) for trace in result.traces.values()],
        "witnesses": [asdict(each) for each in result.witnesses],
        "witnesses_not_checked": [*result.not_asked],
    }


def what_is_wrong_with(result: Result) -> CallrecError | None:
    """Why nobody should rely on it, or not yet; None: it is VERIFIED."""
    for problem in result.problems[:1]:
        return Tampered(
            f"{problem.path} {problem.what}",
            hint="do not rely on these files; tell the practice, on a number found elsewhere",
        )
    if result.newer:
        return Unchecked(
            "the release is of a later form than this version knows",
            hint="check it with the newest version of callrec",
        )
    if result.trust == "first-use":
        return Unchecked(
            "nobody has said yet whose fingerprint this is",
            hint="compare it with one that did not come with these files, then give it to --pin",
        )
    return None


def package_lines(found: CheckedRelease) -> Iterator[str]:
    """What it is, and before that whether it is nothing of this practice's."""
    result = found.result
    if found.is_of_another:
        yield (
            "This package is of another practice's record, or of none: the record here knows"
            " nothing of it."
        )
    if result.manifest:
        request, at = result.manifest["request"]["number"], result.manifest["at"]
        entry = f", entry {result.entry['seq']} of its audit log" if result.entry else ""
        did = "certified" if "certificate" in result.manifest else "put together"
        yield f"{result.manifest['practice']}, request {request}"
        yield f"{did} on {local_time(datetime.fromisoformat(at), UTC)} UTC{entry}"


def file_table(found: CheckedRelease) -> tuple[Sequence[str], Sequence[Sequence[str | None]]]:
    """Each file, as it was found: headings, and rows."""
    if "certificate" in found.result.manifest:
        return ("file", "found"), [(each.path, each.state) for each in found.files]
    headings = ("file", "found", "role", "call began", "length")
    return headings, [_row(each) for each in found.files]


def _row(file: CheckedFile) -> tuple[str | None, ...]:
    local = datetime.fromisoformat(file.local_time) if file.local_time else None
    began = f"{short_date(local)}, {local:%H:%M}" if local else ""
    seconds = None if file.duration_s is None else round(file.duration_s)
    length = "" if seconds is None else f"{seconds // 60}:{seconds % 60:02d}"
    return file.path, file.state, file.role, began, length


def verdict_lines(found: CheckedRelease) -> Iterator[str]:
    """What it tells of its recordings or of the decision, and whether it is as it was signed."""
    result, name = found.result, "certificate" if found.result.destroyed else "release"
    yield from time_in_words(result)
    if not result.problems:
        yield from witnesses_in_words(result)
        yield from times_apart(result)
    for uid, trace in result.traces.items():
        yield from trace_in_words(trace, [f for f in result.manifest["files"] if f["uid"] == uid])
    if result.destroyed:
        yield from destroyed_in_words(result.destroyed)
    yield from found.remarks
    yield from (f"- {problem.path} {problem.what}" for problem in result.problems)
    if result.fingerprint:
        yield from fingerprint_lines("fingerprint", result.fingerprint)
    else:
        yield "fingerprint: none can be read"
    yield f"TRUST: {result.trust}"
    yield result.verdict
    if result.verdict == "VERIFIED":
        yield f"This {PROVES_DESTROYED if result.destroyed else PROVES}."
        yield "Whether the signer's key was taken away later, only the practice can say."
    if found.is_on_record:
        yield f"The log in the vault at hand has this {name}, and nothing against it."
    if found.display == "ok":
        yield "What the page shows in a browser, and its code, were signed with the files in it."
