"""Templates that are proposed for recordings' names: what the parts of a name are, by many names.

Pure: names go in, templates come out. Nothing of a name goes into a template but words that
telephone systems write: no number and nobody's name stands in the practice's settings.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import PurePath
from typing import Any, Final, NamedTuple

from callrec.dataclass import dataclass
from callrec.telephone.number import Extensions, e164, is_extension, is_withheld

_FOLDERS: Final = 4
"""That many above a name are looked at where the name itself has no date."""

_TOKEN: Final = re.compile(
    r"(?P<uuid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
    r"|(?P<id>1[0-9]{9}\.[0-9]+)"
    r"|(?P<hex>(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{12,64})(?![0-9A-Za-z])"
    r"|(?P<digits>\+?[0-9]+)"
    r"|(?P<words>[^\W\d_]+(?:[ '\u2019][^\W\d_]+)*)"
    r"|(?P<sign>.)"
)

_REGEX: Final = {
    "uuid": r"[0-9a-fA-F-]{36}",
    "id": r"\d+\.\d+",
    "hex": r"[0-9a-f]+",
    "digits": r"\+?\d+",
    "words": r"\pL+(?:[ '\x{2019}]\pL+)*",
}
"""As RE2 has them, by the kind of a part."""

_REGEX_OF_GROUPS: Final = {"direction": "[A-Za-z]+", "extension": r"\d+"}

_SYSTEMS_WORDS: Final = frozenset(
    {
        *("call", "recording", "record", "rec", "audio", "voice", "phone", "ext", "extension"),
        *("from", "to", "line", "trunk", "queue", "channel", "mono", "stereo", "t", "z"),
    }
)
"""Words that may stand in a template as they are: they are nobody's name."""

_WAYS: Final = {
    **dict.fromkeys(("in", "inbound", "incoming", "received", "i"), "inbound"),
    **dict.fromkeys(("out", "outbound", "outgoing", "dialled", "dialed", "o"), "outbound"),
    **dict.fromkeys(("internal", "int", "local"), "internal"),
}

_DATES: Final = {
    (14,): ("%Y%m%d%H%M%S",),
    (12,): ("%Y%m%d%H%M", "%y%m%d%H%M%S", "%d%m%y%H%M%S"),
    (8,): ("%Y%m%d", "%d%m%Y", "%m%d%Y"),
    (6,): ("%y%m%d", "%d%m%y", "%m%d%y"),
    (4, 2, 2): ("%Y{0}%m{0}%d",),
    (2, 2, 4): ("%d{0}%m{0}%Y", "%m{0}%d{0}%Y"),
    (2, 2, 2): ("%y{0}%m{0}%d", "%d{0}%m{0}%y", "%m{0}%d{0}%y"),
}
"""How dates may be written, by the lengths of their parts; what has no clear order comes last."""

_TIMES: Final = {
    (6,): "%H%M%S",
    (9,): "%H%M%S%f",
    (4,): "%H%M",
    (2, 2, 2): "%H{0}%M{0}%S",
    (2, 2): "%H{0}%M",
}

_AN_EPOCH: Final = {10: 1, 13: 1000}
_EPOCHS: Final = (datetime(2000, 1, 1).timestamp(), datetime(2100, 1, 1).timestamp())  # noqa: DTZ001

_EXAMPLE: Final = datetime(2024, 7, 4, 14, 5, 1)  # noqa: DTZ001
_FEW: Final = 5
"""So many different words are queues', in more names than that; of more they are people's."""


@dataclass(frozen=True, slots=True)
class NamedFile:
    """One file, as far as its name goes."""

    path: PurePath
    """With the folders that it lies in."""
    modified: date
    """When it was last written."""


@dataclass(frozen=True, slots=True)
class LearnedShape:
    """Names that are made alike, and how they would be read."""

    shape: str
    """With ``<number>`` and its like for parts, ``#`` for digits and ``…`` for words."""
    files: tuple[NamedFile, ...]
    template: dict[str, Any] | None
    """As the settings have it, without its name; None: nothing in them can be told."""
    remarks: tuple[str, ...]
    """What the names do not tell by themselves and is taken to be so, in words."""


class _Part(NamedTuple):
    kind: str
    text: str


