"""The audit log: what was done, refused or failed, in a Merkle tree (docs/formats/audit-log.md)."""
