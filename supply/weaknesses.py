"""Whether a weakness is known in what is pinned: asked of the advisories by pip-audit."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

KNOWN: Final = 1
NOT_CHECKED: Final = 69
"""EX_UNAVAILABLE: the advisories did not answer, so nothing is known either way."""


def ask(constraints: Path) -> subprocess.CompletedProcess[str]:
    """pip-audit over every pin. Strict: by itself it passes over what it gets no answer to."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "pip_audit", "--strict", "--disable-pip", "--require-hashes"),
            *("--requirement", str(constraints), "--format", "json", "--progress-spinner", "off"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


def judge(status: int, answer: str, complaint: str) -> tuple[int, list[str]]:
    """Pip-audit's status 1 is a weakness as well as no answer; its output tells which.

    Returns:
        0, KNOWN or NOT_CHECKED, and what to say.
    """
    last = complaint.strip().splitlines()[-1:] or ["no answer"]
    try:
        audited = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return NOT_CHECKED, ["Not checked: no advisories were had.", *last]
    unanswered = [each["name"] for each in audited if "vulns" not in each]
    known = [
        f"{each['name']} {each['version']}: {weakness['id']}"
        + (f", mended in {', '.join(weakness['fix_versions'])}" * bool(weakness["fix_versions"]))
        for each in audited
        for weakness in each.get("vulns", [])
    ]
    if known:
        return KNOWN, known
    if unanswered or not audited or status:
        return NOT_CHECKED, [f"Not checked: {', '.join(unanswered) or last[0]}."]
    return 0, [f"No weakness is known in {len(audited)} distributions."]
