"""The packages of a request as they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callrec.requests.packages import ShownPackageNote, ShownRelease


def release_json(release: ShownRelease) -> dict[str, Any]:
    """A package as other programs read it (docs/cli.md)."""
    return {
        "id": release.id,
        "at": release.at,
        "by": release.by,
        "deliver_by": release.deliver_by,
        "passphrase_by": release.passphrase_by,
        "medium_serial": release.medium_serial,
        "sha256": release.sha256,
        "handed_over": [
            {
                "on": said.on,
                "time": said.time,
                "channel": said.channel,
                "to_whom": said.to_whom,
                "reason": said.reason,
                "at": said.at,
                "by": said.by,
            }
            for said in release.handed_over
        ],
        "acknowledged": [
            {"on": said.on, "reason": said.reason, "at": said.at, "by": said.by}
            for said in release.acknowledged
        ],
    }


def release_facts(release: ShownRelease) -> Iterator[tuple[str, str]]:
    """What is known of a package besides when it was made: a label, and what is said under it."""
    ways = (("package", release.deliver_by), ("passphrase", release.passphrase_by))
    if any(way for _, way in ways):
        yield "  to go", ", ".join(f"the {what} by {way}" for what, way in ways if way)
    if release.medium_serial:
        yield "  medium", release.medium_serial
    if release.sha256:
        yield "  sha-256", release.sha256
    for said in release.handed_over:
        yield "  handed over", _handed_over(said)
    if not release.handed_over:
        yield "  handed over", "not recorded yet"
    for said in release.acknowledged:
        yield "  acknowledged", _with_reason(str(said.on), said)


def _handed_over(said: ShownPackageNote) -> str:
    when = " ".join(filter(None, (str(said.on), said.time)))
    whom = f" to {said.to_whom}" if said.to_whom else ""
    return _with_reason(f"{when} by {said.channel}{whom}", said)


def _with_reason(text: str, said: ShownPackageNote) -> str:
    return f"{text}: {said.reason}" if said.reason else text
