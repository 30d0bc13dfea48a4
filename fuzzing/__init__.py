"""Everything that callrec reads of others, given what nobody would write (docs/evidence/fuzzing.md)."""
