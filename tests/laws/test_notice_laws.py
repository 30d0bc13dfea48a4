"""Laws of notices: on each day there is one version of a kind, or a gap that says so."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from callrec.policy.notice import NoticeKind, NoticeVersion, check_versions, in_force, notice_gaps

FIRST = date(2026, 1, 1)


@st.composite
def timetables(draw: st.DrawFn) -> list[NoticeVersion]:
    """Versions of any kinds, one after the other, with or without days between them."""
    versions = []
    for kind in NoticeKind:
        lengths = draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=4))
        begins = FIRST
        for number, (pause, length) in enumerate(lengths):
            first_on = begins + timedelta(days=pause)
            last_on = first_on + timedelta(days=length)
            begins = last_on + timedelta(days=1)
            versions.append(
                NoticeVersion(kind=kind, version=str(number), first_on=first_on, last_on=last_on)
            )
    return draw(st.permutations(versions))


@given(timetables(), st.integers(0, 60).map(lambda days: FIRST + timedelta(days=days)))
def test_a_day_from_the_first_version_on_has_a_version_or_a_gap(
    versions: list[NoticeVersion], day: date
) -> None:
    check_versions(versions)
    for kind in NoticeKind:
        of_kind = [version for version in versions if version.kind is kind]
        missing = [gap for gap in notice_gaps(versions) if gap.kind is kind]
        if not of_kind:
            assert [(gap.first_on, gap.last_on) for gap in missing] == [(None, None)]
        elif day >= min(version.first_on for version in of_kind):
            in_a_gap = [
                gap
                for gap in missing
                if gap.first_on and gap.first_on <= day <= (gap.last_on or date.max)
            ]
            assert (in_force(versions, kind, day) is None) is (len(in_a_gap) == 1)
            assert len(in_a_gap) <= 1
