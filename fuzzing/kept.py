"""What is kept of fuzzing: figures in one JSON, and a file of inputs for each target.

An input stands on a line as Python writes bytes, so that a change of it can be read.
"""

from __future__ import annotations

import ast
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fuzzing.target import Target

CHECKOUT: Final = Path(__file__).parents[1]
FIGURES: Final = CHECKOUT / "docs" / "evidence" / "fuzzing.json"
CORPUS: Final = CHECKOUT / "tests" / "fuzzing" / "corpus"
FOUND: Final = CHECKOUT / "tests" / "fuzzing" / "found"
"""Inputs that were findings: none of them is ever left out."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one target, over all runs."""

    seconds: float = 0.0
    """Of processor time."""
    inputs: int = 0
    slowest_s: float = 0.0
    """Processor time of the input that took longest."""
    edges: int = 0
    """Ways from line to line, in callrec's code, that the last run knew of, as libFuzzer counts."""

    def and_then(self, run: Mapping[str, float], edges: int) -> Figures:
        return Figures(
            seconds=round(self.seconds + run["seconds"], 1),
            inputs=self.inputs + int(run["inputs"]),
            slowest_s=round(max(self.slowest_s, run["slowest_s"]), 3),
            edges=max(self.edges, edges),
        )


def read_figures(file: Path = FIGURES) -> dict[str, Figures]:
    if not file.exists():
        return {}
    said = json.loads(file.read_text(encoding="utf-8"))
    return {name: Figures(**each) for name, each in said.items()}


def write_figures(figures: Mapping[str, Figures], file: Path = FIGURES) -> None:
    """One target a line, whole or not at all."""
    lines = (f"{json.dumps(n)}: {json.dumps(asdict(each))}" for n, each in sorted(figures.items()))
    beside = file.with_suffix(".new")
    beside.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    beside.replace(file)


def read_inputs(name: str, folder: Path) -> list[bytes]:
    """The inputs that are kept for a target, beside its seeds."""
    file = folder / f"{name}.txt"
    if not file.exists():
        return []
    return [ast.literal_eval(line) for line in file.read_text(encoding="ascii").splitlines()]


def known(target: Target) -> list[bytes]:
    """All that mutation begins with."""
    kept = (*read_inputs(target.name, CORPUS), *read_inputs(target.name, FOUND))
    return [b"", *target.seeds(), *kept]


def write_corpus(name: str, inputs: Iterable[bytes]) -> None:
    """No file where nothing is kept."""
    file = CORPUS / f"{name}.txt"
    if text := "".join(f"{each!r}\n" for each in inputs):
        file.write_text(text, encoding="ascii")
    else:
        file.unlink(missing_ok=True)
