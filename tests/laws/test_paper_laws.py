"""Laws of what is set on paper."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from callrec.package.certificate import Exhibit
from callrec.paper.certificate_pdf import certificate_pdf, exhibit_label_pdf
from callrec.paper.sheet import Line, Rule, height_of, paginate
from package.certificates import PLAIN

ROOM = 100.0

RULE = Rule(0, 1, 1, (0, 0, 0))

LINES = st.builds(
    Line, st.integers(0, 40).map(float), st.sampled_from([(), (RULE,)]), st.text(max_size=2)
)

GROUPS = st.lists(LINES, min_size=1, max_size=8).map(tuple)

ANYTHING = st.text(st.characters(), max_size=60)  # surrogates and control characters too


@given(st.lists(GROUPS))
def test_every_line_with_marks_is_on_a_page_in_order(groups: list[tuple[Line, ...]]) -> None:
    placed = [line for page in paginate(groups, ROOM) for line in page if line.marks]
    assert placed == [line for group in groups for line in group if line.marks]


@given(st.lists(GROUPS))
def test_no_page_is_overfull_and_each_begins_with_something(groups: list[tuple[Line, ...]]) -> None:
    pages = paginate(groups, ROOM)
    assert all(height_of(tuple(page)) <= ROOM for page in pages)
    assert all(page[0].marks for page in pages)


@given(st.lists(GROUPS.filter(lambda group: height_of(group) <= ROOM)))
def test_a_group_that_fits_a_page_is_on_one(groups: list[tuple[Line, ...]]) -> None:
    named = [
        tuple(Line(line.height, (RULE,), opens=str(place)) for line in group)
        for place, group in enumerate(groups)
    ]
    of_pages = [{line.opens for line in page} for page in paginate(named, ROOM)]
    assert sum(map(len, of_pages)) == len(groups)


@settings(max_examples=settings().max_examples * 3 // 10, deadline=None)
@given(ANYTHING, ANYTHING, ANYTHING)
def test_any_text_can_be_certified(practice: str, contact: str, subject: str) -> None:
    exhibit = Exhibit(label=practice, medium_serial=contact, reference=subject)
    certificate = replace(
        PLAIN, practice=practice, contact=contact, subject=subject, exhibit=exhibit
    )
    assert certificate_pdf(certificate).startswith(b"%PDF-1.7")
    assert exhibit_label_pdf(certificate).startswith(b"%PDF-1.7")
