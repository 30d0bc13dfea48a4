"""Decoded frames as interleaved 16-bit samples, whatever they are.

One thread, and no numpy: a confined process can start none, and callrec needs none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Self

from av.audio.frame import AudioFrame
from av.error import BlockingIOError as NoMoreYet
from av.error import EOFError as NoMore
from av.filter import Graph

from callrec.dataclass import dataclass

_AT_ONCE = 1 << 20
"""Bytes in one piece at most."""

_STEREO = 2


@dataclass(slots=True)
class Converter:
    """Makes samples of one rate of frames that may change theirs.

    One channel stays one and two stay two. More are mixed into one, each as loud as the others:
    nothing says which would be left and which right.
    """

    sample_rate: int
    channels: int
    _graph: Graph | None = None
    _takes: tuple[str, str, int] | None = None

    @classmethod
    def like(cls, frame: AudioFrame) -> Self:
        """For frames that begin so."""
        channels = frame.layout.nb_channels
        return cls(frame.sample_rate, channels if channels <= _STEREO else 1)

    def pieces(self, frames: Iterable[AudioFrame]) -> Iterator[memoryview]:
        """The samples of all of them."""
        for frame in frames:
            takes = (frame.format.name, frame.layout.name, frame.sample_rate)
            if takes != self._takes:
                yield from self._through(None)  # what was held back of those before it
                self._takes, self._graph = takes, self._graph_for(frame)
            yield from self._through(frame) if self._graph is not None else self._bytes(frame)
        yield from self._through(None)

    def _through(self, frame: AudioFrame | None) -> Iterator[memoryview]:
        if self._graph is not None:
            if frame is not None:
                frame.pts = None
            self._graph.push(frame)
            for made in ready_frames(self._graph):
                yield from self._bytes(made)

    def _bytes(self, frame: AudioFrame) -> Iterator[memoryview]:
        """The plane is longer than its samples: the rest is padding."""
        whole = memoryview(frame.planes[0])[: frame.samples * self.channels * 2]
        for start in range(0, len(whole), _AT_ONCE):
            yield whole[start : start + _AT_ONCE]

    def _graph_for(self, frame: AudioFrame) -> Graph | None:
        """None where the frame is already as it should be."""
        channels = frame.layout.nb_channels
        same = channels == self.channels and frame.sample_rate == self.sample_rate
        if same and frame.format.packed.name == "s16" and (frame.format.is_packed or channels == 1):
            return None
        return filter_graph(frame, self.sample_rate, self.channels, "s16")


def filter_graph(
    frame: AudioFrame, sample_rate: int, channels: int, form: str, *, samples: int | None = None
) -> Graph:
    """What turns such frames into ones of this rate, so many channels and this form."""
    made = Graph()
    made.threads = 1
    steps = [
        made.add(
            "abuffer",
            sample_rate=str(frame.sample_rate),
            sample_fmt=frame.format.name,
            channel_layout=frame.layout.name,
            time_base=f"1/{frame.sample_rate}",
        )
    ]
    if (heard := frame.layout.nb_channels) > _STEREO:
        even_mix = "+".join(f"{1 / heard:.9f}*c{each}" for each in range(heard))
        steps.append(made.add("pan", f"mono|c0={even_mix}"))
    steps.append(
        made.add(
            "aformat",
            sample_fmts=form,
            sample_rates=str(sample_rate),
            channel_layouts="mono" if channels == 1 else "stereo",
        )
    )
    if samples is not None:
        steps.append(made.add("apad", whole_len=str(samples)))
        steps.append(made.add("atrim", end_sample=str(samples)))
    steps.append(made.add("abuffersink"))
    made.link_nodes(*steps)
    made.configure()
    return made


def mix_tracks(tracks: Sequence[Iterator[memoryview]], sample_rate: int) -> Iterator[memoryview]:
    """One channel in which all of them are heard, each as loud as the others."""
    made = Graph()
    made.threads = 1
    weights = " ".join([f"{1 / len(tracks):.9f}"] * len(tracks))
    mix = made.add("amix", f"inputs={len(tracks)}:duration=longest:normalize=0:weights={weights}")
    inputs = [
        made.add(
            "abuffer",
            sample_rate=str(sample_rate),
            sample_fmt="s16",
            channel_layout="mono",
            time_base=f"1/{sample_rate}",
        )
        for _ in tracks
    ]
    for place, each in enumerate(inputs):
        each.link_to(mix, 0, place)
    made.link_nodes(mix, made.add("aformat", sample_fmts="s16"), made.add("abuffersink"))
    made.configure()
    sent = dict.fromkeys(range(len(tracks)), 0)
    while sent:
        behind = min(sent, key=sent.__getitem__)  # so that little waits for the others
        piece = next(tracks[behind], None)
        if piece is None:
            inputs[behind].push(None)
            del sent[behind]
        else:
            inputs[behind].push(_frame(piece, sample_rate, at=sent[behind]))
            sent[behind] += len(piece) // 2
        for frame in ready_frames(made):
            yield memoryview(frame.planes[0])[: frame.samples * 2]


def _frame(samples: memoryview, sample_rate: int, *, at: int) -> AudioFrame:
    """Of 16 bits and one channel, beginning at a sample."""
    frame = AudioFrame("s16", "mono", len(samples) // 2)
    memoryview(frame.planes[0])[: len(samples)] = samples
    frame.sample_rate, frame.time_base, frame.pts = sample_rate, Fraction(1, sample_rate), at
    return frame


def ready_frames(graph: Graph) -> Iterator[AudioFrame]:
    """What is ready."""
    while True:
        try:
            frame = graph.pull()
        except (NoMoreYet, NoMore):
            return
        if isinstance(frame, AudioFrame):
            yield frame
