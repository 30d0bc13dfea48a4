"""``docs/evidence/benchmarks.md`` and its plots: text by hand, figures from a kept result.

What stands between ``<!-- made: NAME -->`` and ``<!-- end -->`` is written anew; the rest stays.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from benchmarks import plots
from benchmarks.cases import CASES
from benchmarks.cases.memory import MOST_BYTES
from benchmarks.goals import MEGABYTE, NOT_YET, judge, shown, verdict
from benchmarks.measured import LEAST, Result, cpu, ratio, spread, wall
from benchmarks.plots import Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from benchmarks.goals import Outcome
    from benchmarks.measured import Contest, Spread

MADE: Final = re.compile(r"(<!-- made: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
GIGABYTE: Final = 1e9


def page(text: str, results: Mapping[str, Result]) -> str:
    """The page with its figures: of the machine, the goals, all growth, and each case by name."""

    def made(name: str) -> str:
        match name:
            case "machine":
                return machines(results)
            case "goals":
                return goals(results)
            case "growth":
                return growth(results)
            case case:
                return figures(results.get(case))

    return MADE.sub(lambda found: f"{found[1]}\n{made(found[2])}\n\n{found[3]}", text)


def drawings(results: Mapping[str, Result]) -> dict[str, str]:
    """Each plot by the name of its file; those alone of which something was measured."""
    made = {}
    for warmth in ("warm", "cold"):
        contests = [each for each in _beside_peers(results, "ingest") if warmth in each.name]
        if contests:
            title = f"Recordings taken in with {warmth} caches, megabytes a second"
            made[f"ingest-{warmth}.svg"] = plots.bars(title, contests, plots.throughput, "MB/s")
    if contests := [*_beside_peers(results, "drive")]:
        title = "Archive, its check and restoring, seconds"
        made["drive.svg"] = plots.bars(title, contests, wall, "s")
    if lines := growing(results):
        made["growth.svg"] = plots.growth("Time over size, less a start's", lines)
    if "memory" in results and (traces := results["memory"].traces):
        made["memory.svg"] = plots.memory("Memory over time", traces, MOST_BYTES)
    return made


def machines(results: Mapping[str, Result]) -> str:
    """Which cases were measured when, on what, with which versions; the newest first."""
    alike: dict[str, list[str]] = {}
    for name in filter(results.__contains__, CASES):
        alike.setdefault(machine(results[name].about), []).append(name)
    return "\n\n".join(
        f"**{', '.join(names)}**: {about}" for about, names in sorted(alike.items(), reverse=True)
    )


def machine(about: Mapping[str, object]) -> str:
    """On what, with which versions, when."""
    memory, versions = about["memory_bytes"], about["versions"]
    assert isinstance(memory, int)  # noqa: S101 - as kept.about has it
    assert isinstance(versions, dict)  # noqa: S101
    programs = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    return (
        f"{about['date']}, {about['sizes']}."
        f" {about['processors']} processors ({about['processor']}),"
        f" {memory / GIGABYTE:.0f} GB of memory, {about['system']}, Linux {about['kernel']},"
        f" file system {about['file_system']}{' with a journal' * bool(about.get('journal'))}."
        f"{_said(about, 'journaled', ' Journaled: {}.')}\n\n{programs}."
        f"{_said(about, 'python_built', ' Python was built by {}.')}"
    )


def _said(about: Mapping[str, object], name: str, words: str) -> str:
    return words.format(about[name]) if name in about else ""


def goals(results: Mapping[str, Result]) -> str:
    """Every goal with what was measured of it."""
    outcomes = [
        each
        for name, case in CASES.items()
        for each in judge(case.GOALS, results.get(name, Result()))
    ]
    head = ("goal", "at most", "median", "single rounds", "holds")
    return _table(head, [_goal(each) for each in outcomes])


def _goal(outcome: Outcome) -> tuple[str, ...]:
    words, unit = outcome.goal.words, outcome.goal.unit
    limit = shown(outcome.goal.at_most, unit)
    if outcome.measured is None:
        return (words, limit, "", NOT_YET, "")
    median, between = _with_spread(outcome.measured, unit)
    return (words, limit, median, between, verdict(outcome))


def growth(results: Mapping[str, Result]) -> str:
    """Every exponent."""
    rows = [
        (each.name, *_with_spread(spread(each.values), each.unit))
        for result in results.values()
        for each in result.figures
        if each.unit == "exponent"
    ]
    return _table(("what grows", "median", "single rounds"), rows)


def figures(result: Result | None) -> str:
    """All that a case measured: a table of each contest that has peers, and one of the rest."""
    if result is None:
        return "Not measured."
    tables = [contest_table(each) for each in result.contests if len(each.runs) > 1]
    alone = [each for each in result.contests if len(each.runs) == 1]
    if alone:
        tables.append(_alone_table(alone))
    rows = [
        (each.name, *_with_spread(spread(each.values), each.unit))
        for each in result.figures
        if each.unit != "exponent"
    ]
    if rows:
        tables.append(_table(("figure", "median", "single rounds"), rows))
    return "\n\n".join(tables)


def contest_table(contest: Contest) -> str:
    """Seconds, processor seconds and memory of each, and callrec's time as a share of theirs."""
    rows = []
    for name, runs in contest.runs.items():
        median, between = _with_spread(wall(contest, name), "s")
        peak = shown(spread([run.peak_bytes for run in runs]).median, "bytes")
        beside = _beside(contest, name)
        processor = shown(cpu(contest, name).median, "s")
        rows.append((name, median, between, processor, peak, beside))
    title = f"{contest.name}: {_size(contest)}, {len(runs)} rounds, {contest.caches}"
    if disturbed := sum(run.is_disturbed for each in contest.runs.values() for run in each):
        title += f", {disturbed} of {len(runs) * len(contest.runs)} runs disturbed by others"
    return _table((title, "median", "rounds", "processor", "memory", "callrec takes"), rows)


