"""The licence of each distribution, by its SPDX name, and whether callrec may stand on it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supply.distributions import CALLREC, installed, needed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.metadata import Distribution

    from packaging.utils import NormalizedName

ALLOWED: Final = {
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "LicenseRef-public-domain",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "MPL-2.0",
    "PSF-2.0",
}
"""Licences that ask for their text to be kept and no more, and one that covers its own files."""

EXCEPTIONS: Final = {
    "fpdf2": "LGPL-3.0-only",
    "psycopg": "LGPL-3.0-only",
    "psycopg-binary": "LGPL-3.0-only",
}
"""Others, each for one distribution that is loaded unchanged and not carried by callrec."""

CARRIED: Final = {
    "av": "its wheels carry FFmpeg with libx264 and libx265: together GPL-3.0-or-later",
}
"""What a wheel has in it beside what its licence is for."""

READ: Final = {
    "axe-playwright-python": "MIT",
    "fido2": "BSD-2-Clause AND Apache-2.0 AND MPL-2.0",
    "google-re2": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "prompt-toolkit": "BSD-3-Clause",
    "pycryptodomex": "BSD-2-Clause AND LicenseRef-public-domain",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "segno": "BSD-3-Clause",
}
"""Read in the text of the licence, where the metadata leaves it open."""

FIELD: Final = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache-2.0": "Apache-2.0",
    "Apache-2.0 OR BSD-3-Clause": "Apache-2.0 OR BSD-3-Clause",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD-2-Clause": "BSD-2-Clause",
    "BSD-3-Clause": "BSD-3-Clause",
    "MIT": "MIT",
}
"""What the free text of older metadata means."""

CLASSIFIER: Final = {
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Public Domain": "LicenseRef-public-domain",
    "Python Software Foundation License": "PSF-2.0",
}
"""What a classifier means. "BSD License" may be any of several and is not here."""

UNKNOWN: Final = "unknown"

HEAD: Final = """\
# Licences

Written by `make licences` from what is installed; `make check` lets nothing else in.

callrec itself is under the MIT licence, `LICENSE`. Its wheel also carries the Noto
typefaces (OFL-1.1) and EFF's list of words (CC-BY-3.0-US). So the wheel as a whole is `MIT AND
OFL-1.1 AND CC-BY-3.0-US`. The texts are in it, in `callrec-VERSION.dist-info/licenses/`.

The wheel carries none of the parts below. They are installed beside it, unchanged, each under
its own licence.

## If you pass callrec on with its parts

You may use all of it in your practice, on any number of machines, and need to do nothing. This
section is for the person who gives others a bundle of wheels, a Debian package, an image or a
program made from them.

Such a thing has FFmpeg in it, in PyAV's wheel. FFmpeg there is configured with
`--enable-version3` and linked to libx264 and libx265, which are GPL-2.0-or-later. FFmpeg calls
itself "LGPL version 3 or later"; **read the combination as GPL-3.0-or-later**. The person who
passes it on must:

* **Give the source.** Offer the source of FFmpeg and of each library in PyAV's `av.libs`, in the
  versions that were built, with the scripts that built them. Put it where the package is, or add
  a written offer that holds for three years. `av-VERSION.dist-info/sboms/` lists the libraries;
  PyAV's own pages have the scripts.
* **Pass on the texts.** Include GPL-3.0, and the licence of each part: it is in the part's
  `.dist-info`.
* **Pass on the rights.** The people who get it may copy, change and share that combination under
  GPL-3.0.

fpdf2 is LGPL-3.0-only: include its text, and let people put another fpdf2 in its place.

The setup for Windows (`make windows`) has besides: Python's interpreter and library (PSF-2.0)
with OpenSSL (Apache-2.0), SQLite (public domain), libffi (MIT), zlib (Zlib) and Microsoft's runtime
library, which Microsoft lets programs carry; PyInstaller's beginning of a program
(GPL-2.0-or-later, with an exception for what begins with it); colorama
(BSD-3-Clause); and NSIS's own program (Zlib). Its folder `licences` has the texts that the
parts bring. PyAV's wheel for Windows has no list of its libraries: the names in `av.libs` are one.

callrec's own code stays under MIT."""
"""What docs/licences.md says before its lists."""


def first(values: list[str] | None) -> str:
    return values[0] if values else ""


def licence(name: NormalizedName, distribution: Distribution) -> str:
    """An SPDX expression, or ``unknown``."""
    metadata = distribution.metadata
    classifiers = [
        CLASSIFIER.get(each.rsplit(" :: ", 1)[-1])
        for each in metadata.get_all("Classifier") or []
        if each.startswith("License :: ")
    ]
    told = [each for each in classifiers if each is not None]
    return (
        first(metadata.get_all("License-Expression"))
        or READ.get(name)
        or FIELD.get(first(metadata.get_all("License")))
        or (told[0] if len(told) == 1 else UNKNOWN)
    )


def licences() -> dict[NormalizedName, str]:
    return {
        name: licence(name, each) for name, each in sorted(installed().items()) if name != CALLREC
    }


def refused(found: Mapping[NormalizedName, str]) -> list[str]:
    """A sentence for each distribution whose licence is not allowed, in whole."""
    return [
        f"{name}: its licence is {expression}, which is not on the list"
        for name, expression in found.items()
        if EXCEPTIONS.get(name) != expression
        and not set(re.split(r" AND | OR |[()]", expression)) - {""} <= ALLOWED
    ]


def page() -> str:
    """docs/licences.md."""
    found, runs = licences(), needed()
    sections = {
        "What callrec runs with": [name for name in found if name in runs],
        "What it is made and tested with": [name for name in found if name not in runs],
    }
    lines = [HEAD]
    for title, names in sections.items():
        lines += ["", f"## {title}", "", "| distribution | licence |", "| --- | --- |"]
        lines += [
            f"| {name} | {found[name]}{'; ' + CARRIED[name] if name in CARRIED else ''} |"
            for name in names
        ]
    return "\n".join(lines) + "\n"
