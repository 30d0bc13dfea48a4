"""Copies on external drives [policy 4(h)].

plan says what goes to a drive, run writes it, copy adds the sealed catalogue, heads binds each bag
to the log, unfinished deals with a run that was killed, survey checks a volume, sampling opens some
of it on trial. volumes lists the drives and who keeps them, unarchived counts what lies on none,
opened names those that a password opens which was seen, log says what happened to them; erase and
owed take away what was destroyed; attached and fetch find a recording's sealed file wherever it
lies.
"""
