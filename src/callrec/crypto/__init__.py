"""Bytes in, bytes out: keys, sealings, signatures; no recording, file or database [policy 4(i)].

Read primitives first, the algorithms. On them stand context, what each sealing, derivation and
signature is bound to, as canonical JSON, and statement, who says what, signed; all other formats
are built from these three (docs/formats/keys.md). Then identity, the keys of a person, a service or
the recovery kit, from one seed; kit, that seed as people type it; and streaming, which seals a
recording of any length, segment by segment. certificate reads what a server of pages shows of
itself; verifier_key is a key as other programs of signed notes write it, openssh as OpenSSH does;
factor is the second factor of a lock, card what a smart card opens for one, webauthn what a browser
proves with a passkey, grouped a secret as it is typed from paper, parts a key of which it takes
two.
"""
