"""Several requests in one command: one password, and each is done or left by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from callrec.cli.output import Words
from callrec.errors import CallrecError, DoneInPart, Tampered, Unusable

if TYPE_CHECKING:
    from callrec.cli.invocation import Invocation


class Sitting:
    """What becomes of each request that was named; of one alone it is as if there were no sitting.

    A request that is refused does not stop the others. The last lines say how each of them ended.
    """

    def __init__(self, invocation: Invocation, references: Sequence[str], *, done: str) -> None:
        self.out = invocation.out
        self._on_a_terminal = invocation.prompts.possible
        self.references = tuple(dict.fromkeys(references))
        self._word = done
        self._done: list[str] = []
        self._left: dict[str, CallrecError] = {}

    @property
    def is_of_several(self) -> bool:
        return len(self.references) > 1

    def check_of_one(self, **given: object) -> None:
        """What names recordings, or one package, belongs to one request; by its option."""
        for name, value in given.items():
            if self.is_of_several and value:
                raise Unusable(
                    f"--{name} belongs to one request, and several are given",
                    hint=f"give one request with --{name}, and the others in another command",
                )

    @contextmanager
    def on(self, reference: str) -> Iterator[None]:
        """Where one of them is worked on: what goes wrong with it is kept for the end."""
        try:
            yield
        except CallrecError as error:
            if not self.is_of_several:
                raise
            self._left[reference] = error
            if self._on_a_terminal:
                self.out.note(self._why(reference))
        except BaseException:  # what was done before Ctrl-C is told, too
            if self.is_of_several:
                self.out.note(self._tell())
            raise

    def show(self, reference: str, value: Mapping[str, Any], words: Words) -> None:
        """What was done with one of them."""
        self._done.append(reference)
        if self.is_of_several:
            self.out.show_item(value)
            self.out.say(words)
        else:
            self.out.show(value, words)

    def end(self) -> None:
        """Say of several which are done, and which not and why.

        Raises:
            DoneInPart: some are done.
            CallrecError: as of the first one, where none is done; of what was changed, if any was.
        """
        if not self.is_of_several:
            return
        told = self._tell()
        if self._left:
            raise self._kind()(f"{told}; not {self._word}: {', '.join(self._left)}")
        self.out.note(told)

    def _tell(self) -> str:
        """Say which are left and why; returns which are done."""
        left = [
            {"id": reference, "why": error.message, "exit_status": error.exit_status}
            for reference, error in self._left.items()
        ]
        self.out.end_items({"left": left})
        for reference in self._left:
            self.out.note(self._why(reference))
        return f"{self._word}: {', '.join(self._done) or 'none'}"

    def _why(self, reference: str) -> str:
        error = self._left[reference]
        hint = f"; {error.hint}" if error.hint else ""
        return self.out.again(f"{reference} is not {self._word}: {error.message}{hint}")

    def _kind(self) -> type[CallrecError]:
        kinds = [
            next(kind for kind in CallrecError.__subclasses__() if isinstance(error, kind))
            for error in self._left.values()
        ]
        if Tampered in kinds:
            return Tampered
        return DoneInPart if self._done else kinds[0]
