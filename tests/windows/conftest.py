"""Tests that a Python for Windows runs (``make test-windows``); any other leaves them alone."""

from __future__ import annotations

import sys

collect_ignore_glob = [] if sys.platform == "win32" else ["test_*"]
