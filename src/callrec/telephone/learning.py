"""Templates that are proposed for recordings' names: what the parts of a name are, by many names.

Pure: names go in, templates come out. Nothing of a name goes into a template but words that
telephone systems write: no number and nobody's name stands in the practice's settings.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import PurePath
from typing import Any, Final, NamedTuple

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

_SYSTEMS_WORDS: Final = frozenset(
    {
        *("call", "recording", "record", "rec", "audio", "voice", "phone", "ext", "extension"),
        *("from", "to", "line", "trunk", "queue", "channel", "mono", "stereo", "t", "z"),
    }
)
"""Words that may stand in a template as they are: they are nobody's name."""

_WAYS: Final = {
    "inbound": ("in", "inbound", "incoming", "received", "i"),
    "outbound": ("out", "outbound", "outgoing", "dialled", "dialed", "o"),
    "internal": ("internal", "int", "local"),
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
        shapes[_shape(_parts(file.path.name))].append(file)
    groups = sorted(shapes.items(), key=lambda item: (-len(item[1]), item[0]))
    return [_learn(alike, extensions, today) for _, alike in groups]


def shape_of(name: str) -> tuple[str, ...]:
    """What names that are made alike have in common."""
    return _shape(_parts(name))


def _learn(files: list[NamedFile], extensions: Extensions, today: date) -> LearnedShape:
    names = [_parts(file.path.name) for file in files]
    days = [file.modified for file in files]
    learning = _Learning(names, days, extensions, today)
    learning.run()
    desks = [file.path.parent.name for file in files]
    is_of_a_desk = all(is_extension(desk, extensions) for desk in desks)
    for folders, is_asked in (
        (1, is_of_a_desk and not learning.has_desk),
        (_FOLDERS, not learning.has_time),
    ):
        # They may hold the desk, or the date; only where they are made alike, too.
        longer = [_parts("/".join(file.path.parts[-1 - folders :])) for file in files]
        if is_asked and len({_shape(parts) for parts in longer}) == 1:
            within = _Learning(longer, days, extensions, today)
            within.run()
            if is_of_a_desk or within.has_time:
                learning = within
    return LearnedShape(
        learning.shown(), tuple(files), learning.template(), tuple(learning.remarks)
    )


def _parts(name: str) -> list[_Part]:
    stem, dot, suffix = name.rpartition(".")
    parts = [_Part(str(found.lastgroup), found[0]) for found in _TOKEN.finditer(stem or name)]
    return [*parts, _Part("suffix", dot + suffix.lower())] if stem else parts


def _shape(parts: Sequence[_Part]) -> tuple[str, ...]:
    return tuple(part.text if part.kind in {"sign", "suffix"} else part.kind for part in parts)


@dataclass(slots=True)
class _Learning:
    """What is known so far of the parts of names of one shape."""

    names: list[list[_Part]]
    days: list[date]
    extensions: Extensions
    today: date
    groups: dict[int, tuple[str, int]] = field(default_factory=dict)
    """By its first part: the group's name, and its last part."""
    form: str = ""
    """How date and time are written, as strptime has it."""
    ways: dict[str, list[str]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    @property
    def has_desk(self) -> bool:
        return self._has("extension") or self._has("caller")

    @property
    def has_time(self) -> bool:
        return self._has("date") or self._has("epoch")

    def run(self) -> None:
        self._find_date()
        self._find_direction()
        self._find_ids()
        self._find_numbers()
        self._find_words()

    def _column(self, place: int) -> list[str]:
        return [name[place].text for name in self.names]

    def _kind(self, place: int) -> str:
        return self.names[0][place].kind

    def _places(self, kind: str) -> list[int]:
        taken = {
            place for first, (_, last) in self.groups.items() for place in range(first, last + 1)
        }
        places = range(len(self.names[0]))
        return [place for place in places if self._kind(place) == kind and place not in taken]

    def _has(self, group: str) -> bool:
        return any(name == group for name, _ in self.groups.values())

    # Dates and times.

    def _spans(self, first: int, lengths: Sequence[int]) -> tuple[int, str] | None:
        """The last part, and the sign between, where digits of these lengths begin at a part."""
        last = first + 2 * (len(lengths) - 1)
        if last >= len(self.names[0]):
            return None
        signs = {self.names[0][place].text for place in range(first + 1, last, 2)}
        for place, length in zip(range(first, last + 1, 2), lengths, strict=True):
            written = {len(each) for each in self._column(place)}
            if self._kind(place) != "digits" or written != {length}:
                return None
        is_alike = len(signs) <= 1 and all(
            self._kind(place) == "sign" for place in range(first + 1, last, 2)
        )
        return (last, next(iter(signs), "")) if is_alike else None

    def _texts(self, first: int, last: int) -> list[str]:
        return ["".join(part.text for part in name[first : last + 1]) for name in self.names]

    def _find_date(self) -> None:
        found = []
        for first in self._places("digits"):
            for rank, (lengths, forms) in enumerate(_DATES.items()):
                if span := self._spans(first, lengths):
                    texts = self._texts(first, span[0])
                    found += [
                        (-self._agreeing(texts, form), rank, place, first, span[0], form)
                        for place, form in enumerate(each.format(span[1]) for each in forms)
                        if self._all_are(texts, form)
                    ]
        if not found:
            self._find_epoch()
            return
        best = min(found)
        first, last, self.form = best[3:]
        self.groups[first] = ("date", last)
        if sum((other[:2], other[3:5]) == (best[:2], best[3:5]) for other in found) > 1:
            self.remarks.append(
                "which of day, month and year stands first, neither the names nor the files' times"
                f" tell: it is read as {self.form}"
            )
        if "%H" not in self.form:
            self._find_time(first, last)

    def _find_time(self, first: int, last: int) -> None:
        nearest = [place for place in self._places("digits") if last < place <= last + 2]
        nearest += [place for place in self._places("digits") if first - 6 <= place < first]
        for place in nearest:
            for lengths, form in _TIMES.items():
                span = self._spans(place, lengths)
                if span is None or (place < first and span[0] != first - 2):
                    continue
                written = form.format(span[1])
                if self._all_are(self._texts(place, span[0]), written):
                    self.groups[place] = ("time", span[0])
                    self.form = f"{self.form} {written}"
                    return
        self.remarks.append("the names have no time of day: that of the file is taken, and marked")

    def _find_epoch(self) -> None:
        for place in self._places("digits"):
            lengths = {len(each) for each in self._column(place)}
            unit = _AN_EPOCH.get(lengths.pop()) if len(lengths) == 1 else None
            if unit and all(
                each.isdigit() and _EPOCHS[0] <= int(each) / unit <= _EPOCHS[1]
                for each in self._column(place)
            ):
                self.groups[place] = ("epoch", place)
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
        ways = {word: way for way, words in _WAYS.items() for word in words}
        for place in self._places("words"):
            words = {each.lower() for each in self._column(place)}
            if words <= ways.keys():
                self.groups[place] = ("direction", place)
                for word in sorted(words):
                    self.ways.setdefault(ways[word], []).append(word)
                return

    def _find_ids(self) -> None:
        for kind in ("id", "uuid", "hex"):
            for place in self._places(kind):
                if not self._has("unique_id"):
                    self.groups[place] = ("unique_id", place)

    def _find_numbers(self) -> None:
        numbers: list[int] = []
        desks: list[int] = []
        for place in self._places("digits"):
            public, inside = self._shares(place)
            if public and public + inside >= len(self.names):
                numbers.append(place)
            elif inside == len(self.names):
                desks.append(place)
            elif not self._has("unique_id") and self._is_an_id(place):
                self.groups[place] = ("unique_id", place)
        is_either = any(self._shares(place)[1] for place in numbers)
        ends = sorted([*numbers, *desks]) if is_either else numbers or desks
        if len(ends) > 1:
            self._take_ends(*ends[:2])
            return
        self.groups |= {place: ("number", place) for place in numbers}
        self.groups |= {place: ("extension", place) for place in desks[:1]}

    def _take_ends(self, one: int, other: int) -> None:
        before = self._column(one - 2)[0].lower() if one >= 2 else ""  # noqa: PLR2004
        if before == "to":
            one, other = other, one
        elif before != "from":
            self.remarks.append("who called is taken to stand before who was called")
        self.groups[one], self.groups[other] = ("caller", one), ("callee", other)

    def _shares(self, place: int) -> tuple[int, int]:
        """How many are public numbers, and how many are extensions."""
        column = self._column(place)
        inside = sum(is_extension(each, self.extensions) for each in column)
        return sum(map(_is_public, column)), inside

    def _is_an_id(self, place: int) -> bool:
        column = self._column(place)
        least = 6
        return len(set(column)) == len(column) and min(map(len, column)) >= least

    def _find_words(self) -> None:
        for place in self._places("words"):
            column = self._column(place)
            is_of_system = {each.lower() for each in column} <= _SYSTEMS_WORDS
            is_always_so = len(column) > 1 and len(set(column)) == 1
            if is_of_system or is_always_so or all(map(is_withheld, column)):
                continue
            few = len(set(column)) <= _FEW < len(column)
            for group in ("queue",) if few else ("party", "party_2"):
                if not self._has(group):
                    self.groups[place] = (group, place)
                    break

    # What comes of it.

    def _each(self) -> Iterator[tuple[str, int, int]]:
        """Each group's name, or nothing, with its first and last part.

        Folders before the first one that tells something are left out.
        """
        told = min(self.groups, default=0)
        signs = [place for place in range(told) if self.names[0][place] == ("sign", "/")]
        place = signs[-1] + 1 if signs else 0
        while place < len(self.names[0]):
            group, last = self.groups.get(place, ("", place))
            yield group, place, last
            place = last + 1

    def shown(self) -> str:
        signs = {"digits": "#", "words": "…", "uuid": "<id>", "id": "<id>", "hex": "<id>"}
        is_known = self.has_time or self._has("unique_id")
        return "".join(
            f"<{group.replace('unique_id', 'id')}>"
            if group and is_known
            else signs.get(self._kind(first), self.names[0][first].text)
            for group, first, _ in self._each()
        )

    def template(self) -> dict[str, Any] | None:
        is_shown = all("".join(part.text for part in name).isprintable() for name in self.names)
        if not is_shown or not (self.has_time or self._has("unique_id")):
            return None
        pattern = "".join(
            f"(?P<{group}>{self._regex(group, first, last)})" if group else self._plain_regex(first)
            for group, first, last in self._each()
        )
        example = "".join(self._made_up(group, first) for group, first, _ in self._each())
        times = {"times": (self.form,)} if self._has("date") else {}
        ways = {way: tuple(words) for way, words in self.ways.items()}
        return {"pattern": pattern, **times, **ways, "examples": (example,)}

    def _regex(self, group: str, first: int, last: int) -> str:
        if group in {"date", "time", "epoch"}:
            parts = zip(self.names[0][first : last + 1], range(first, last + 1), strict=True)
            return "".join(
                rf"\d{{{len(part.text)}}}" if part.kind == "digits" else self._plain_regex(place)
                for part, place in parts
            )
        fixed = {"direction": "[A-Za-z]+", "extension": r"\d+"}
        return fixed.get(group) or self._plain_regex(first, is_named=bool(group))

    def _plain_regex(self, place: int, *, is_named: bool = False) -> str:
        kind, words = self._kind(place), sorted(set(self._column(place)))
        if kind == "suffix":
            return f"(?i:{_escaped(words[0])})"
        if kind == "sign":
            return _escaped(words[0])
        if kind == "words" and not is_named and {each.lower() for each in words} <= _SYSTEMS_WORDS:
            return words[0] if len(words) == 1 else f"(?:{'|'.join(words)})"
        return _REGEX[kind]

    def _made_up(self, group: str, first: int) -> str:
        """Of a part, or a group, what is nobody's."""
        kind, sample = self._kind(first), self._column(first)[0]
        if group in {"date", "time"}:
            day, _, clock = self.form.partition(" ") if self._has("time") else (self.form, "", "")
            form = day if group == "date" else clock
            return _EXAMPLE.strftime(form).removesuffix("000")  # of microseconds, three are there
        if kind in {"sign", "suffix"} or (kind == "words" and group in {"", "direction"}):
            is_known = kind != "words" or group or sample.lower() in _SYSTEMS_WORDS
            return sample if is_known else "Name"
        if group in {"number", "caller", "callee"} and self._shares(first)[0]:
            return {"+": "+447700900123", "4": "447700900123"}.get(sample[0], "07700900123")
        made_up = {
            "uuid": "00000000-0000-4000-8000-000000000001",
            "id": "1720098301.1",
            "hex": "0123456789abcdef",
            "words": "Name",
        }
        digits = "1720098301000" if group == "epoch" else "201".ljust(len(sample), "0")
        return made_up.get(kind, digits[: len(sample)])


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
