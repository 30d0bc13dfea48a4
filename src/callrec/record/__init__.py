"""What happened, as the log's leaves tell it: one kernel for every noun.

Read them in this order: `acts` reads leaves by what was done, and numbers what they make;
`entitled` asks whether whoever did it might; `rows` makes the catalogue's rows from leaves, and
holds them against these; `versions` keeps what is sealed in versions, each made by a leaf that
commits to it (docs/formats/audit-log.md).
"""
