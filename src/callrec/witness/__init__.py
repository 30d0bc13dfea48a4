"""A witness of logs, and what asks one: C2SP tlog-witness, without a vault and without a person.

Read `keeping` first: the folder of a witness, with its key, the logs that it knows and the head of
each that it cosigned last. `answering` decides what it answers, `serving` speaks HTTP. `asking` is
the other side, one request to a witness. What a practice asks, and what it keeps of the answers, is
in `record/cosigned` and `registers/cosigning`. Format: docs/formats/witness.md.
"""
