"""What the practice's policy says: pure functions and frozen data. No files, no clock, no random.

Read `clause` first (the policy's own words), then `role` and `purpose`, then what a request says
(`further`, `completeness`, `particulars`) and how it moves (`request`, `clock`, `clock_events`,
`clock_rules`). Who may do what is in `authority`, `handling`, `hearing` and `reviews`; what a copy
leaves out, in `edits`; what allows a use, what people are owed and what is withheld, in `rights`;
how it goes out, in `handing_over`. How long calls are kept: `retention`, `hold`. The rest stands
alone: `search` [policy 4(c), 4(d)], `notice` [policy 3], `incident` and `breach` [last paragraph],
and `days` and `words` below them all.

A rule, `check_...`, raises Refused where what its first line says is not so, with the clause and
what to type; ``Raises`` tells only of what that line does not. ``on`` is the day in the practice's
time zone, and ``now`` this moment.
"""
