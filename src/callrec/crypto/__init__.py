"""Bytes in, bytes out: keys, sealings and signatures. Knows no recording, no file, no database.

Everything is built from three functions, one module each (docs/formats/keys.md): the primitives,
``context`` and ``statement``. Nothing else in callrec names an algorithm.
"""
