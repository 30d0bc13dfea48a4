"""What happened, as the log's leaves tell it (docs/formats/audit-log.md).

`forms` reads what is sealed, signed or remembered into the dataclass that declares its members.
"""
