"""What a TLS server's certificate says: for whom, and until when (RFC 5280; names as RFC 6125)."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509

from callrec.dataclass import dataclass
from callrec.errors import Unusable


@dataclass(frozen=True, slots=True)
class Certificate:
    """What of it matters to the person who runs the server."""

    names: tuple[str, ...]
    """The DNS names that it is for, wildcards as they stand."""
    not_before: datetime
    """UTC."""
    not_after: datetime
    """UTC."""

    def is_for(self, host: str) -> bool:
        """Whether a browser takes it for this host; a wildcard stands for one label (RFC 6125)."""
        rest = host.partition(".")[2]
        return host in self.names or f"*.{rest}" in self.names


def read_certificate(pem: bytes) -> Certificate:
    """The first certificate of a PEM file.

    Raises:
        Unusable: there is none in it.
    """
    try:
        first = x509.load_pem_x509_certificates(pem)[0]
        names = _dns_names(first)
    except (ValueError, IndexError) as error:
        raise Unusable("there is no certificate in that file", hint="name a PEM file") from error
    return Certificate(names, first.not_valid_before_utc, first.not_valid_after_utc)


def _dns_names(certificate: x509.Certificate) -> tuple[str, ...]:
    extensions = certificate.extensions
    try:
        named = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(each.lower() for each in named.get_values_for_type(x509.DNSName))
