"""Terminal in, terminal out: one module for each command, on the frame of app.py."""
