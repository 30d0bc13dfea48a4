"""Requests: asked, decided, dated, ended [policy 4(b), 4(e)-(g)].

model says what a request is, history reads and writes what happened to it, open holds it against
the log. approvals, clock and standing say what has been decided and by when; rules holds every leaf
against the rule of its act. Then the acts: ask, amend, decide, event, lapse; what follows from
them: agreement (its file), grants, covering (which holds cover a recording), restrictions (what
nobody may hear, what a note corrects), holding, packages, telling, glass, seconds (who signed
beside the person who had brought them in); and what is shown: show, due.
"""
