from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from callrec.policy.further import FurtherParticular
from callrec.policy.handing_over import (
    PackageForm,
    ReleaseInstructions,
    check_instructions,
    max_content_bytes,
)
from callrec.policy.purpose import Purpose


@given(st.integers(1, 1 << 40))
def test_what_fits_a_page_still_fits_once_it_is_base64(most: int) -> None:
    content = max_content_bytes(ReleaseInstructions(form=PackageForm.HTML, max_bytes=most))
    assert content is not None
    assert -(-content // 3) * 4 <= most + 3


def test_a_page_holds_three_bytes_in_four_and_no_fewer() -> None:
    sizes = [
        max_content_bytes(ReleaseInstructions(form=PackageForm.HTML, max_bytes=most))
        for most in (3, 4, 10, 1000)
    ]
    assert sizes == [2, 3, 7, 750]
    assert all(type(size) is int for size in sizes)


def test_a_zip_holds_what_it_takes() -> None:
    assert max_content_bytes(ReleaseInstructions(max_bytes=1000)) == 1000
    assert max_content_bytes(ReleaseInstructions(form=PackageForm.HTML)) is None


def test_a_data_subject_may_be_named_and_a_medium_for_an_outside_body_marked() -> None:
    check_instructions(
        ReleaseInstructions(names_subject=True),
        Purpose.SUBJECT_ACCESS,
        (FurtherParticular.SUBJECT,),
    )
    check_instructions(
        ReleaseInstructions(exhibit="DW/1", medium_serial="4711"), Purpose.OUTSIDE_BODY, ()
    )
