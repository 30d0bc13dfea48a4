"""An external drive as a folder of BagIt bags [policy 4(h)] (docs/formats/archive.md).

It knows files and hashes, no key. drive says what a drive does and which it is, volume what marks
a folder as one, bag writes and validates, erasing takes recordings out of a bag.
"""
