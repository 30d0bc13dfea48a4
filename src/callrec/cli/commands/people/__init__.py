"""The commands about who works here, and with what they come in: user, login, factor.

user has who they are and what they may do; login the open login of a terminal (and logout, whoami);
factor the second factor beside a password [policy 4(i)].
"""
