"""Where callrec and what it needs come from: ``python -m supply`` (docs/security.md)."""
