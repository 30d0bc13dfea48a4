"""What Windows is asked for, by the names that callrec.system gives it: files and drives.

rights has who may read and change them, by what access tells of a list; terminal tells which this
is, runtime keeps what a login needs, sealed. console is what is typed and shown at one, shell reads
a line, playing feeds a player, of which wave_player is one; api declares what they ask.
"""