def _beside(contest: Contest, peer: str) -> str:
    if peer == "callrec" or "callrec" not in contest.runs:
        return ""
    return shown(ratio(contest, "callrec", peer).median, "x")


def _alone_table(contests: Iterable[Contest]) -> str:
    rows = [
        (f"{contest.name}, {name}", *_with_spread(wall(contest, name), "s"))
        for contest in contests
        for name in contest.runs
    ]
    return _table(("by itself, for its growth", "median", "rounds"), rows)


def growing(results: Mapping[str, Result]) -> list[Line]:
    """callrec's median seconds over size, less those of the smallest, by what grows.

    Contests of one case in one unit whose names differ in what follows the last comma.
    """
    series: dict[tuple[str, str], dict[float, float]] = {}
    for result in results.values():
        for contest in result.contests:
            if "callrec" in contest.runs:
                what = (contest.name.rpartition(", ")[0], contest.unit)
                seconds = wall(contest, "callrec").median
                series.setdefault(what, {})[contest.size] = seconds
    return [
        Line(what, less)
        for (what, _), points in series.items()
        if len(less := _less_start(points)) > 1
    ]


def _less_start(points: Mapping[float, float]) -> list[tuple[float, float]]:
    """What each takes beyond the smallest; what no exponent counts (LEAST) is left out."""
    start = points[min(points)]
    beyond = ((size, seconds - start) for size, seconds in points.items())
    return [(size, seconds) for size, seconds in beyond if seconds > LEAST * start]


def _beside_peers(results: Mapping[str, Result], name: str) -> Iterator[Contest]:
    if name in results:
        yield from (each for each in results[name].contests if len(each.runs) > 1)


def _size(contest: Contest) -> str:
    if contest.unit == "bytes":
        return f"{contest.size / MEGABYTE:,.0f} MB"
    return f"{contest.size:,.0f} {contest.unit}"


def _with_spread(found: Spread, unit: str) -> tuple[str, str]:
    median, low, high = (shown(each, unit) for each in (found.median, found.low, found.high))
    value, _, its_unit = low.partition(" ")
    return median, f"{value if high.endswith(f' {its_unit}') else low} to {high}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
