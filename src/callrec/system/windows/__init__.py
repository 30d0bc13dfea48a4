"""What Windows is asked for, by the names that callrec.system gives it: files and drives.

console is what is typed and shown at one, shell reads a line, playing feeds a player, of which
wave_player is one; api declares what they ask.
"""
