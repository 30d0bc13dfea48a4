"""What a file's bytes are: told by their content, measured, never played."""

from callrec.telephone.sound.inspecting import inspect
from callrec.telephone.sound.sound import Finding, NotAudio, Sound

__all__ = ["Finding", "NotAudio", "Sound", "inspect"]
