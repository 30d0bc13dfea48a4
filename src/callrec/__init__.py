"""Encrypted custody of a practice's call recordings, released only as its policy allows."""

__version__ = "0.1.0"
