"""Hear what was granted, or hand it over [policy 4(a), 4(e)-(g)].

release is the whole of it, from the grants to the delivered package: preparing starts what works
beside it, copies makes each sound, packing says what the package holds, record logs it and gives
back what a killed run left, rights what a data subject is told of it, signed shows who approved it
and how it came in. listen plays and lets nothing leave; verify checks a release that has left the
practice, and on_record what the practice's own log has against it.
"""
