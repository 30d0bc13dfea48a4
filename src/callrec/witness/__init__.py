"""A witness of logs, and what asks one: C2SP tlog-witness, without a vault and without a person.

Read `keeping` first: the folder of a witness, with its key, the logs that it knows and the head of
each that it cosigned last. `answering` decides what it answers, `serving` speaks HTTP. What a
practice asks of one, and what it keeps of the answers, is in `record/cosigned` and
`registers/cosigning`. Format: docs/formats/witness.md.
"""
