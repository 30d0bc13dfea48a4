"""The audit log: what was done, refused or failed, in a Merkle tree [policy 4(a), 4(c)].

Read `leaf` first (one entry), then `tree` and `checkpoint` (its signed head and the proofs), then
`log`, which appends in the transaction of the act itself. `register` replays who is who and which
keys there are; `attested` says whose acts leaves are; `session` is what a session may sign and
its certificate, `sessions` which leaves its key attested; `erased` says which details were erased.
Verifying: `verify` on `whole`, which takes `stretch` after stretch, and `from_the_end` the other
way; `rows` holds the catalogue against what was signed for; `remembered` is what is found, and what
an operator remembers of it. `appended` is checked before more is; `foreign` finds what nobody
signed, `resumed` how the log went on without it; `evidence` shows that what goes out stands on
record, and who signed it; `cosignature` is what a witness outside says of a head. Formats:
docs/formats/audit-log.md.
"""
