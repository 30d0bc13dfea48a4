"""Where sealed recordings lie. A store knows names and sealed bytes, no key and no call."""