def learn_shapes(
    files: Iterable[NamedFile], extensions: Extensions, today: date
) -> list[LearnedShape]:
    """The shapes of some names, that of the most names first.

    Law: never raises, and a template that is proposed reads its own example.
    """
    shapes: defaultdict[tuple[str, ...], list[NamedFile]] = defaultdict(list)
    for file in files:
        shapes[shape_of(file.path.name)].append(file)
    groups = sorted(shapes.items(), key=lambda item: (-len(item[1]), item[0]))
    return [_learn(alike, extensions, today) for _, alike in groups]


def shape_of(name: str) -> tuple[str, ...]:
    """What names that are made alike have in common."""
    parts = _parts(name)
    return tuple(part.text if part.kind in {"sign", "suffix"} else part.kind for part in parts)


def _learn(files: list[NamedFile], extensions: Extensions, today: date) -> LearnedShape:
    days = [file.modified for file in files]
    learning = _Learning([file.path.name for file in files], days, extensions, today)
    is_of_a_desk = all(is_extension(file.path.parent.name, extensions) for file in files)
    for folders, is_asked in (
        (1, is_of_a_desk and not learning.has("extension", "caller")),
        (_FOLDERS, not learning.has("date", "epoch")),
    ):
        # They may hold the desk, or the date; only where they are made alike, too.
        longer = ["/".join(file.path.parts[-1 - folders :]) for file in files]
        if is_asked and len(set(map(shape_of, longer))) == 1:
            within = _Learning(longer, days, extensions, today)
            if is_of_a_desk or within.has("date", "epoch"):
                learning = within
    return LearnedShape(
        learning.shown(), tuple(files), learning.template(), tuple(learning.remarks)
    )


def _parts(name: str) -> list[_Part]:
    stem, dot, suffix = name.rpartition(".")
    parts = [_Part(str(found.lastgroup), found[0]) for found in _TOKEN.finditer(stem or name)]
    return [*parts, _Part("suffix", dot + suffix.lower())] if stem else parts


@dataclass(slots=True, eq=False)
class _Column:
    """What stands in one place of names of one shape, a text for each name."""

    kind: str
    texts: list[str]
    group: str = ""
    """What it tells, as templates call it; empty: nothing."""
    form: str = ""
    """Of a date or a time, as strptime has it."""

    @property
    def words(self) -> set[str]:
        return {text.lower() for text in self.texts}


