"""What is in a package, in whatever it is wrapped: a folder, a zip, a page (release.md, 6 and 7).

Nothing is written: files are opened where they lie, or piece by piece as they are unsealed.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from callrec.dataclass import dataclass
from callrec.errors import NotFound, Unchecked, Unusable
from callrec.package.callrec_verify import MOST_ENTRIES, Files, TooMany, files_in
from callrec.package.package import DESTRUCTION, MANIFEST, SIGNATURE, SUMS
from callrec.package.sealed_page import HOW_TO_NAME_IT, OpenedPage, open_page
from callrec.package.zip import files_of_zip

MOST_FILES: Final = 3 * MOST_ENTRIES
"""In what is looked at; a release has an original and a copy of each recording, and few others."""


@dataclass(frozen=True, slots=True)
class OpenedPackage:
    """What lies in a package."""

    files: Files
    page: OpenedPage | None = None
    """What they are sealed in, where that is a page."""


@contextmanager
def open_package(path: Path, passphrase: Callable[[], str]) -> Iterator[OpenedPackage]:
    """All that is in the package at ``path``, until the block ends."""
    with ExitStack() as stack:
        try:
            package = _package_at(path, passphrase, stack)
        except TooMany as error:
            raise Unusable(str(error), hint=HOW_TO_NAME_IT) from error
        except FileNotFoundError as error:
            raise NotFound("there is nothing at that place", hint=HOW_TO_NAME_IT) from error
        except OSError as error:
            raise Unchecked(
                f"the package cannot be read: {error.strerror}", hint="copy it to another drive"
            ) from error
        check_count(len(package.files))
        yield package


def check_count(count: int) -> None:
    """Check how many files there are, before each is looked at.

    Raises:
        Unusable: there are more than a release or a certificate has.
    """
    if count > MOST_FILES:
        raise Unusable(
            f"there are more than {MOST_FILES:,} files in it; no package has as many",
            hint=HOW_TO_NAME_IT,
        )


def _package_at(path: Path, passphrase: Callable[[], str], stack: ExitStack) -> OpenedPackage:
    if path.is_dir():
        files = files_in(str(path))
        if not {MANIFEST, SIGNATURE, SUMS, DESTRUCTION} & files.keys():
            _check_holds_none(path)
        return OpenedPackage(files)
    # The name decides, because it decides what opens the file for the person who reads it: one that
    # is a zip as well is a page to a browser.
    if path.suffix.lower() != ".zip":
        page = open_page(path, passphrase)
        return OpenedPackage(
            {name: partial(io.BytesIO, data) for name, data in page.files.items()}, page
        )
    return OpenedPackage(files_of_zip(path, passphrase, stack))


def _check_holds_none(path: Path) -> None:
    """A person who releases several times to one folder may name that, and mean what is in it."""
    found = sorted(
        each.name
        for each in path.iterdir()
        if each.name.startswith("callrec-release-") and each.suffix.lower() in {".zip", ".html"}
    )
    if found:
        raise Unusable(
            "this folder is no release, there are releases in it",
            hint=f"check one: {', '.join(found)}",
        )
