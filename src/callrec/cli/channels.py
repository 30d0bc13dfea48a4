"""The ways in which something is handed over, as people are asked for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callrec.policy.handing_over import Channel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from callrec.cli.prompts import Prompts

_MEANING: Final[Mapping[Channel, str]] = {
    Channel.LETTER: "by post",
    Channel.PHONE: "read out on the telephone",
    Channel.SMS: "as a text message",
    Channel.EMAIL: "by e-mail",
    Channel.PERSON: "handed over in person",
}


def ask_channel(prompts: Prompts, what: str, *, option: str) -> Channel:
    """One of the ways.

    Args:
        prompts: asks for it.
        what: the question, without colon.
        option: what a script gives instead: ``--by``.

    Raises:
        Unusable: there is no terminal, or it was closed.
    """
    choices = {str(channel): meaning for channel, meaning in _MEANING.items()}
    return Channel(prompts.choose(what, choices, option=f"{option} {'|'.join(choices)}"))
