"""The central telephone system [policy 2]: what it leaves behind, and what that says of a call.

Each system has a module that turns the names it writes into a Call; ``reading`` chooses between
them, ``sound`` says what a file's bytes are.
"""