class _Learning:
    """What is known of names of one shape, column by column."""

    def __init__(
        self, names: Sequence[str], days: Sequence[date], extensions: Extensions, today: date
    ) -> None:
        rows = zip(*map(_parts, names), strict=True)
        self.columns = [_Column(row[0].kind, [part.text for part in row]) for row in rows]
        self.count, self.days = len(names), days
        self.extensions, self.today = extensions, today
        self.remarks: list[str] = []
        self._find_date()
        self._find_direction()
        self._find_ids()
        self._find_numbers()
        self._find_words()

    def has(self, *groups: str) -> bool:
        return any(column.group in groups for column in self.columns)

    def _free(self, kind: str) -> list[_Column]:
        """Columns of a kind that tell nothing yet."""
        return [column for column in self.columns if column.kind == kind and not column.group]

    # Dates and times.

    def _joined(self, place: int, lengths: Sequence[int]) -> _Column | None:
        """Digits of these lengths as one column, its form the sign between; None: not there."""
        some = self.columns[max(0, place) : place + 2 * len(lengths) - 1]
        digits, signs = some[::2], {column.texts[0] for column in some[1::2]}
        is_so = (
            (place >= 0 and len(some) == 2 * len(lengths) - 1 and len(signs) <= 1)
            and all(column.kind == "sign" for column in some[1::2])
            and all(column.kind == "digits" and not column.group for column in digits)
            and [{*map(len, column.texts)} for column in digits] == [{each} for each in lengths]
        )
        if not is_so:
            return None
        rows = zip(*(column.texts for column in some), strict=True)
        return _Column("digits", ["".join(row) for row in rows], form=next(iter(signs), ""))

    def _take(self, place: int, lengths: Sequence[int], column: _Column) -> None:
        self.columns[place : place + 2 * len(lengths) - 1] = [column]

    def _find_date(self) -> None:
        found = [
            (-self._agreeing(joined.texts, form), rank, order, place, lengths, form, joined)
            for place in range(len(self.columns))
            for rank, (lengths, forms) in enumerate(_DATES.items())
            if (joined := self._joined(place, lengths))
            for order, form in enumerate(each.format(joined.form) for each in forms)
            if self._all_are(joined.texts, form)
        ]
        if not found:
            self._find_epoch()
            return
        best = min(found, key=lambda each: each[:-1])
        *_, place, lengths, form, joined = best
        joined.group, joined.form = "date", form
        self._take(place, lengths, joined)
        if sum((each[:2], each[3:5]) == (best[:2], best[3:5]) for each in found) > 1:
            self.remarks.append(
                "which of day, month and year stands first, neither the names nor the files' times"
                f" tell: it is read as {form}"
            )
        if "%H" not in form:
            self._find_time(place)

    def _find_time(self, date_at: int) -> None:
        asked = [(date_at + step, lengths) for step in (1, 2) for lengths in _TIMES]
        before = sorted(_TIMES, key=len, reverse=True)
        for place, lengths in (*asked, *((date_at - 2 * len(each), each) for each in before)):
            joined = self._joined(place, lengths)
            if joined and self._all_are(joined.texts, _TIMES[lengths].format(joined.form)):
                joined.group, joined.form = "time", _TIMES[lengths].format(joined.form)
                self._take(place, lengths, joined)
                return
        self.remarks.append("the names have no time of day: that of the file is taken, and marked")

    def _find_epoch(self) -> None:
        for column in self._free("digits"):
            lengths = {*map(len, column.texts)}
            unit = _AN_EPOCH.get(lengths.pop()) if len(lengths) == 1 else None
            if unit and all(
                each.isdigit() and _EPOCHS[0] <= int(each) / unit <= _EPOCHS[1]
                for each in column.texts
            ):
                column.group = "epoch"
                return

    def _all_are(self, texts: Iterable[str], form: str) -> bool:
        return all(_parsed(text, form, self.today) is not None for text in texts)

    def _agreeing(self, texts: Sequence[str], form: str) -> int:
        """How many are of the day on which their file was written, or the one before."""
        read = (_parsed(text, form, self.today) for text in texts)
        return sum(
            at is not None and abs(at.date() - day) <= timedelta(days=1)
            for at, day in zip(read, self.days, strict=True)
        )

    # The rest.

    def _find_direction(self) -> None:
        for column in self._free("words"):
            if column.words <= _WAYS.keys():
                column.group = "direction"
                return

    def _find_ids(self) -> None:
        for kind in ("id", "uuid", "hex"):
            for column in self._free(kind):
                if not self.has("unique_id"):
                    column.group = "unique_id"

    def _find_numbers(self) -> None:
        shares = [(each, *self._shares(each)) for each in self._free("digits")]
        numbers = [
            each for each, public, inside in shares if public and public + inside >= self.count
        ]
        desks = [each for each, _, inside in shares if inside == self.count]
        for column in self._free("digits"):
            if column not in [*numbers, *desks] and not self.has("unique_id") and _is_an_id(column):
                column.group = "unique_id"
        is_either = any(inside for each, _, inside in shares if each in numbers)
        both = [each for each, *_ in shares if each in numbers or each in desks]
        ends = both if is_either else numbers or desks
        if len(ends) > 1:
            self._take_ends(*ends[:2])
            return
        for column in (*numbers, *desks[:1]):
            column.group = "number" if column in numbers else "extension"

    def _take_ends(self, one: _Column, other: _Column) -> None:
        place = self.columns.index(one)
        before = self.columns[place - 2].texts[0].lower() if place >= 2 else ""  # noqa: PLR2004
        if before == "to":
            one, other = other, one
        elif before != "from":
            self.remarks.append("who called is taken to stand before who was called")
        one.group, other.group = "caller", "callee"

    def _shares(self, column: _Column) -> tuple[int, int]:
        """How many are public numbers, and how many are extensions."""
        inside = sum(is_extension(each, self.extensions) for each in column.texts)
        return sum(map(_is_public, column.texts)), inside

    def _find_words(self) -> None:
        for column in self._free("words"):
            texts, different = column.texts, len(set(column.texts))
            is_always_so = different == 1 < self.count
            if is_always_so or column.words <= _SYSTEMS_WORDS or all(map(is_withheld, texts)):
                continue
            groups = ("queue",) if different <= _FEW < self.count else ("party", "party_2")
            column.group = next((each for each in groups if not self.has(each)), "")

    # What comes of it.

    def _telling(self) -> list[_Column]:
        """All columns but the folders before the first one that tells something."""
        told = next((n for n, each in enumerate(self.columns) if each.group), 0)
        folders = [n for n in range(told) if self.columns[n].texts[0] == "/"]
        return self.columns[folders[-1] + 1 if folders else 0 :]

    def shown(self) -> str:
        signs = {"digits": "#", "words": "…", "uuid": "<id>", "id": "<id>", "hex": "<id>"}
        is_known = self.has("date", "epoch", "unique_id")
        return "".join(
            f"<{column.group.replace('unique_id', 'id')}>"
            if column.group and is_known
            else signs.get(column.kind, column.texts[0])
            for column in self._telling()
        )

    def template(self) -> dict[str, Any] | None:
        is_shown = all(text.isprintable() for column in self.columns for text in column.texts)
        if not is_shown or not self.has("date", "epoch", "unique_id"):
            return None
        found, columns = {each.group: each for each in self.columns}, self._telling()
        pattern = "".join(
            f"(?P<{each.group}>{_regex(each)})" if each.group else _regex(each) for each in columns
        )
        forms = [found[group].form for group in ("date", "time") if group in found]
        ways: dict[str, tuple[str, ...]] = {}
        for word in sorted(found["direction"].words if "direction" in found else ()):
            ways[_WAYS[word]] = (*ways.get(_WAYS[word], ()), word)
        return {
            "pattern": pattern,
            **({"times": (" ".join(forms),)} if "date" in found else {}),
            **ways,
            "examples": ("".join(map(self._made_up, columns)),),
        }

    def _made_up(self, column: _Column) -> str:
        """Of a column what is nobody's."""
        kind, group, sample = column.kind, column.group, column.texts[0]
        if column.form:
            return _EXAMPLE.strftime(column.form).removesuffix("000")  # of microseconds, three
        if kind in {"sign", "suffix"} or (kind == "words" and group in {"", "direction"}):
            is_known = kind != "words" or group or sample.lower() in _SYSTEMS_WORDS
            return sample if is_known else "Name"
        if group in {"number", "caller", "callee"} and self._shares(column)[0]:
            return {"+": "+447700900123", "4": "447700900123"}.get(sample[0], "07700900123")
        digits = "1720098301000" if group == "epoch" else "201".ljust(len(sample), "0")
        return _MADE_UP.get(kind, digits[: len(sample)])


