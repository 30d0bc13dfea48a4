"""Which kind of sound a file is."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from callrec.telephone.sound.containers import flac_sound, mp4_sound, ogg_sound
from callrec.telephone.sound.frames import adts_sound, amr_sound, mpeg_sound
from callrec.telephone.sound.riff import au_sound, headerless_sound, is_riff, wave_sound
from callrec.telephone.sound.sound import Empty, Sound, TextFile, Window

_TEXT_LOOKED_AT = 4096

_WRITTEN_IN_TEXT = frozenset("\t\n\v\f\r\x1b\ufeff")

_MARKED = {b"OggS": ogg_sound, b"fLaC": flac_sound, b"#!AM": amr_sound, b".snd": au_sound}


def inspect(stream: BinaryIO, size: int, suffix: str) -> Sound:
    """What a file's bytes are, and how long they sound.

    By their content; the suffix counts only where bytes without a header could be anything.
    """
    if not size:
        raise Empty
    window = Window(stream, size)
    head = window.at(0, 8)
    if is_riff(head):
        return wave_sound(window)
    if head[:4] in _MARKED:
        return _MARKED[head[:4]](window)
    if head[4:] == b"ftyp":
        return mp4_sound(window)
    return _without_mark(window, suffix)


def _without_mark(window: Window, suffix: str) -> Sound:
    found = mpeg_sound(window) or adts_sound(window)
    if found:
        return found
    if _is_text(window.at(0, _TEXT_LOOKED_AT)):
        raise TextFile
    return headerless_sound(window, suffix)


def _is_text(beginning: bytes) -> bool:
    decode = codecs.getincrementaldecoder("utf-8")().decode  # its last character may be cut
    try:
        text = decode(beginning)
    except UnicodeDecodeError:
        return False
    return bool(text) and all(sign.isprintable() or sign in _WRITTEN_IN_TEXT for sign in text)
