"""A mail server in a process of its own; started by mailbox.py, which says how it is to behave.

What happens is written to standard output, a JSON object a line; where it is told to ask, it waits
for a line on standard input before it answers DATA. ``instead``: it takes connections, says that,
and never another word.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def tell(event: str, **more: Any) -> None:
    sys.stdout.write(json.dumps({"event": event, **more}) + "\n")
    sys.stdout.flush()


class Postman:
    """What the server does with what it is given."""

    def __init__(self, how: dict[str, Any]) -> None:
        self.how = how
        self.answers = {step: list(answers) for step, answers in how["answers"].items()}

    async def handle_RCPT(  # noqa: N802 - the server's own names
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        del server, session, options
        answer = self._answer("RCPT")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        del server
        tell(
            "message",
            sender=envelope.mail_from,
            to=envelope.rcpt_tos,
            text=envelope.content.decode(),
            encrypted=session.ssl is not None,
            greeting=session.host_name,
            user=session.auth_data,
        )
        if self.how["asks"]:
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        return self._answer("DATA")

    def let_in(
        self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any
    ) -> AuthResult:
        del server, session, envelope
        assert isinstance(given, LoginPassword), mechanism
        user, password = given.login.decode(), given.password.decode()
        known = [user, password] == [self.how["user"], self.how["password"]]
        return AuthResult(success=known, handled=False, auth_data=user)

    def _answer(self, step: str) -> str:
        answers = self.answers.get(step)
        return answers.pop(0) if answers else "250 taken"


def certified(how: dict[str, Any]) -> ssl.SSLContext | None:
    if not how["certificate"]:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(how["certificate"])
    return context


def protocol(postman: Postman, context: ssl.SSLContext | None) -> asyncio.BaseProtocol:
    return SMTP(
        postman,
        hostname="mail.test",
        tls_context=context,
        require_starttls=context is not None,
        authenticator=postman.let_in,
        auth_required=bool(postman.how["user"]),
    )


class NoMailServer(asyncio.Protocol):
    """Takes a connection, says one thing, and never another word."""

    def __init__(self, says: str) -> None:
        self.says = says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        tell("connected")
        transport.write(self.says.encode())

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        tell("left")


async def main(how: dict[str, Any]) -> None:
    loop = asyncio.get_running_loop()
    instead, postman, context = how["instead"], Postman(how), certified(how)
    server = await loop.create_server(
        lambda: protocol(postman, context) if instead is None else NoMailServer(instead),
        "127.0.0.1",
        how["port"],
    )
    tell("ready", port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
