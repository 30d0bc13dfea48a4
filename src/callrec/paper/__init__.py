"""Papers as PDF/A: certificate, exhibit label, recovery kit, log head, destruction.

sheet lays lines and fields out, faces has typefaces and squares; one module writes each paper.
apart makes them in a process of its own.
"""
