"""What ingest says of what it did."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

from callrec.cli.layout import Table, escape_controls
from callrec.cli.output import Output
from callrec.policy.days import short_date
from callrec.telephone.sound.sound import Finding
from callrec.views.calls import findings_in_words
from callrec.views.words import as_words, counted, facts, local_day, utc_offset

if TYPE_CHECKING:
    from callrec.intake.preview import Preview
    from callrec.intake.records import UnusedRows
    from callrec.intake.summary import Ingested, Summary
    from callrec.telephone.call import Call

_HEADERS = ("file", "call", "began", "why")

_BESIDE_THE_FILE = 48
"""Columns of a table that the others take: ``outbound, ext 117209``, ``the hour came twice``, 999,
and two between each."""


_MOST_FILES: Final = 20
"""That are shown each by itself."""


def show_previews(out: Output, previews: Sequence[Preview]) -> None:
    """Some lines of a table for each file, and below it, once each, the sentences that say why."""
    values = [each.as_json() for each in previews]
    out.show_items(values, preview_lines(previews, out.columns))


def preview_lines(previews: Sequence[Preview], columns: int) -> Iterator[str | Table]:
    """Likewise, in words; of many files one of each shape, and how many more are like it."""
    folder = _folder_of_all(previews)
    reasons = Counter(each.why for each in previews)
    numbers = {why: str(number) for number, why in enumerate(reasons, 1)}
    if folder:
        yield f"In {folder}:"
    width = columns - _BESIDE_THE_FILE
    rows: list[Sequence[str]] = []
    for each, alike in _by_shape(previews):
        name = escape_controls(os.path.relpath(each.path, folder) if folder else each.path)
        pieces = [name[start : start + width] for start in range(0, len(name), width)]
        pieces += [f"and {alike} more like it"] if alike else []
        when = _of_time(each.call) if each.call else ()
        rows += zip_longest(pieces, _of_call(each), when, (numbers[each.why],), fillvalue="")
        rows.append(("",) * len(_HEADERS))
    yield Table(_HEADERS, rows[:-1])
    yield ""
    for why, count in reasons.items():
        sentence = f"{numbers[why]}  {counted(count, 'file')}: {why}"
        yield from wrap(sentence, columns, subsequent_indent="   ")


def _by_shape(previews: Sequence[Preview]) -> list[tuple[Preview, int]]:
    """Each, and how many more are like it: of few files none, as all of them are shown."""
    from callrec.telephone.learning import shape_of

    if len(previews) <= _MOST_FILES:
        return [(each, 0) for each in previews]
    alike: dict[tuple[object, ...], list[Preview]] = {}
    for each in previews:
        name = os.path.basename(each.path)  # noqa: PTH119  # as it was written
        way = each.call and (each.call.direction, bool(each.call.contradiction))
        findings = each.sound and each.sound.findings
        alike.setdefault((shape_of(name), each.accepted, each.why, way, findings), []).append(each)
    return [(several[0], len(several) - 1) for several in alike.values()]


def _folder_of_all(previews: Sequence[Preview]) -> str:
    """The folder that all paths have in common; a name alone has none."""
    folders = [os.path.dirname(each.path) for each in previews]  # noqa: PTH120  # as it was written
    absolute = [folder for folder in folders if os.path.isabs(folder)]  # noqa: PTH117  # likewise
    return os.path.commonpath(absolute) if absolute and len(absolute) == len(folders) else ""


def _of_call(each: Preview) -> list[str]:
    from callrec.telephone.call import Direction, System

    if not each.accepted:
        return ["would be left"]
    call = each.call
    if call is None:
        return [f"by {each.known.system}"] if each.known else ["not told"]
    way = "call" if call.direction is Direction.UNKNOWN else str(call.direction)
    lines = [f"{way}, ext {call.extension}" if call.extension else way]
    if call.caller or call.callee:
        lines += [f"from {call.caller or 'unknown'}", f"to {call.callee or 'unknown'}"]
    elif call.number:
        lines.append(f"with {call.number}")
    system = call.said.get("template", call.system)
    if call.system is not System.NONE:
        lines.append(f"by {system}")
    return lines + sorted(each.sound.findings if each.sound else ())


def _of_time(call: Call) -> list[str]:
    local = datetime.fromisoformat(call.local_time)
    lines = [
        short_date(local),
        f"{local:%H:%M:%S} {utc_offset(call.utc_offset_minutes)}",
        as_words(call.time_confidence),
    ]
    return [*lines, "CONTRADICTED"] if call.contradiction else lines


_NAMED: Final = 10
"""Recordings listed by number; ``--json`` has all."""


def ingested_lines(
    done: Ingested, unused: UnusedRows, seconds: float, zone: tzinfo, *, within: str = ""
) -> Iterator[str | Table]:
    """What a run did; ``within``: what is left out before each path."""
    size = f"{done.size_bytes / 1e6:.1f} MB in {seconds:.1f} s"
    if not (done.recordings or done.duplicates or done.quarantined):
        yield "There is nothing to take in."
    else:
        yield f"{counted(done.recordings, 'recording')} taken in, {size}."
    if done.duplicates:
        yield f"{counted(done.duplicates, 'file')} had been taken in before."
    if done.ignored:
        yield f"{counted(done.ignored, 'file')} of another kind left aside."
    yield from findings_lines(done.findings)
    yield from same_sound_lines(done)
    yield from words_lines(done)
    if done.quarantined:
        yield f"{counted(len(done.quarantined), 'file')} not taken in, or left over:"
        rows = [(str(each.path).removeprefix(within), each.why) for each in done.quarantined]
        yield Table(("file", "why"), rows)
    yield from names_lines(done)
    yield from records_lines(done, unused)
    if done.summary:
        yield summary_line(done.summary, zone)


def findings_lines(findings: Mapping[Finding, Sequence[int]]) -> Iterator[str]:
    """A sentence for each, such as ``2 recordings are silent: 17, 23.``, with the first numbers."""
    for numbers, words in findings_in_words(findings):
        yield f"{words}: {_listed(numbers)}."


def same_sound_lines(done: Ingested) -> Iterator[str]:
    """Which recordings sound the same as one of another call."""
    if numbers := done.same_sound:
        one, several = "recording sounds", "recordings sound"
        which = counted(len(numbers), one, several)
        yield f"{which} the same as one of another call: {_listed(numbers)}."


def words_lines(done: Ingested) -> Iterator[str]:
    """How many came with their telephone system's word."""
    if done.vouched:
        is_signed = counted(done.vouched, "recording is", "recordings are")
        yield f"{is_signed} signed by a telephone system's key that the practice has named."
    if done.signed_in_vain:
        came = counted(done.signed_in_vain, "recording has", "recordings have")
        yield f"{came} a signature that vouches for nothing: callrec show says why."


