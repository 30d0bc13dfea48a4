"""Stands for the command line `aws`, of which Debian's and Amazon's own are too large for tests.

The documents that it was given go to the real store as they stand; what is about users, whom that
store keeps in a file, is only read.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from house.objects import ask

AFTER = {
    "create-bucket": "",
    "put-bucket-versioning": "versioning",
    "put-object-lock-configuration": "object-lock",
    "put-bucket-lifecycle-configuration": "lifecycle",
}
"""What is asked of a bucket -> of which part of it."""


def as_xml(name: str, value: Any) -> str:
    """As S3's own clients write it: of a list each for itself, by the name of one."""
    if isinstance(value, list):
        return "".join(as_xml(name.removesuffix("s"), each) for each in value)
    if isinstance(value, dict):
        value = "".join(as_xml(*each) for each in value.items())
    return f"<{name}>{json.dumps(value) if isinstance(value, bool) else value}</{name}>"


def main(service: str, act: str, *words: str) -> None:
    said = dict(word.removeprefix("--").split("=", 1) for word in words if "={" in word)
    documents = {name: json.loads(text) for name, text in said.items()}
    if service == "iam":
        return
    (document,) = [*documents.items()] or [("", None)]
    root = "".join(part.capitalize() for part in document[0].split("-"))
    body = as_xml(root, document[1]).encode() if root else b""
    lock = "--object-lock-enabled-for-bucket" in words
    headers = {"x-amz-bucket-object-lock-enabled": "true"} if lock else {}
    part, bucket = AFTER[act], words[words.index("--bucket") + 1]
    status, answer = ask("PUT", f"/{bucket}", body, {part: ""} if part else None, headers)
    if status != 200:
        sys.exit(f"{act}: {status} {answer.decode()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
