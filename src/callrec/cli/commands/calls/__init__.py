"""The commands by which calls come in, and are held against call records [policy 2].

ingest, with ingest_bundle for a supplier's export, ingest_learn for an archive's names,
ingest_attest for the telephone system's own machine, and ingest_view for what all of them say;
reconcile.
"""
