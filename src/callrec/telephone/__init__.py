"""The central telephone system [policy 2]: what it leaves behind, and what that says of a call.

Read ``call`` first, then ``reading``, which asks for each recording its sidecar, the forms of
``names``, or the file's own time; ``learning`` tells the form of names that none of them knows.
``written`` makes a call of what a system wrote, with ``number`` and ``clock``. ``records`` has
call records, ``joining`` finds whose they are by ``joining_facts``, ``filled`` what they add;
``reconciling`` holds both against each other; ``recorder`` is what the system signed or
hashed of a sound, ``sums`` reads checksums; ``sound`` says what a file's bytes are; ``manifest``
reads a supplier's list. ``made_up`` has made-up calls for ``callrec demo``.
"""
