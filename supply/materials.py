"""The bill of materials of a release, as CycloneDX 1.6 in JSON."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from supply.distributions import CALLREC, installed, needed
from supply.licences import CARRIED, licence

if TYPE_CHECKING:
    from datetime import datetime
    from importlib.metadata import Distribution

    from packaging.utils import NormalizedName


def bill(version: str, when: datetime, wheel_sha256: str) -> str:
    """What callrec runs with on a machine like this one; the same each time for the same wheel.

    Hashes of the components are in ``requirements.txt``: each has many files, this names one thing.
    """
    there, runs = installed(), needed()
    components = {name: component(name, there[name]) for name in runs if name != CALLREC}
    whole = Component(
        name="callrec",
        version=version,
        type=ComponentType.APPLICATION,
        bom_ref=f"callrec@{version}",
        licenses=[LicenseExpression(licence(CALLREC, there[CALLREC]))],
        purl=PackageURL("pypi", name="callrec", version=version),
    )
    bom = Bom(
        serial_number=uuid5(NAMESPACE_URL, f"urn:sha256:{wheel_sha256}"),
        components=components.values(),
        metadata=BomMetaData(
            component=whole,
            timestamp=when,
            properties=[
                Property(
                    name="callrec:resolved-for",
                    value=f"CPython {platform.python_version()}, {sys.platform}, "
                    f"{platform.machine()}",
                )
            ],
        ),
    )
    all_of_them = {**components, CALLREC: whole}
    for name, needs in runs.items():
        bom.register_dependency(all_of_them[name], [all_of_them[each] for each in needs])
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def component(name: NormalizedName, distribution: Distribution) -> Component:
    return Component(
        name=name,
        version=distribution.version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{name}@{distribution.version}",
        licenses=[LicenseExpression(licence(name, distribution))],
        purl=PackageURL("pypi", name=name, version=distribution.version),
        properties=[Property(name="callrec:carries", value=CARRIED[name])]
        if name in CARRIED
        else [],
    )
