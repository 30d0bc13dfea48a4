"""The file of a written agreement: kept sealed beside the request, to the byte [policy 4(g)].

It has a key of its own, which lies in each version of the request that names the file: so it need
not be sealed again where a request is changed, and people who open such a version can read it. What
it is and its SHA-256 are particulars of the request, and so among what an approval signs.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from callrec.audit.log import LogTransaction
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.errors import NotFound, Refused, Tampered
from callrec.policy.clause import Clause
from callrec.policy.further import FurtherParticular, KeptFile
from callrec.practice import Actor, Practice, record
from callrec.requests.lapse import attempt_on
from callrec.requests.model import OpenRequest, RequestVersion
from callrec.requests.open import sees_in_full

AGREEMENT_READ = "request.agreement"


def describe_file(data: bytes) -> KeptFile:
    """What is said of a file, by its bytes."""
    return KeptFile.of(data, primitives.sha256(data).hex())


def store_agreement(
    act: LogTransaction, version_id: RequestVersion, key: bytes, data: bytes | None
) -> None:
    """Seal the file that came with a version of a request; nothing where none came."""
    if data is None:
        return
    request, version = version_id.request, version_id.version
    bound_to = _context(version_id.vault, request=request, version=version)
    sealed = primitives.seal(key, data, bound_to)
    table = tables.request_file
    act.connection.execute(table.insert().values(request=request, version=version, sealed=sealed))


def read_agreement(practice: Practice, actor: Actor, request: OpenRequest) -> bytes:
    """The file of the agreement that a request names, to the byte; that is logged first.

    Raises:
        NotFound: the request names none.
        Refused: the actor sees no more of the request than that there is one.
        Tampered: it is gone, or is not the file that came with the request.
    """
    with attempt_on(practice, actor, AGREEMENT_READ, request.reference):
        told = request.particulars.further.get(FurtherParticular.AGREEMENT)
        if told is None:
            raise NotFound(f"no written agreement is kept with {request.reference}")
        if not sees_in_full(practice, actor, request):
            raise Refused(
                "an agreement is for who made the request, who decides it, or who was granted it",
                clause=Clause.CONTROLLED_ACCESS,
                hint=f"callrec request show {request.reference} shows what you may see",
            )
        record(practice, actor, AGREEMENT_READ, subject=[request.id])
        with reading(practice.engine) as connection:
            data = _open(connection, request)
        if describe_file(data) != KeptFile.from_text(told):
            raise _damaged(request)
        return data


def _open(connection: Connection, request: OpenRequest) -> bytes:
    """The newest file that came with this version or with one before it."""
    file, which = tables.request_file.c, request.version_id
    query = select(file.version, file.sealed).where(
        file.request == request.id, file.version <= which.version
    )
    row = connection.execute(query.order_by(file.version.desc())).first()
    if row is None:
        raise Tampered(f"the agreement of {request.reference} is missing")
    bound_to = _context(which.vault, request=request.id, version=row.version)
    try:
        return primitives.open_sealed(request.body.agreement_key, bytes(row.sealed), bound_to)
    except Tampered:
        raise _damaged(request) from None


def _context(vault: str, *, request: str, version: int) -> bytes:
    return context("request-file", vault, request=request, version=version)


def _damaged(request: OpenRequest) -> Tampered:
    return Tampered(f"the agreement of {request.reference} is not the file that came with it")
