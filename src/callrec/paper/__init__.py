"""Papers as PDF/A: certificates, exhibit label, recovery kit, log head [policy 4(a), 4(e)-(i)].

Read sheet first: it lays lines and fields out, with the typefaces and squares of faces.
certificate_pdf writes the certificates of a release and of a destruction, and the exhibit label;
kit_pdf the recovery kit and the log's head. apart makes a release's papers in a process of its own.
"""
