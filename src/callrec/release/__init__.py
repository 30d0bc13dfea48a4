"""The package that leaves the practice (docs/formats/release.md).

Pieces that know files and bytes; they know no vault, database or key store. One layout
(``package``) is written out as a folder (``folder``) or as an encrypted zip (``zipped``).
"""
