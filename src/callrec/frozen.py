"""What callrec begins with where it is installed as one program: itself, or a child of its own.

Such a program has no Python that takes ``-m MODULE``, so it starts the modules that callrec starts
as processes: those, and no other that anybody names.
"""

from __future__ import annotations

import runpy
import sys
from typing import Final

from callrec.system.modules import RUN_MODULE

OWN_PROCESSES: Final = frozenset(
    {
        "callrec",
        "callrec.audit.from_the_end",
        "callrec.desk",
        "callrec.paper.apart",
        "callrec.sound.decoder",
        "callrec.sound.encoder",
        "callrec.system.windows.child",
        "callrec.system.windows.confinement",
        "callrec.system.windows.wave_player",
    }
)
"""Each that `callrec.system.modules.python_command` is asked for; what packs callrec takes them
in by these names, as no import leads to them."""


def main() -> None:
    """Run the module that is named, else the command line; with a status where that has one."""
    module = "callrec"
    if sys.argv[1:2] == [RUN_MODULE] and set(sys.argv[2:3]) <= OWN_PROCESSES:
        module = sys.argv.pop(2)
        del sys.argv[1]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
