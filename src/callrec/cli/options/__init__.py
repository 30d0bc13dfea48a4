"""Every option and argument, once."""
