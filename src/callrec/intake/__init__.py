"""Calls come in [policy 2, 4(h)]: found, sealed, recorded, and only then cleared away.

ingest is a whole run: read it with sources, reading, known, alike (calls of one sound), sealing,
batch, summary and clearing, in the order in which a file passes them; vouching checks what its
telephone system signed of it, attesting signs on that system's own machine. joining adds call
records, records keeps those at hand. bundle reads a supplier's export as sources, bundle_map how
its list is read. watching is standing intake, beside the processes for many small files, preview
the dry run, learning the one that proposes how an archive's names are read; reconcile and
reconciled ask whether every call is held.
"""
