"""What Linux and macOS are asked for, by the names that callrec.system gives it: files; macos."""
