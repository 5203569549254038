"""Suite 2 of docs/format.md, write-only: HPKE mode Base, export only (RFC 9180). For the known answers."""

import hmac
import struct

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

import paravent_peer as peer

KEM = b"KEM" + struct.pack(">H", 0x20)
HPKE = b"HPKE" + struct.pack(">HHH", 0x20, 0x01, 0xFFFF)


def _extract(suite, salt, label, ikm):
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256")


def _expand(suite, prk, label, info, length=32):
    info = struct.pack(">H", length) + b"HPKE-v1" + suite + label + info
    return HKDFExpand(SHA256(), length, info).derive(prk)


def derive_key_pair(ikm):
    prk = _extract(KEM, b"", b"dkp_prk", ikm)
    return X25519PrivateKey.from_private_bytes(_expand(KEM, prk, b"sk", b""))


def _public(private):
    return private.public_key().public_bytes_raw()


def _base(private, public, enc, reader, info):
    """Kbase from one side's private and the other side's public key; `exchange` refuses an all-zero result."""
    dh = private.exchange(X25519PublicKey.from_public_bytes(public))
    shared = _expand(KEM, _extract(KEM, b"", b"eae_prk", dh), b"shared_secret", enc + reader)
    context = b"\0" + _extract(HPKE, b"", b"psk_id_hash", b"") + _extract(HPKE, b"", b"info_hash", info)
    secret = _extract(HPKE, shared, b"secret", b"")
    exporter = _expand(HPKE, secret, b"exp", context)
    return _expand(HPKE, exporter, b"sec", peer.SHARED["base"])


def _info(epoch, scope, domain):
    return peer.SHARED["write"] + b"\0" + struct.pack(">IB", epoch, scope) + peer.len16(domain.encode())


def _reader(keys, epoch, scope, domain):
    return derive_key_pair(peer.expand(keys.node(epoch, scope, domain), "kem", b""))


def seal_record(keys, schema, domain, epoch, values, ikms, rid=None, subject=None, nonce=None):
    header = peer.make_header(2, peer.RECORD, rid, subject, epoch, nonce)
    bases, encs = {}, {}
    for scope in schema.scopes():
        ephemeral, reader = derive_key_pair(ikms[scope]), _public(_reader(keys, epoch, scope, domain))
        encs[scope] = _public(ephemeral)
        bases[scope] = _base(ephemeral, reader, encs[scope], reader, _info(epoch, scope, domain))
    out = header
    for scope, base in bases.items():
        key, body = peer.k_seal(base, subject), peer.pack_group(schema, scope, values)
        context = peer.aad(header, scope, 0, rid, b"".join(encs.values()))
        sealed = AESGCM(peer.xaes_key(key, nonce)).encrypt(nonce[12:], body, context)
        out += struct.pack(">BH", scope, len(body)) + encs[scope] + peer.commitment(key, nonce) + sealed
    return out


def open_record(keys, schema, domain, data, rid=None, subject=None):
    header = peer.read_header(data, peer.RECORD, 2)
    found = peer.groups(data, encs=True)
    peer.agree(header, rid, subject)
    peer.need(header.epoch in keys.sealing, "unknown epoch", f"epoch {header.epoch}")
    peer.check_scopes(schema, [group[0] for group in found], schema.scopes())
    values, encs = {}, b"".join(group[1] for group in found)
    for scope, enc, stated, sealed in found:
        reader = _reader(keys, header.epoch, scope, domain)
        base = _base(reader, enc, enc, _public(reader), _info(header.epoch, scope, domain))
        key = peer.k_seal(base, subject)
        peer.need(hmac.compare_digest(peer.commitment(key, header.nonce), stated), "wrong key", f"scope {scope}")
        context = peer.aad(header.raw, scope, 0, rid, encs)
        aead = AESGCM(peer.xaes_key(key, header.nonce))
        body = peer.aead_open(aead, header.nonce, sealed, context, f"scope {scope}")
        values |= peer.unpack_group(schema, scope, body)
    return values
