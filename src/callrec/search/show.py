"""Say what is known about one recording, once all of it is checked.

Looking at one recording is not a search and is under no request, so number, names and file names
are always masked. Nothing is shown of a recording that is not, in every byte, as it was sealed; the
file of one that is only on volumes is read where one of these is attached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Final, TypeVar

from sqlalchemy import Row

from callrec.archive.attached import OnlyOnVolumes, open_recording
from callrec.audit.rows import check_tables
from callrec.calls.as_signed import check_as_signed
from callrec.calls.category import category_of
from callrec.calls.coming_in import came_in
from callrec.calls.custody import OpenedRecording, Opening, find_recording
from callrec.calls.find import DIRECTIONS, ShownCall
from callrec.catalogue.engine import reading
from callrec.catalogue.holds import rows_keeping
from callrec.catalogue.volumes import labels_of
from callrec.dataclass import dataclass
from callrec.errors import NotFound, Tampered
from callrec.login.people import logins
from callrec.notes.log import OpenNote
from callrec.notices import read_notices, stated_on, versions_on
from callrec.policy.authority import check_may
from callrec.policy.notice import CallerTold, NoticeKind, caller_told
from callrec.policy.retention import Category, RecordingState
from callrec.policy.role import Power
from callrec.policy.words import mask_name
from callrec.practice import Actor, Practice, attempt, record, today
from callrec.requests.covering import shown_holds
from callrec.requests.open import visible_notes
from callrec.requests.restrictions import effects_on
from callrec.telephone.recorder import Standing, WordKind

RECORDING_SHOWN: Final = "recording.shown"

_Value = TypeVar("_Value")

_CALLER_TOLD: Final = {str(value): value for value in CallerTold}


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that the recording came in as."""

    name: str
    """Its name as it was, masked."""
    modified_at: str
    """When the file was last written: RFC 3339, UTC."""


@dataclass(frozen=True, slots=True)
class ShownWord:
    """What the telephone system signed or hashed of the sound, as it was found at intake."""

    kind: WordKind
    key: str | None
    """Fingerprint of the key that signed; None of a checksum, or not known."""
    name: str | None
    """What the practice called that key; None: it had not named it."""
    standing: Standing
    why: str | None
    """Why it was not checked."""
    stamped_at: str | None
    """When an authority says that it was there, RFC 3339; None: none says so."""
    authority: str | None


@dataclass(frozen=True, slots=True)
class StartClock:
    """By which clock the start was read."""

    zone: str | None
    """``Europe/London``; None: it is not known."""
    utc_offset_minutes: int | None
    contradiction: str | None
    """What contradicts the start and was left aside, in words."""


@dataclass(frozen=True, slots=True, repr=False)
class ShownNote:
    """A note on a recording as its readers see it. Its repr shows nothing."""

    reference: str
    person: str
    """``S-3``: who is heard in it; empty: it says something else."""
    text: str
    at: datetime
    by: str
    """Login."""


@dataclass(frozen=True, slots=True)
class CheckedRecording:
    """One recording, checked."""

    call: ShownCall
    batch: str | None
    """Id of the batch that it came in with; None: nobody took it in."""
    provenance: tuple[SourceFile, ...]
    words: tuple[ShownWord, ...]
    notices: Mapping[NoticeKind, str | None]
    """Which version of each notice was in force on its day; None where there was none."""
    notices_stated_on: Mapping[NoticeKind, date | None]
    """Since when the record says so of each of these, which is another day than its own first."""
    caller_told: CallerTold
    clock: StartClock
    sides: tuple[str, ...]
    """The party that each channel carries, the left one first; empty: not known."""
    category: Category
    """Of the retention schedule."""
    due_on: date | None
    """The first day on which it may be destroyed; None where the day of the call gives it none."""
    restricted_by: str | None
    """The request that restricts it, ``R-20``; None: none does."""
    corrected_by: tuple[str, ...]
    """The requests whose notes correct what is said in it, the oldest first."""
    notes: tuple[ShownNote, ...]
    """What people who heard it said of it, the oldest first."""
    seq: int
    """The leaf that says it was shown."""
    file_checked: bool
    """False if it is only on volumes of which none is attached."""


@dataclass(frozen=True, slots=True)
class CommonFacts:
    """What recordings have in common of what a request says; None where they differ, or lack it."""

    day: date | None
    at: time | None
    """By the practice's clock, to the minute."""
    extension: str | None


def common_facts(practice: Practice, actor: Actor, numbers: Sequence[int]) -> CommonFacts:
    """What a request for these recordings need not be told, each as `show_recording` may show it.

    So no telephone number is among it, and that each was shown is on record.

    Raises:
        Refused: the actor may not search.
        NotFound: there is no such recording.
        Tampered: its columns or its metadata are not as they were sealed.
    """
    found = [_shown_to_request(practice, actor, number) for number in dict.fromkeys(numbers)]
    starts = [opened.started_at.astimezone(practice.settings.time_zone) for opened in found]
    return CommonFacts(
        day=_common(start.date() for start in starts),
        at=_common(start.time().replace(second=0, microsecond=0) for start in starts),
        extension=_common(opened.fields["extension"] for opened in found),
    )


