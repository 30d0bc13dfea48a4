"""How loud a recording is where, to choose times by: for a terminal, and for a page."""

from callrec.sound.waveform.drawn import as_svg
from callrec.sound.waveform.typed import in_text

__all__ = ["as_svg", "in_text"]
