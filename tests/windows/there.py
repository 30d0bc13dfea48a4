"""Commands that Windows' Python runs, one after the other, for a test that runs here.

Each is a line of JSON on its input: the arguments, the folder, the environment and the time. The
answer is a line of JSON: what came on both outputs, and the exit status.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime
from io import StringIO

from callrec.cli.app import run


def main() -> None:
    own = dict(os.environ)
    for line in sys.stdin:
        asked = json.loads(line)
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update({**own, **asked["environ"]})
        said, moment = StringIO(), datetime.fromisoformat(asked["clock"])
        keyboard, sys.stdin = sys.stdin, StringIO()
        try:
            with redirect_stdout(said), redirect_stderr(said):
                status = run(asked["arguments"], now=lambda at=moment: at)
        finally:
            sys.stdin = keyboard
        print(json.dumps([said.getvalue(), status]), flush=True)


main()
