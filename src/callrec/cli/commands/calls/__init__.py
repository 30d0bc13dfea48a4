"""The commands by which calls come in, and are held against call records [policy 2].

ingest, with ingest_bundle for a supplier's export and ingest_view for what both say; reconcile.
"""
