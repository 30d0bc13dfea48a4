"""callrec beside its peers, measured: ``python -m benchmarks`` (docs/benchmarks.md)."""
