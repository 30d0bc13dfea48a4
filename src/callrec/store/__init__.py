"""Where sealed recordings lie [policy 4(h), 4(i)]: names and sealed bytes, no key and no call.

Read `layout` first (names, places, what a disk does), then `sealing` (one recording as a sealed
stream, read from any place), then `directory`, which keeps them as files.
"""
