"""Certificates that are wrong in one way each, and a server that shows the one a name asks for.

All but the self-signed one come from an authority made at the start. A client that trusts it
(``SSL_CERT_FILE``) accepts the right certificate and refuses every other for its own fault alone.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: What is wrong with a host's certificate or protocol.
KINDS = ("right", "expired", "early", "self_signed", "wrong_name", "old_protocol")
AUTHORITY = "authority.pem"


def make_contexts(folder: Path, hosts: Mapping[str, str]) -> dict[str, ssl.SSLContext]:
    """Make certificates below a folder, and the server context of each host.

    Hosts that differ in their certificate only share a context, which picks it by the name asked
    for; the protocol is settled before the name is read, so an old one needs its own.

    Parameters
    ----------
    folder : Path
        Gets ``authority.pem``, which a client may trust, and keys that live as long as the folder.
    hosts : mapping of str to str
        Name of each host to one of `KINDS`.
    """
    maker = _Maker(folder)
    contexts = {
        host: maker.context(host, kind, number)
        for number, (host, kind) in enumerate(sorted(hosts.items()))
    }
    base = maker.context("localhost", "right", len(contexts))

    def choose(connection: Any, name: str | None, _: ssl.SSLContext) -> None:
        if name in contexts:
            connection.context = contexts[name]

    base.sni_callback = choose
    return {host: contexts[host] if hosts[host] == "old_protocol" else base for host in hosts}


class _Maker:
    """An authority with one key for all of its certificates."""

    def __init__(self, folder: Path) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.own = ec.generate_private_key(ec.SECP256R1())
        self.key_file = folder / "key.pem"
        self.key_file.write_bytes(
            self.own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        authority = self._signed(_name("zhengce replica"), self.key, self.key, is_authority=True)
        (folder / AUTHORITY).write_bytes(authority)

    def context(self, host: str, kind: str, number: int) -> ssl.SSLContext:
        """Make the context of one host."""
        today = datetime.now(UTC)
        span = {"expired": (-400, -35), "early": (35, 400)}.get(kind, (-1, 30))
        data = self._signed(
            _name(host),
            self.own,
            self.own if kind == "self_signed" else self.key,
            host="www.example-elsewhere.cn" if kind == "wrong_name" else host,
            dates=(today + timedelta(days=span[0]), today + timedelta(days=span[1])),
        )
        file = self.folder / f"{number}.pem"
        file.write_bytes(data)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file, self.key_file)
        if kind == "old_protocol":
            import warnings

            with warnings.catch_warnings():  # that it is out of date is the point
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = ssl.TLSVersion.TLSv1_1
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
        return context

    def _signed(
        self, subject: Any, key: Any, signer: Any, *, host: str = "", is_authority: bool = False,
        dates: tuple[datetime, datetime] | None = None,
    ) -> bytes:  # fmt: skip
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.serialization import Encoding

        begin, end = dates or (datetime.now(UTC) - timedelta(1), datetime.now(UTC) + timedelta(30))
        issuer = subject if signer is key else _name("zhengce replica")
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if host:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False
            )
        found: bytes = builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM)
        return found


def _name(text: str) -> Any:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
