"""By when the log had come so far, in the word of a time-stamping authority (RFC 3161).

Only a hash leaves the building. Read in this order: ``authority`` asks, ``asking`` keeps what came
of that, ``kept`` is what lies in the vault, ``waiting`` where it lies before it is on record, and
``checking`` what all of it shows. When it is asked is in ``office/stamps.py``. What a stamp says,
and whether it counts, is read where those read it who get one: ``package/callrec_verify.py``, by
``openssl``. Format: docs/formats/time-stamps.md.
"""
