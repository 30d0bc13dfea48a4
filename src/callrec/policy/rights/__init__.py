"""What people are owed of their calls, what is kept back from them, and what they complain of.

`lawful_basis` says by which law a recording is used at all. For what is withheld read `grounds`
first, the table of purpose, ground and law; then `withholding`, how a decision rests on it.
`restriction` is what may be done with calls whose use somebody has restricted. The rest stand
alone: `letter`, what may be written to a person; `complaint`, the right to complain to the practice
[DPA 2018 s.164A]; `subject`, who is on the register of people; `note`, who writes what a recording
tells.
"""
