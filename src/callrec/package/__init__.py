"""The package that leaves the practice [policy 4(a), 4(e)-(g)] (docs/formats/release.md).

It knows files and bytes, no vault, database or key store. package says which files in which order
and signs, manifest, certificate, destroyed and texts what is in them. zip and page write it as an
encrypted zip or as one page, whole makes it appear whole or not at all; open and sealed_page read
it again. callrec_verify.py goes along: the recipient's own verifier, which needs no callrec.
instruction is the letter by which a supplier is to delete what it holds.
"""
