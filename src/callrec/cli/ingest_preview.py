"""How files, or names alone, would be read: the table of ``ingest --dry-run`` and ``--try``."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from callrec.telephone.call import Direction, System

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from callrec.cli.output import Output
    from callrec.procedures.intake_preview import Preview
    from callrec.telephone.call import Call

_HEADERS = ("file", "call", "began", "why")


def show_previews(out: Output, previews: Sequence[Preview]) -> None:
    """A row for each file, and below them, once each, the sentences that say why."""
    folder = _folder_of_all(previews)
    reasons = Counter(each.why for each in previews)
    numbers = {why: number for number, why in enumerate(reasons, 1)}

    def text() -> None:
        if folder:
            out.say(f"in {folder}:")
        rows = [_row(each, folder, numbers) for each in previews]
        out.table(_HEADERS, rows)
        out.say()
        for why, count in reasons.items():
            files = "1 file" if count == 1 else f"{count} files"
            out.say(f"why {numbers[why]} ({files}): {why}")

    out.show_items([each.as_json() for each in previews], text)


def _folder_of_all(previews: Sequence[Preview]) -> str:
    """What all paths have in common, said once; a name alone has no folder."""
    folders = [os.path.dirname(each.path) for each in previews]  # noqa: PTH120  # as it was written
    absolute = [folder for folder in folders if os.path.isabs(folder)]  # noqa: PTH117  # likewise
    return os.path.commonpath(absolute) if absolute and len(absolute) == len(folders) else ""


def _row(each: Preview, folder: str, numbers: Mapping[str, int]) -> tuple[str, str, str, str]:
    name = os.path.relpath(each.path, folder) if folder else each.path
    why = str(numbers[each.why])
    if not each.accepted:
        return name, "would be left", "", why
    if each.call is None:
        return name, each.known.system if each.known else "not told", "", why
    return name, "\n".join(_of_call(each.call)), "\n".join(_of_time(each.call)), why


def _of_call(call: Call) -> list[str]:
    way = "call" if call.direction is Direction.UNKNOWN else str(call.direction)
    lines = [f"{way}, extension {call.extension}" if call.extension else way]
    if call.caller or call.callee:
        lines += [f"from {call.caller or 'unknown'}", f"to {call.callee or 'unknown'}"]
    elif call.number:
        lines.append(f"with {call.number}")
    system = call.said.get("template", call.system)
    return lines if call.system is System.NONE else [*lines, f"by {system}"]


def _of_time(call: Call) -> list[str]:
    hours, minutes = divmod(abs(call.utc_offset_minutes), 60)
    sign = "-" if call.utc_offset_minutes < 0 else "+"
    lines = [
        call.local_time.replace("T", " ")[:19],
        f"UTC{sign}{hours:02}:{minutes:02}",
        str(call.time_confidence),
    ]
    return [*lines, "CONTRADICTED"] if call.contradiction else lines
