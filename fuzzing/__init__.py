"""Everything that callrec reads of others, with broken input (docs/evidence/fuzzing.md)."""