def _common(values: Iterable[_Value]) -> _Value | None:
    several = set(values)
    return several.pop() if len(several) == 1 else None


def _shown_to_request(practice: Practice, actor: Actor, number: int) -> OpenedRecording:
    uid, _ = _put_on_record(practice, actor, number)
    with (
        attempt(practice, actor, RECORDING_SHOWN, subject=[uid]),
        reading(practice.engine) as connection,
    ):
        row = find_recording(connection, number)
        opened = Opening(practice, actor, connection).checked(row)
        check_as_signed(practice, connection, [row])
        return opened


def _put_on_record(practice: Practice, actor: Actor, number: int) -> tuple[str, int]:
    """Say, before it is shown, that a recording is: its uid, and the leaf that says so."""
    with attempt(practice, actor, RECORDING_SHOWN):
        check_may(actor.person, Power.SEARCH, on=today(practice))
        with reading(practice.engine) as connection:
            uid = find_recording(connection, number).uid
    return uid, record(practice, actor, RECORDING_SHOWN, subject=[uid])


def show_recording(practice: Practice, actor: Actor, number: int) -> CheckedRecording:
    """What is known about a recording by its number, with everything checked that can be.

    Raises:
        Refused: the actor may not search.
        NotFound: there is no such recording.
        Tampered: its columns, its metadata or its sealed file are not as they were sealed.
        Misconfigured: the notices of the settings contradict each other, or they do not name
            the recording's category.
    """
    notices = read_notices(practice.settings)
    uid, seq = _put_on_record(practice, actor, number)
    with attempt(practice, actor, RECORDING_SHOWN, subject=[uid]):
        with reading(practice.engine) as connection:
            row = find_recording(connection, number)
            opened = Opening(practice, actor, connection).checked(row)
            check_as_signed(practice, connection, [row])
            check_tables(connection, rows_keeping(row.id))
            held = shown_holds(practice, actor, connection, [row.id])
            category = category_of(practice, connection, row.id)
            is_away = row.state == RecordingState.ARCHIVED
            volumes = labels_of(connection, [row.id])[row.id] if is_away else ()
            brought = came_in(connection, practice.register, [uid]).get(uid)
            effects = effects_on(practice, connection, [uid])
            notes = visible_notes(practice, actor, connection, [uid])
        is_file_checked = _check_file(practice, row)
    history, zone = practice.register.settings, practice.settings.time_zone
    fields, day = opened.fields, opened.started_at.astimezone(zone).date()
    on_its_day = versions_on(notices, day)
    return CheckedRecording(
        call=ShownCall.of(opened, came_in=brought, masked=True, held=bool(held), volumes=volumes),
        batch=brought.batch if brought else None,
        provenance=tuple(map(_source, fields["provenance"])),
        words=tuple(map(_word, fields.get("words", ()))),
        notices={kind: each.version if each else None for kind, each in on_its_day.items()},
        notices_stated_on={kind: stated_on(history, kind, day, zone) for kind in on_its_day},
        clock=StartClock(**{name: fields[name] for name in StartClock.__slots__}),
        sides=tuple(fields["sides"]),
        caller_told=caller_told(
            DIRECTIONS.get(fields["direction"]),
            announced=on_its_day[NoticeKind.ANNOUNCEMENT] is not None,
            stated=_CALLER_TOLD.get(str(fields["said"].get("caller_told"))),
        ),
        category=category,
        due_on=category.due_on(day),
        restricted_by=effects.restricted.get(uid),
        corrected_by=effects.corrected.get(uid, ()),
        notes=tuple(_note(practice, each) for each in notes),
        seq=seq,
        file_checked=is_file_checked,
    )


def _note(practice: Practice, note: OpenNote) -> ShownNote:
    by = logins(practice)[note.history.entered_by]
    return ShownNote(note.reference, note.body.person, note.body.text, note.at, by)


def _check_file(practice: Practice, row: Row[Any]) -> bool:
    """Read all of the sealed file; False: it is on volumes only, and none is attached."""
    try:
        practice.store.check(row.ciphertext)
    except NotFound:
        try:
            with open_recording(practice, row):
                return True  # a volume's copy is read whole before it is given out
        except OnlyOnVolumes:
            return False
    except Tampered as error:
        raise Tampered(f"the sealed file of recording {row.id} is not as it was sealed") from error
    return True


def _source(source: Mapping[str, Any]) -> SourceFile:
    name = source["name"]
    # A name that is not UTF-8 has no letter to show.
    return SourceFile(mask_name(name if isinstance(name, str) else "?"), source["modified_at"])


def _word(word: Mapping[str, Any]) -> ShownWord:
    return ShownWord(**{name: word[name] for name in ShownWord.__slots__})
