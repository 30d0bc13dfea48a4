"""callrec beside its peers, measured: ``python -m benchmarks`` (docs/evidence/benchmarks.md)."""
