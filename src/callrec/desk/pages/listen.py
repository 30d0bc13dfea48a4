"""Listen to what was granted; the sound goes to the page's player a piece at a time.

It begins with a form, since who else is there is asked before anything is heard. Then the page has
the player, whose script (static/player.js) asks for the waveform, and for the sound piece by piece,
and says what it played.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from itertools import chain
from typing import Any, Final

from markupsafe import Markup

from callrec.dataclass import replace
from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import number_in, password_of
from callrec.desk.hearing import PIECE_S, Hearing, Word, no_hearing
from callrec.desk.hints import with_links
from callrec.desk.rendering import page, status_of, to
from callrec.desk.seat import Seat
from callrec.errors import CallrecError, Unusable
from callrec.policy.edits import SILENCING_GROUNDS, format_edits, read_clip, read_silence
from callrec.release.listen import WaveformView, granted_recordings, show_waveform
from callrec.sound.waveform import SIDES, as_svg, heights
from callrec.views.release import heard_lines
from callrec.views.words import as_words

_SECONDS: Final = re.compile(r"\d{1,6}(?:\.\d{1,6})?")

_SPAN: Final = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)-(\d{1,6}(?:\.\d{1,6})?)")

_MOST_SPANS: Final = 1000
"""In one word of a page."""


Answer = Callable[[Hearing], Mapping[str, Any] | bytes]
"""What a script is told by a hearing: JSON, or bytes."""


def ask_granted(seat: Seat, asked: Asked, reference: str) -> Answered:
    """What was granted to them under a request, once they have given their password."""
    granted = seat.seen.get(("granted", reference))
    return page(
        seat,
        "listen.html",
        title=f"Listen: {reference}",
        asked=asked,
        reference=reference,
        granted=granted,
    )


def show_granted(seat: Seat, asked: Asked, reference: str) -> Answered:
    """Look what was granted to them."""
    actor = seat.signer(password_of(asked))
    found = granted_recordings(seat.practice, actor, reference)
    seat.seen["granted", reference] = found
    if len(found) == 1:
        return to(f"/requests/{reference}/listen/{next(iter(found))}")
    return to(f"/requests/{reference}/listen")


def show_recording(seat: Seat, asked: Asked, reference: str, recording: str) -> Answered:
    """The player of a recording that is being heard; else who is there is asked first."""
    number = number_in(recording)
    if _is_heard(seat.hearing, reference, number):
        return _player(seat, reference, number)
    return page(
        seat,
        "hearing.html",
        title=f"Listen to recording {number}",
        asked=asked,
        reference=reference,
        number=number,
        attended=seat.seen.get(("attended", reference), ""),
        heard=seat.seen.get(("heard", reference, number), ()),
        looked=seat.seen.get(("looked", reference, number)),
        marks=[*chain(*seat.seen.get(("marks", reference), {}).get(number, ()))],
        following=_following(seat, reference, number),
    )


def begin_hearing(seat: Seat, asked: Asked, reference: str, recording: str) -> Answered:
    """Begin to listen, look at the waveform alone, or stop."""
    number, what = number_in(recording), asked.first("do")
    _stop(seat)
    if what != "stop":
        seat.seen["attended", reference] = asked.first("attended")
        actor = seat.signer(password_of(asked))
        if what == "look":
            _look(seat, show_waveform(seat.practice, actor, reference, number))
        else:
            who = " ".join(asked.first("attended").split())
            attended = (who,) if who else ()
            seat.hearing = Hearing(seat.open_vault, actor, reference, number, attended=attended)
    return to(f"/requests/{reference}/listen/{number}")


def _look(seat: Seat, seen: WaveformView) -> None:
    title = f"Recording {seen.recording}, as it was taken in"
    drawn = as_svg(seen.measured, title=title, edits=seen.edits)
    seat.seen["looked", seen.request, seen.recording] = (Markup(drawn), seen.audit_seq)  # noqa: S704  # all that is put in is escaped


def _stop(seat: Seat, word: Word | None = None) -> None:
    """End the hearing, and keep what was heard for the page that follows."""
    hearing, seat.hearing = seat.hearing, None
    if hearing is not None:
        heard = hearing.end(word)
        lines = heard_lines(replace(heard, player=""), seat.zone) if heard else ()
        found = tuple(lines) or ("Nothing was played, which is on record.",)
        seat.seen["heard", hearing.reference, hearing.recording] = found


def _drawn(hearing: Hearing) -> Mapping[str, Any]:
    """What the player draws: how loud it is where, and what is left out, in seconds."""
    view = hearing.view
    measured, edits = view.measured, view.edits
    columns = len(measured.peaks[0])
    return {
        "seconds": measured.duration_ms / 1000,
        "begins": hearing.begins_s,
        "ends": hearing.begins_s + hearing.seconds,
        "rate": measured.sample_rate,
        "piece": PIECE_S,
        "channels": [
            {"name": name, "heights": [round(each, 3) for each in row]}
            for name, row in zip(_names(view), heights(measured, columns), strict=True)
        ],
        "silences": [
            {"from": each.span.from_ms / 1000, "to": each.span.to_ms / 1000, "side": str(each.side)}
            for each in edits.silences
        ],
    }


def _names(view: WaveformView) -> Sequence[str]:
    """Whom each channel carries, as far as that is known."""
    channels = view.measured.channels
    if channels == 1:
        return ("",)
    if len(view.sides) != channels:
        return SIDES
    return tuple(f"{side}: {as_words(who)}" for side, who in zip(SIDES, view.sides, strict=True))


def send_sound(seat: Seat, asked: Asked, reference: str, recording: str) -> Answered:
    """What the player draws, a piece of the sound, or what the page says of its player."""

    def answer(hearing: Hearing) -> Mapping[str, Any] | bytes:
        word = _word(asked)
        match asked.first("do"):
            case "waveform":
                return _drawn(hearing)
            case "piece":
                return hearing.send(int(_second(asked.first("number"))), word)
            case "end":
                _stop(seat, word)
            case _:
                hearing.tell(word)
        return {}

    return _told(seat, reference, recording, answer)


def _told(seat: Seat, reference: str, recording: str, answer: Answer) -> Answered:
    """What a script is told; what goes wrong, too."""
    try:
        hearing = seat.hearing
        if hearing is None or not _is_heard(hearing, reference, number_in(recording)):
            raise no_hearing()
        told = answer(hearing)
    except CallrecError as problem:
        error = {"error": problem.message, "hint": with_links(problem.advice).striptags()}
        return Answered(status_of(problem), json.dumps(error).encode(), "application/json")
    if isinstance(told, bytes):
        return Answered(HTTPStatus.OK, told, "application/octet-stream")
    return Answered(HTTPStatus.OK, json.dumps(told).encode(), "application/json")


def _word(asked: Asked) -> Word:
    spans = [_SPAN.fullmatch(each) for each in asked.every("played")[:_MOST_SPANS]]
    return Word(
        _second(asked.first("at", "0")),
        _second(asked.first("speed", "1")),
        asked.first("playing") == "yes",
        [(float(each[1]), float(each[2])) for each in spans if each],
    )


def _second(text: str) -> float:
    if not _SECONDS.fullmatch(text):
        raise Unusable("that is not a second of a recording")
    return float(text)


def keep_marks(seat: Seat, asked: Asked, reference: str, recording: str) -> Answered:
    """Keep what was marked, and go on to the form that it is for."""
    number = number_in(recording)
    clips, silences = asked.every("clip")[:1], asked.every("silence")
    for read, typed in ((read_clip, clips), (read_silence, silences)):
        for each in typed:
            read(each)
    seat.seen.setdefault(("marks", reference), {})[number] = (clips, silences)
    step = asked.first("step")
    return to(f"/requests/{reference}/{step if step in _FORMS else 'listen'}")


_FORMS: Final = ("approve", "release")
"""Which take edits."""


def marked(seat: Seat, reference: str) -> tuple[Sequence[str], Sequence[str]]:
    """What was marked under a request, as it is typed: clips, and silences."""
    each = seat.seen.get(("marks", reference), {}).values()
    return [clip for clips, _ in each for clip in clips], [one for _, some in each for one in some]


def _player(seat: Seat, reference: str, number: int) -> Answered:
    assert seat.hearing is not None  # noqa: S101  # it is being heard
    view = seat.hearing.view
    return page(
        seat,
        "player.html",
        title=f"Listen to recording {number}",
        reference=reference,
        number=number,
        names=[each for each in _names(view) if each],
        edits=list(format_edits(view.edits)),
        entry=view.audit_seq,
        grounds=[(each.value, each.meaning) for each in SILENCING_GROUNDS],
        following=_following(seat, reference, number),
    )


def _following(seat: Seat, reference: str, number: int) -> int | None:
    """The next of what was granted, if they were listed."""
    numbers: Iterator[int] = iter(seat.seen.get(("granted", reference), ()))
    return next((following for each in numbers if each == number for following in numbers), None)


def _is_heard(hearing: Hearing | None, reference: str, number: int) -> bool:
    return (
        hearing is not None
        and (hearing.reference, hearing.recording) == (reference, number)
        and not hearing.is_over
    )
