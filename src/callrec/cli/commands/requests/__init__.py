"""The commands about requests: ask, decide, date, show.

particulars asks what a purpose wants to know, request makes, changes and lists requests, decide
approves, denies and revokes, event and due deal with dates, view and dossier show.
"""
