"""What people are owed of their calls, and what is kept back from them.

Read `grounds` first, the table of purpose, ground and law; then `withholding`, how a decision rests
on it. `restriction` is what may be done with calls whose use somebody has restricted.
"""
