"""Volumes: external drives with sealed recordings in BagIt bags. Knows files and hashes, no key."""
