"""Give the vault back from its volumes [policy 4(h)].

choose finds the right copy of the catalogue, copy opens it, rebuild puts it in place, restore
fetches the recordings, resume reads what lies beside the bags, goes on with the log and says what
is lost. drill proves all this without doing it; migrate is for an older vault, and moving takes a
catalogue into a database and back.
"""
