"""What Windows is asked for, by the names that callrec.system gives it.

api declares what several modules call; files and drives are as on other systems; rights has who may
read and change one, by what access tells of a list; terminal tells which this is, runtime keeps
what a login needs, sealed; processes has our own and what tells it to end; child is one of theirs,
children start anew, workers are none; confinement has the walls of a child; sockets asks TCP;
console is what is typed and shown at one, shell reads a line, paths takes one, playing feeds a
player, of which wave_player is one.
"""
