"""For people outside the practice, about its record: verify_release (and fingerprint), witness."""
