from __future__ import annotations

from callrec.archive.log import REMOVED, VolumeAct
from callrec.archive.owed import DESTRUCTION_DONE
from callrec.archive.unfinished import BEGUN, GIVEN_UP
from callrec.complaints.log import COMPLAINT_ACTS
from callrec.incidents.log import INCIDENT_ACTS
from callrec.policy.request import RequestAct
from callrec.record.acts import MIN_SUBJECTS
from callrec.requests.holding import HOLD_ACTS
from callrec.retention.categories import CATEGORISED


def test_each_act_that_rows_follow_from_says_how_much_it_names() -> None:
    acts = {
        *HOLD_ACTS,
        *INCIDENT_ACTS,
        *COMPLAINT_ACTS,
        *RequestAct,
        *VolumeAct,
        REMOVED,
        CATEGORISED,
        BEGUN,
        GIVEN_UP,
        DESTRUCTION_DONE,
    }
    assert {*map(str, acts)} <= set(MIN_SUBJECTS)
