"""``docs/evidence/fuzzing.md``: text by hand; between its marks, a table from the figures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fuzzing import kept
from fuzzing.targets import KINDS, TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MADE: Final = re.compile(r"(<!-- made -->\n).*?(<!-- end -->)", re.DOTALL)


def page(text: str, figures: Mapping[str, kept.Figures]) -> str:
    """The page with its tables."""
    table = "\n".join((*_kinds(figures), "", *_rows(figures)))
    return MADE.sub(lambda found: f"{found[1]}\n{table}\n\n{found[2]}", text)


def _kinds(figures: Mapping[str, kept.Figures]) -> Iterator[str]:
    yield "| kind of input | targets | CPU hours | inputs |"
    yield "| --- | --- | ---: | ---: |"
    for kind, names in KINDS.items():
        told = [figures.get(name, kept.Figures()) for name in names]
        hours, inputs = sum(each.seconds for each in told) / 3600, sum(each.inputs for each in told)
        targets = ", ".join(f"`{name}`" for name in names)
        yield f"| {kind} | {targets} | {hours:.2f} | {inputs:,} |"


def _rows(figures: Mapping[str, kept.Figures]) -> Iterator[str]:
    yield "| target | what is read | laws | CPU hours | inputs | edges | slowest | kept |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for name, target in TARGETS.items():
        each = figures.get(name, kept.Figures())
        yield (
            f"| `{name}` | {target.reads} | {target.holds} | {each.seconds / 3600:.2f}"
            f" | {each.inputs:,} | {each.edges:,} | {each.slowest_s:.3f} s"
            f" | {len(kept.read_inputs(name, kept.CORPUS))} |"
        )
    told = [figures[name] for name in TARGETS if name in figures]
    hours, inputs = sum(each.seconds for each in told) / 3600, sum(each.inputs for each in told)
    yield f"| **all** | {len(TARGETS)} readers | | **{hours:.2f}** | **{inputs:,}** | | | |"
