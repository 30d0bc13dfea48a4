"""Write golden/ anew: ``python tests/letters/write_golden.py``. People read the difference."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent

if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))
    from callrec.letters.wording import letter_text
    from letters.contents import every_letter

    for file in (HERE / "golden").glob("*.txt"):
        file.unlink()
    for name, content in every_letter():
        text = letter_text(content)
        (HERE / "golden" / f"{name}.txt").write_text(text, encoding="utf-8")