_MADE_UP: Final = {
    "uuid": "00000000-0000-4000-8000-000000000001",
    "id": "1720098301.1",
    "hex": "0123456789abcdef",
    "words": "Name",
}


def _regex(column: _Column) -> str:
    """What reads it, as RE2 has it."""
    words, group, kind = sorted(set(column.texts)), column.group, column.kind
    if group in {"date", "time", "epoch"}:
        return re.sub("[0-9]+|[^0-9]", _of_so_many, column.texts[0])
    if group in _REGEX_OF_GROUPS:
        return _REGEX_OF_GROUPS[group]
    if kind in {"sign", "suffix"}:
        return f"(?i:{_escaped(words[0])})" if kind == "suffix" else _escaped(words[0])
    if kind == "words" and not group and column.words <= _SYSTEMS_WORDS:
        return words[0] if len(words) == 1 else f"(?:{'|'.join(words)})"
    return _REGEX[kind]


def _of_so_many(found: re.Match[str]) -> str:
    return rf"\d{{{len(found[0])}}}" if found[0].isdigit() else _escaped(found[0])


def _is_an_id(column: _Column) -> bool:
    least = 6
    return len(set(column.texts)) == len(column.texts) and min(map(len, column.texts)) >= least


_LONGEST_DESK: Final = 6


def _is_public(text: str) -> bool:
    """Also where its plus was left out."""
    return len(text) > _LONGEST_DESK and bool(e164(text) or e164(f"+{text.lstrip('+')}"))


def _escaped(text: str) -> str:
    return re.sub(r"([\\.^$*+?()\[\]{}|])", r"\\\1", text)


def _parsed(text: str, form: str, today: date) -> datetime | None:
    try:
        at = datetime.strptime(text, form)  # noqa: DTZ007
    except ValueError:
        return None
    first_year = 1990
    # A time alone is of 1900.
    return at if "%d" not in form or (at.year >= first_year and at.date() <= today) else None
