"""Makes the bags beside it with nothing but Python, none of the project's own code: run it here."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

HERE = Path(__file__).parent
ONE, TWO = b"not audio: the first\n", b"not audio: the second\n"
DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


FIRST, SECOND = (f"data/recordings/{digest(data)}" for data in (ONE, TWO))


class Bag:
    """Files by path; sealed by its two manifests when asked."""

    def __init__(self) -> None:
        self.files = {
            "bagit.txt": DECLARATION.encode(),
            "bag-info.txt": f"Payload-Oxum: {len(ONE + TWO)}.2\n".encode(),
            FIRST: ONE,
            SECOND: TWO,
        }
        self.list_payload()
        self.list_tags()

    def list_payload(self) -> None:
        payload = sorted(path for path in self.files if path.startswith("data/"))
        lines = [f"{digest(self.files[path])}  {path}\n" for path in payload]
        self.files[MANIFEST] = "".join(lines).encode()

    def list_tags(self) -> None:
        tags = ["bag-info.txt", "bagit.txt", MANIFEST]
        lines = [f"{digest(self.files[path])}  {path}\n" for path in tags if path in self.files]
        self.files[TAG_MANIFEST] = "".join(lines).encode()

    def write(self, folder: Path) -> None:
        for path, data in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)


def invalid(
    name: str,
    bag: Bag,
    why: str,
    *,
    damaged: str = "",
    missing: str = "",
    extra: str = "",
    bagit: str,
) -> None:
    bag.write(HERE / "invalid" / name / "bag")
    expect = {
        "why": why,
        "damaged": sorted(damaged.split()),
        "missing": sorted(missing.split()),
        "extra": sorted(extra.split()),
        "bagit": bagit,
    }
    text = json.dumps(expect, indent=2) + "\n"
    (HERE / "invalid" / name / "expect.json").write_text(text)


def recordings() -> None:
    bag = Bag()
    bag.files[FIRST] = b"N" + ONE[1:]
    invalid("byte_changed", bag, "one byte of a recording", damaged=FIRST, bagit="refuses")

    bag = Bag()
    del bag.files[SECOND]
    invalid("recording_missing", bag, "one is listed, not there", missing=SECOND, bagit="refuses")

    bag = Bag()
    bag.files["data/recordings/more"] = b"more"
    why = "one is there, not listed"
    invalid("recording_added", bag, why, extra="data/recordings/more", bagit="refuses")

    bag = Bag()
    bag.files["data/recordings/other"] = bag.files.pop(SECOND)
    bag.list_payload()
    bag.list_tags()
    why = "a recording under a name that is not its hash; BagIt has no such rule"
    other = "data/recordings/other"
    invalid("recording_renamed", bag, why, damaged=MANIFEST, extra=other, bagit="accepts")


def manifests() -> None:
    bag = Bag()
    line = f"{digest(TWO)}  {SECOND}\n".encode()
    bag.files[MANIFEST] = bag.files[MANIFEST].replace(line, b"")
    why = "a line taken out of the manifest"
    invalid("line_dropped", bag, why, damaged=MANIFEST, extra=SECOND, bagit="refuses")

    bag = Bag()
    bag.files[MANIFEST] += f"{digest(b'')}  ../../../../../../etc/passwd\n".encode()
    bag.list_tags()
    why = "a line that leads out of the bag"
    invalid("way_out", bag, why, damaged=MANIFEST, bagit="refuses")

    bag = Bag()
    del bag.files[MANIFEST]
    both = f"{FIRST} {SECOND}"
    why = "no manifest"
    invalid("no_manifest", bag, why, missing=MANIFEST, extra=both, bagit="refuses")

    bag = Bag()
    del bag.files[TAG_MANIFEST]
    why = "no tag manifest; BagIt does not ask for one"
    invalid(
        "no_tag_manifest",
        bag,
        why,
        missing=TAG_MANIFEST,
        bagit="accepts",
    )

    bag = Bag()
    tags = bag.files[TAG_MANIFEST].decode().splitlines(keepends=True)
    bag.files[TAG_MANIFEST] = "".join(tags[1:]).encode()
    why = "a tag manifest without a line for bag-info.txt; BagIt does not ask for one"
    invalid("tag_not_listed", bag, why, damaged=TAG_MANIFEST, bagit="accepts")


def tags() -> None:
    bag = Bag()
    bag.files["bag-info.txt"] += b"Contact-Name: somebody else\n"
    invalid("info_changed", bag, "a line more of info", damaged="bag-info.txt", bagit="refuses")

    bag = Bag()
    del bag.files["bagit.txt"]
    invalid("no_declaration", bag, "no bagit.txt", missing="bagit.txt", bagit="refuses")

    bag = Bag()
    bag.files["bagit.txt"] = DECLARATION.replace("1.0", "9.9").encode()
    bag.list_tags()
    why = "a version that is not 1.0"
    invalid("other_version", bag, why, damaged="bagit.txt", bagit="refuses")

    bag = Bag()
    bag.files["notes.txt"] = b"a note\n"
    why = "a file beside the bag's own; BagIt allows it"
    invalid("tag_added", bag, why, extra="notes.txt", bagit="accepts")


if __name__ == "__main__":
    for made in ("valid", "invalid"):
        shutil.rmtree(HERE / made, ignore_errors=True)
    Bag().write(HERE / "valid" / "two_recordings")
    recordings()
    manifests()
    tags()
