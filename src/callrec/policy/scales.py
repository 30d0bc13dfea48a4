"""How long the clocks run: each number once, with its source.

What is a law's own is no practice's to change; the others are filled from the configuration's
section ``[clocks]`` (bank_holidays.scales_of).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeScales:
    """The lengths of all clocks."""

    months: int = 1
    """Calendar months to answer a data subject [UK GDPR 12(3)]."""
    months_extended: int = 3
    """Calendar months in all where the answer is extended: two further ones [UK GDPR 12(3)]."""
    target_days: int = 28
    """Days within which one means to answer a data subject, shorter than any month: the ICO's
    suggestion for systems that want one number [ICO, right of access]. The practice's to set."""
    deceased_days: int = 40
    """Days, the application's the first of them [Access to Health Records Act 1990 s.3(5)(b)]."""
    deceased_recent_days: int = 21
    """The same where nothing in the record is old [Access to Health Records Act 1990 s.3(5)(a)]."""
    recent_days: int = 40
    """Days before the application: what was made earlier is old [same, s.3(5)(a)]."""
    deceased_asking_days: int = 14
    """Days within which to ask who the applicant or the patient is, the application's day the
    first of them [same, s.3(6)]."""
    deceased_target_days: int = 21
    """Days within which one means to answer, counted as the 40 are [NHS practice, not the law]."""
    outside_body_working_days: int = 5
    """Working days within which one means to answer an outside body: no law sets any. The
    practice's to set."""
    breach_hours: int = 72
    """Hours by the clock from awareness, nights and holidays too [UK GDPR 33(1)]."""


STATUTORY_SCALES = TimeScales()
"""What holds where the practice has set nothing."""
