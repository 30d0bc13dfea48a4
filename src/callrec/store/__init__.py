"""Where sealed recordings lie [policy 4(h), 4(i)]: names and sealed bytes, no key and no call.

Read `sealing` first (one recording as a sealed stream, read from any place), then `directory`,
which keeps them as files: their names and places, and what a disk does. objects has them in a
bucket of a store that speaks S3, and what a network does.
"""
