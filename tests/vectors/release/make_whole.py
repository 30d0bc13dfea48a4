"""Makes whole.zip and whole.html anew, from the made-up practice of tests/package/offices.py.

    PYTHONPATH=tests python -m vectors.release.make_whole

They were made once and stand as they are, whatever becomes of the code that made them; only before
the first release may they be made anew, when the form itself changes. Salts and nonces are drawn.
"""

from __future__ import annotations

from pathlib import Path

from callrec.package.package import member_of_bytes
from callrec.package.page import write_page
from callrec.package.zip import write_zip
from package.offices import an_office
from package.pages import a_release

HERE = Path(__file__).parent

WORDS = "unlatch canyon grazing ripple shindig frosted"


def main() -> None:
    office = an_office()
    members = [member_of_bytes(path, data) for path, data in office.release().items()]
    for name in ("whole.zip", "whole.html"):
        (HERE / name).unlink(missing_ok=True)
    write_zip(members, HERE / "whole.zip", WORDS)
    _, shown = a_release()
    write_page(members, HERE / "whole.html", WORDS, shown, seed=office.keys["sam"].act)


if __name__ == "__main__":
    main()
