"""What holds on one system alone is collected there alone."""

from __future__ import annotations

import sys

collect_ignore_glob = ["test_posix_*" if sys.platform == "win32" else "test_windows_*"]
