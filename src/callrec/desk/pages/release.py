"""Hand over what was granted: the form, the package through the browser, its passphrase once."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Final

from callrec.dataclass import replace
from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import lines_of, password_of, read_if_given, word_of
from callrec.desk.pages.listen import marked
from callrec.desk.releasing import MOST_BYTES, Making
from callrec.desk.rendering import download, page, to
from callrec.desk.seat import Seat, find_kept
from callrec.errors import NotFound, Unusable
from callrec.policy.edits import read_clip, read_silence
from callrec.policy.handing_over import Channel, Delivery, PackageForm, ReleaseInstructions
from callrec.views.release import OPENS_WITH, enclosed_lines, stamp_lines
from callrec.views.typed import read_size, read_word
from callrec.views.words import WAYS

AT_ONCE_S = 1.0
"""What takes no longer is shown at once."""

_FORMS: Final = {
    PackageForm.ZIP: "A zip file, for 7-Zip and programs like it",
    PackageForm.HTML: "A page that any browser opens",
}


def show_release(seat: Seat, asked: Asked, reference: str) -> Answered:
    """The form; how far a release is; or the package, and then what opens it."""
    making = seat.making if seat.making and seat.making.reference == reference else None
    if making is not None and making.problem is None:
        return _making(seat, making)
    if making is not None and seat.problem is None:
        seat.problem, seat.making = making.problem, None
    clips, silences = marked(seat, reference)
    return page(
        seat,
        "release.html",
        title=f"Hand over {reference}",
        asked=asked,
        reference=reference,
        forms=list(_FORMS.items()),
        ways=[("", "Not known yet"), *WAYS.items()],
        clips="\n".join(clips),
        silences="\n".join(silences),
        most_mb=MOST_BYTES // 1_000_000,
    )


def _making(seat: Seat, making: Making) -> Answered:
    done = making.released
    return page(
        seat,
        "releasing.html",
        title=f"Hand over {making.reference}",
        making=making,
        reference=making.reference,
        enclosed=[*enclosed_lines(done.manifest), *stamp_lines(done.stamped)] if done else [],
        opens_with=OPENS_WITH[done.form] if done else (),
        released=done,
        key=seat.keep(making) if making.is_ready else "",
    )


def release(seat: Seat, asked: Asked, reference: str) -> Answered:
    """Begin a release, give it up, or go on once the package or its passphrase was saved."""
    match asked.first("do"):
        case "saved":
            _making_of(seat, reference).confirm_saved()
        case "cancel":
            _making_of(seat, reference).end()
        case "noted":
            seat.making = None
            return to(f"/requests/{reference}/event/handed-over")
        case _:
            _begin(seat, asked, reference)
    return to(f"/requests/{reference}/release")


def _begin(seat: Seat, asked: Asked, reference: str) -> None:
    if seat.making is not None and seat.making.problem is None:
        raise Unusable(
            f"a release of {seat.making.reference} is not finished",
            hint=f"callrec release {seat.making.reference}",
        )
    channel = partial(read_word, Channel, "way")
    clips = [read_clip(each) for each in lines_of(asked, "clip")]
    silences = [read_silence(each) for each in lines_of(asked, "silence")]
    directions = ReleaseInstructions(
        delivery=Delivery(
            read_if_given(asked, "deliver_by", channel),
            read_if_given(asked, "passphrase_by", channel),
        ),
        form=word_of(asked, "form", PackageForm, "form of a package"),
        edits=(*clips, *silences),
        max_bytes=read_if_given(asked, "fit", read_size),
        exhibit=asked.first("exhibit"),
        medium_serial=asked.first("medium_serial"),
        names_subject=asked.ticked("name_subject"),
    )
    actor = seat.signer(password_of(asked))
    seat.making = Making(seat.open_vault, actor, reference, directions, seat.environ)
    seat.making.wait(AT_ONCE_S)


def send_package(seat: Seat, _asked: Asked, reference: str, key: str) -> Answered:
    """The package that was made, for the browser to save; nothing of it stays here."""
    making = find_kept(seat, key, Making, f"make it again: callrec release {reference}")
    name, data = making.package()
    return replace(download(data, "application/octet-stream", name), counts=True)


def note_sent(seat: Seat, _asked: Asked, reference: str, key: str) -> Answered:
    """All of the package came to the browser's side, says the serving process."""
    find_kept(seat, key, Making, f"make it again: callrec release {reference}").was_sent = True
    return Answered(HTTPStatus.NO_CONTENT)


def _making_of(seat: Seat, reference: str) -> Making:
    if seat.making is None or seat.making.reference != reference:
        raise NotFound("nothing is being released", hint=f"callrec release {reference}")
    return seat.making
