"""What happened, as the audit log says it: how every noun reads its history [policy 4(a), 4(c)].

Read acts first (what each leaf names, leaves read by act), then rows, the core: one function makes
the columns that follow from leaves, when they are written and again when they are checked. versions
adds to that what is sealed, version by version (requests and incidents), and what lies sealed
beside a leaf. forms says how what is signed or sealed is written and read; statements lie signed
beside a leaf. entitled says who did it, on which day, and whether they were entitled to.
cosigned is what witnesses outside saw of the log.
"""
