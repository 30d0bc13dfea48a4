"""The commands, one file for each noun of the command line [all clauses].

Each parses, calls one procedure and shows what came of it. Read hold first, a short one. A command
is in the file of its name, or where ``MODULES`` in cli/app.py says:

    To begin      setup (init), kit (recovery, keys kit), desk
    Calls         the folder calls (ingest, reconcile); search (and show)
    Requests      the folder requests, then listen and release
    Safekeeping   hold, retention; the folder drives; audit, reviews (audit review-searches
                  and review-glass), the folder outside (verify-release, witness), register
    The practice  the folder people (login, logout, whoami, user, user factor); settings, keys,
                  notice, mail; the folder concerns (incident, complaint); status (and inbox,
                  doctor), configuration (config), network
"""
