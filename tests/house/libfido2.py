"""libfido2, Yubico's client in C, as the other side of a key in software: by its own packets."""

from __future__ import annotations

import ctypes
from ctypes import CDLL, CFUNCTYPE, POINTER, Structure, byref, c_char_p, c_int, c_size_t, c_void_p
from typing import Any, Final

from house.security_keys import SoftwareKey, Wire

_HMAC_SECRET: Final = 0x01
_ES256: Final = -7
_TRUE: Final = 2
_BYTES = POINTER(ctypes.c_ubyte)
_OPEN, _CLOSE = CFUNCTYPE(c_void_p, c_char_p), CFUNCTYPE(None, c_void_p)
_READ = CFUNCTYPE(c_int, c_void_p, _BYTES, c_size_t, c_int)
_WRITE = CFUNCTYPE(c_int, c_void_p, _BYTES, c_size_t)


class _Functions(Structure):
    _fields_ = (("open", _OPEN), ("close", _CLOSE), ("read", _READ), ("write", _WRITE))


class Client:
    """One key, opened by libfido2 (fido_dev_set_io_functions(3))."""

    def __init__(self, key: SoftwareKey) -> None:
        self._library = CDLL("libfido2.so.1")
        for name in ("fido_dev_new", "fido_cred_new", "fido_assert_new"):
            getattr(self._library, name).restype = c_void_p
        for name in ("fido_cred_id_ptr", "fido_assert_hmac_secret_ptr"):
            getattr(self._library, name).restype = c_void_p
        for name in ("fido_cred_id_len", "fido_assert_hmac_secret_len"):
            getattr(self._library, name).restype = c_size_t
        self._library.fido_init(0)
        wire = Wire(key)

        def read(_: int, into: Any, size: int, _wait: int) -> int:
            packet = wire.read_packet()
            ctypes.memmove(into, packet, size)
            return len(packet)

        def write(_: int, sent: Any, size: int) -> int:
            wire.write_packet(ctypes.string_at(sent, size)[1:])  # the report's number stands first
            return size

        self._functions = _Functions(
            _OPEN(lambda _: 1), _CLOSE(lambda _: None), _READ(read), _WRITE(write)
        )
        self._device = c_void_p(self._library.fido_dev_new())
        self._do("fido_dev_set_io_functions", self._device, byref(self._functions))
        self._do("fido_dev_open", self._device, b"key")

    def set_pin(self, pin: str) -> None:
        self._do("fido_dev_set_pin", self._device, pin.encode(), None)

    def make(self, party: str, pin: str) -> bytes:
        """A credential with hmac-secret, its signature checked; its id."""
        made = c_void_p(self._library.fido_cred_new())
        self._do("fido_cred_set_type", made, _ES256)
        self._do("fido_cred_set_clientdata_hash", made, bytes(32), c_size_t(32))
        self._do("fido_cred_set_rp", made, party.encode(), b"name")
        self._do("fido_cred_set_user", made, bytes(16), c_size_t(16), b"name", None, None)
        self._do("fido_cred_set_extensions", made, _HMAC_SECRET)
        self._do("fido_dev_make_cred", self._device, made, pin.encode())
        self._do("fido_cred_verify_self", made)
        return self._bytes("fido_cred_id", made)

    def ask(self, party: str, credential: bytes, salt: bytes, pin: str | None) -> bytes:
        """What the key answers to a salt."""
        asked = c_void_p(self._library.fido_assert_new())
        self._do("fido_assert_set_rp", asked, party.encode())
        self._do("fido_assert_set_clientdata_hash", asked, bytes(32), c_size_t(32))
        self._do("fido_assert_allow_cred", asked, credential, c_size_t(len(credential)))
        self._do("fido_assert_set_extensions", asked, _HMAC_SECRET)
        self._do("fido_assert_set_hmac_salt", asked, salt, c_size_t(len(salt)))
        self._do("fido_dev_get_assert", self._device, asked, pin.encode() if pin else None)
        return self._bytes("fido_assert_hmac_secret", asked, c_size_t(0))

    def _bytes(self, name: str, *of: Any) -> bytes:
        size = getattr(self._library, f"{name}_len")(*of)
        return ctypes.string_at(getattr(self._library, f"{name}_ptr")(*of), size)

    def _do(self, name: str, *given: Any) -> None:
        if status := getattr(self._library, name)(*given):
            raise AssertionError(f"libfido2: {name} gave {status:#x}")
