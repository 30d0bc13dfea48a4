"""The words that are typed, sealed and written into the log keep their spelling: vocabulary.txt.

A word that changes is one that an old leaf, voucher or request no longer means.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from importlib import import_module
from pathlib import Path

import callrec.policy

PAGE = Path(__file__).with_name("vocabulary.txt").read_text(encoding="utf-8")


def vocabularies() -> Iterator[tuple[str, list[str]]]:
    """Each set of words, by module and class."""
    folder = Path(callrec.policy.__file__).parent
    for path in sorted(folder.rglob("[!_]*.py"), key=lambda path: path.stem):
        within = ".".join(path.relative_to(folder).with_suffix("").parts)
        module = import_module(f"callrec.policy.{within}")
        for name, words in sorted(vars(module).items()):
            is_one = isinstance(words, type) and issubclass(words, StrEnum) and len(words)
            if is_one and words.__module__ == module.__name__:
                yield f"{path.stem}.{name}", [str(word) for word in words]


def test_every_word_is_spelt_as_on_the_page() -> None:
    told = (f"{name}\n" + "".join(f"    {word}\n" for word in ws) for name, ws in vocabularies())
    assert "\n".join(told) == PAGE
