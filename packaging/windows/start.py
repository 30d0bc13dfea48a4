"""What callrec.exe begins with."""

import sys

from callrec.__main__ import main

sys.exit(main())