def _listed(numbers: Sequence[int]) -> str:
    rest = f" and {len(numbers) - _NAMED} more" if len(numbers) > _NAMED else ""
    return ", ".join(map(str, numbers[:_NAMED])) + rest


def ingested_json(done: Ingested) -> dict[str, Any]:
    """The members that a whole run and a round of ``--watch`` have in common."""
    return {
        "ingested": done.recordings,
        "duplicates": done.duplicates,
        "quarantined": [{"path": each.path, "why": each.why} for each in done.quarantined],
        **facts(done, "unreadable", "unrecognised", "vouched", "signed_in_vain", "ignored"),
        "bytes": done.size_bytes,
        "batch": done.batches[-1] if done.batches else None,
        **facts(done, "batches", "findings", "same_sound", "joined", "unjoined", "told_less"),
    }


def summary_json(summary: Summary | None) -> dict[str, Any] | None:
    """As it was signed, with the entry that it stands in."""
    return None if summary is None else {**summary.fields, "seq": summary.seq}


def run_json(done: Ingested, unused: UnusedRows, seconds: float) -> dict[str, Any]:
    """A whole run, with the rows of call records that were not understood."""
    rows = [
        {"file": str(each.path), "line": each.row.line, "why": each.row.why}
        for each in unused.first
    ]
    return {
        **ingested_json(done),
        "not_understood": unused.count,
        "rows_not_understood": rows,
        "summary": summary_json(done.summary),
        "seconds": round(seconds, 3),
    }


def records_lines(done: Ingested, unused: UnusedRows) -> Iterator[str]:
    """What came of the call records."""
    if done.joined or done.unjoined:
        yield f"{done.joined} joined to call records, {done.unjoined} without one."
    for each in unused.first:
        yield f'not understood: "{each.path}", line {each.row.line}: {each.row.why}'
    if unused.count > len(unused.first):
        yield f"and {unused.count - len(unused.first)} rows more"


def names_lines(done: Ingested) -> Iterator[str]:
    """What names could not tell."""
    if done.told_less:
        yield (
            f"{done.told_less} known already under a name that tells less: give --cdr FILE, "
            "or ingest them as somebody who may search."
        )


def summary_line(summary: Summary, zone: tzinfo) -> str:
    """Where it stands, and what it says that came in."""
    from callrec.crypto.canonical import parse_instant

    fields = summary.fields
    came = f"{fields['recordings']} taken in"
    if fields["recordings"]:
        days = [
            local_day(parse_instant(fields[end]), zone) for end in ("first_start", "last_start")
        ]
        came += f", from {' to '.join(dict.fromkeys(days))}"
    return f"Signed summary, entry {summary.seq} of the audit log: {came}."
