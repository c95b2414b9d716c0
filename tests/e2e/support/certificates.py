"""Certificates of an authority of the test's own, made by openssl."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

DAYS = 2
NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


@dataclass(frozen=True)
class Certificate:
    """PEM files. `both` holds the key and the certificate, as Kafka and MongoDB want them."""

    certificate: Path
    key: Path

    @property
    def both(self) -> Path:
        path = self.certificate.with_suffix(".both.pem")
        if not path.exists():
            path.write_text(self.key.read_text() + self.certificate.read_text())
        return path


def _make(folder: Path, name: str, *arguments) -> Certificate:
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    folder.mkdir(parents=True, exist_ok=True)
    command = ["openssl", "req", "-x509", *NEW_KEY, "-days", str(DAYS), "-subj", f"/CN={name}", *arguments]
    subprocess.run([*command, "-keyout", made.key, "-out", made.certificate], check=True, capture_output=True)
    return made


class Authority:
    """Signs certificates; `own.certificate` is what others trust it by."""

    def __init__(self, folder: Path, name: str = "authority"):
        self.folder = folder
        self.own = _make(folder, name)

    def issue(self, name: str, address: str = "IP:127.0.0.1") -> Certificate:
        """A certificate of CN=name for one address: "IP:…" or "DNS:…"."""
        signed = ["-CA", self.own.certificate, "-CAkey", self.own.key]
        extensions = ["-addext", f"subjectAltName={address}", "-addext", "basicConstraints=critical,CA:FALSE"]
        return _make(self.folder, name, *signed, *extensions)
