"""Check a release of call recordings, with Python and nothing else."""
