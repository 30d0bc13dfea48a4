"""How long calls are kept, what holds them, how they are destroyed [policy 4(h), 4(i)].

categories gives a recording one, review says what is due and what stops it, holds places and lifts
by hand. erase foresees and carries out, with what proposing makes a request of; undo takes back
what came in by mistake; people erases somebody from the register. destroy is the destruction
itself, erased finds the sealed details that go with a recording, certificate says what is certified
and certified signs it, log checks that it was allowed. instructing asks a supplier to delete what
it still holds.
"""
