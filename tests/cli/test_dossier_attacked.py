"""A dossier of a request of which an entry names somebody who did not make it."""

from __future__ import annotations

from callrec.practice import writing
from cli.test_request_on_a_terminal import on_a_terminal
from house.practices import House
from house.requests import a_request, request_id, signed_in


def test_it_is_named_before_anything_is_shown_and_the_status_is_5(house: House) -> None:
    reference = a_request(house, recordings=())
    sam, max_ = signed_in(house, "sam"), signed_in(house, "max")
    with writing(house.practice, max_.signer) as act:
        act.leaf("request.shown", actor=sam.person.id, subject=[request_id(house, reference)])
    shown = on_a_terminal(house, "dora", f"request dossier {reference}")
    assert "of the audit record is damaged, or not of those who acted" in shown
    assert "callrec audit resume" in shown
    assert shown.endswith("[5]")
