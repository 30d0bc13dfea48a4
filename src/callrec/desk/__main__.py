"""``python -I -m callrec.desk``: started by ``callrec desk``, which says where the vault is."""

from __future__ import annotations

import os
import sys
import webbrowser
from html import escape
from pathlib import Path

from callrec.config import load_config
from callrec.desk.application import Admission
from callrec.desk.keeping import Vault
from callrec.desk.serving import serve
from callrec.desk.telling import say
from callrec.errors import CallrecError
from callrec.system.console import has_screen
from callrec.system.files import write_private
from callrec.system.runtime import runtime_folder


def main() -> int:
    """Serve the desk."""
    try:
        config_file = os.environ.get("CALLREC_CONFIG")
        config = load_config(Path(config_file) if config_file else None, os.environ, None)
        return serve(Vault(config, dict(os.environ)), config.desk, _tell)
    except CallrecError as problem:
        say(f"error: {problem.message}")
        if problem.hint:
            say(f"hint: {problem.hint}")
        return problem.exit_status


def _tell(origin: str, admission: Admission | None) -> None:
    if admission is None:
        say(f"serves {origin}")
        return
    address = f"{origin}/open/{admission.one_time}"
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()
    if sys.stdout.isatty():
        say("open this address once, in your browser; Ctrl-C ends the desk")
        _open_browser(address)


def _open_browser(address: str) -> None:
    """Open it by way of a file of our own: the arguments of a browser are read by everybody."""
    folder = runtime_folder(os.environ)
    if folder is None or not has_screen(os.environ):
        return
    page = folder / "desk.html"
    sent_on = f'<!doctype html><meta http-equiv="refresh" content="0; url={escape(address)}">'
    write_private(page, sent_on.encode())
    webbrowser.open(page.as_uri())


if __name__ == "__main__":
    sys.exit(main())
