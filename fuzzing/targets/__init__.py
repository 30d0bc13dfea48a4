"""Every target by its name, in the order in which they are gone through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fuzzing.targets import archive, log, office, release, sealed, telephone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fuzzing.target import Target

TARGETS: Final[Mapping[str, Target]] = {
    target.name: target
    for module in (telephone, office, sealed, log, archive, release)
    for target in module.TARGETS
}
