"""What happened, as the log's leaves tell it: one kernel for every noun.

Read them in this order: `forms` reads what is sealed, signed or remembered into the dataclass that
declares its members; `acts` reads leaves by what was done, and numbers what they make; `statements`
signs and finds the statements that leaves carry; `entitled` asks whether the person who did
something was allowed to; `rows` makes the catalogue's rows from leaves, and checks them against
these; `versions` keeps what is sealed in versions, each made by a leaf that commits to it
(docs/formats/audit-log.md).
"""
