"""What people are owed of their calls, what is kept back from them, and what they complain of.

Read `grounds` first, the table of purpose, ground and law; then `withholding`, how a decision rests
on it. `restriction` is what may be done with calls whose use somebody has restricted. `complaint`
stands alone: the right to complain to the practice [DPA 2018 s.164A]; so do `subject`, who is on
the register of people, and `note`, who writes what a recording tells.
"""
