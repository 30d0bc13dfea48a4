"""What a PDF of ours says of itself, in XMP (ISO 16684-1): an archive's form, and one date only."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from datetime import datetime

_XMP: Final = Template("""\
<x:xmpmeta xmlns:x="adobe:ns:meta/">
  <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
    <rdf:Description rdf:about=""
        xmlns:dc="http://purl.org/dc/elements/1.1/"
        xmlns:xmp="http://ns.adobe.com/xap/1.0/"
        xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
      <pdfaid:part>2</pdfaid:part>
      <pdfaid:conformance>U</pdfaid:conformance>
      <xmp:CreateDate>$at</xmp:CreateDate>
      <dc:title><rdf:Alt><rdf:li xml:lang="x-default">$title</rdf:li></rdf:Alt></dc:title>
      <dc:creator><rdf:Seq><rdf:li>$author</rdf:li></rdf:Seq></dc:creator>
      <dc:language><rdf:Bag><rdf:li>en-GB</rdf:li></rdf:Bag></dc:language>
    </rdf:Description>
  </rdf:RDF>
</x:xmpmeta>""")
"""fpdf2's own would say when it ran, and the same facts would give other bytes."""


def xmp(*, title: str, author: str, at: datetime) -> str:
    """The metadata of a PDF/A-2u. Title and author are printable."""
    return _XMP.substitute(
        title=escape(title), author=escape(author), at=at.isoformat(timespec="seconds")
    )
