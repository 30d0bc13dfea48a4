"""Archive drives: which there are, what is owed and due. Archiving itself is at the server."""

from __future__ import annotations

from callrec.archive.volumes import (
    ListedVolume,
    VolumeKeeper,
    keepers_of_volumes,
    list_volumes,
    record_volume_keeper,
)
from callrec.desk.exchange import Answered, Asked
from callrec.desk.listing import Column, Listing, items, show_listing
from callrec.desk.rendering import go_on, page
from callrec.desk.seat import Seat
from callrec.office.status import read_status
from callrec.policy.role import Power
from callrec.practice import powers, today
from callrec.views.volumes import size_in_words, volume_json, where_now


def show_drives(seat: Seat, asked: Asked) -> Answered:
    """Every archive drive; who has each, for those who may search. That is recorded."""
    practice = seat.practice
    kept = keepers_of_volumes(practice, seat.actor)
    listed, stands = list_volumes(practice), read_status(practice, None)

    def keeper(each: ListedVolume, name: str) -> str:
        return getattr(kept[each.volume], name) if each.volume in kept else ""

    columns = (
        Column("volume", "Drive", value=lambda each: each.label),
        Column("now", "Now", value=where_now, has_codes=True),
        Column("recordings", "Recordings", is_number=True),
        Column(
            "bytes",
            "Size",
            value=lambda each: each.size_bytes,
            shown=lambda each: size_in_words(each.size_bytes),
            is_number=True,
        ),
        Column("last_written", "Written", value=lambda each: each.written_at),
        Column(
            "last_verified",
            "Verified",
            value=lambda each: each.verified_at,
            shown=lambda each: each.verified_at or "never from here",
        ),
        Column("verify_on", "To be verified by"),
        Column(
            "owed",
            "Erasures owed",
            value=lambda each: stands.erasure_owed.get(each.label, 0),
            is_number=True,
        ),
        Column("with", "With", value=lambda each: keeper(each, "by")),
        Column("at", "Where it lies", value=lambda each: keeper(each, "place")),
    )

    listing = Listing(
        caption="Archive drives",
        columns=columns,
        rows=listed,
        document=items(lambda each: volume_json(each, kept.get(each.volume))),
        save_as="drives",
        nothing="Nothing was archived to a drive yet.",
    )
    return show_listing(
        seat,
        asked,
        listing,
        "drives.html",
        title="Archive drives",
        stands=stands,
        beside=[each.label for each in listed if each.on_vaults_disk],
        today=today(practice),
        archives=Power.ARCHIVE in powers(practice, seat.actor),
    )


def ask_keeper(seat: Seat, asked: Asked) -> Answered:
    """Who has a drive, and where it lies."""
    labels = [each.label for each in list_volumes(seat.practice)]
    return page(seat, "drive_keep.html", title="Who has a drive", asked=asked, labels=labels)


def keep(seat: Seat, asked: Asked) -> Answered:
    """Write down who has a drive, and where it lies; kept sealed."""
    label, kept = asked.first("label"), VolumeKeeper(asked.first("by"), asked.first("at"))
    record_volume_keeper(seat.practice, seat.actor, label, kept)
    line = f'"{label}" is with {kept.by}, at {kept.place}.'
    return go_on(seat, "/", line, "To see all of them: callrec archive list")
