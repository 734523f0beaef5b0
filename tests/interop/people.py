"""People whose passwords Werkzeug, Django, passlib, bcrypt, argon2-cffi and hashlib have hashed log in with them.

At the first login each verifier is made anew; what was imported is needed no more.
"""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import time

import argon2
import bcrypt
import django.conf
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from passlib.hash import bcrypt_sha256, phpass
from werkzeug.security import generate_password_hash

from client import Client

django.conf.settings.configure(PASSWORD_HASHERS=[
    f"django.contrib.auth.hashers.{name}"
    for name in ("PBKDF2PasswordHasher", "PBKDF2SHA1PasswordHasher", "BCryptSHA256PasswordHasher",
                 "BCryptPasswordHasher", "ScryptPasswordHasher", "Argon2PasswordHasher")
])
from django.contrib.auth.hashers import make_password  # noqa: E402

PASSWORD = "correct horse battery stäple"
SALT = os.urandom(16)


def text(value, altchars=None):
    return base64.b64encode(value, altchars).rstrip(b"=").decode()


# Python's own library in the forms of passlib and of PHC strings.
PBKDF2 = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), SALT, 29_000)
SCRYPT = hashlib.scrypt(PASSWORD.encode(), salt=SALT, n=1 << 14, r=8, p=1, dklen=32)
# WordPress has bcrypt hash what it makes of the password.
WORDPRESS = base64.b64encode(hmac.digest(b"wp-sha384", PASSWORD.encode(), "sha384"))
# Firebase encrypts the key of the project with what scrypt derives.
SIGNER_KEY = os.urandom(64)
DERIVED = hashlib.scrypt(PASSWORD.encode(), salt=SALT + b"\x07", n=1 << 14, r=8, p=1, dklen=32)
FIREBASE = Cipher(algorithms.AES(DERIVED), modes.CTR(bytes(16))).encryptor().update(SIGNER_KEY)
HASHES = {
    "passlib bcrypt_sha256": bcrypt_sha256.using(rounds=10).hash(PASSWORD),
    "passlib bcrypt_sha256 v1": bcrypt_sha256.using(rounds=10, version=1).hash(PASSWORD),
    "phpass of WordPress": phpass.using(rounds=13).hash(PASSWORD),
    "phpass of phpBB": phpass.using(rounds=11, ident="H").hash(PASSWORD),
    "WordPress": "$wp$2y" + bcrypt.hashpw(WORDPRESS, bcrypt.gensalt(10)).decode().removeprefix("$2b"),
    "Firebase": f"$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk={base64.b64encode(SIGNER_KEY).decode()}"
                f"${base64.b64encode(SALT).decode()}${base64.b64encode(FIREBASE).decode()}",
    "werkzeug scrypt": generate_password_hash(PASSWORD),
    "werkzeug pbkdf2": generate_password_hash(PASSWORD, method="pbkdf2:sha256"),
    "werkzeug pbkdf2 sha512": generate_password_hash(PASSWORD, method="pbkdf2:sha512:50000"),
    "werkzeug pbkdf2 sha1": generate_password_hash(PASSWORD, method="pbkdf2:sha1:50000"),
    "passlib pbkdf2": f"$pbkdf2-sha256$29000${text(SALT, b'./')}${text(PBKDF2, b'./')}",
    "PHC pbkdf2": f"$pbkdf2-sha256$i=29000${text(SALT)}${text(PBKDF2)}",
    "PHC scrypt": f"$scrypt$ln=14,r=8,p=1${text(SALT)}${text(SCRYPT)}",
    "bcrypt 2a": bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10, prefix=b"2a")).decode(),
    "argon2-cffi argon2i": argon2.PasswordHasher(memory_cost=32768, type=argon2.Type.I).hash(PASSWORD),
    "bcrypt": bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode(),
    "argon2-cffi": argon2.PasswordHasher(memory_cost=32768).hash(PASSWORD),
    **{f"django {name}": make_password(PASSWORD, hasher=name)
       for name in ("pbkdf2_sha256", "pbkdf2_sha1", "bcrypt_sha256", "bcrypt", "scrypt", "argon2")},
}


def line(n, password_hash):
    return json.dumps({
        "email": f"person{n}@example.com", "phone_number": f"+1415555{3000 + n}", "phone_verified": True,
        "first_name": "Grace", "last_name": "Hopper", "password_hash": password_hash, "email_verified": True,
    })


def log_in(client, n, password):
    return client.call("/login", {"email": f"person{n}@example.com", "password": password})


url, binary, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
client = Client(url)
file = folder / "people.jsonl"
file.write_text("".join(line(n, one) + "\n" for n, one in enumerate(HASHES.values())))
report = subprocess.run([binary, "user", "import", str(file), "--json"], cwd=folder, check=True, capture_output=True)
assert json.loads(report.stdout)["imported"] == len(HASHES), report.stdout

for n, name in enumerate(HASHES):
    status, answer = log_in(client, n, "not the password")
    assert status == 401, (name, status, answer)
    status, answer = log_in(client, n, PASSWORD)
    assert (status, answer["channel"]) == (202, "sms"), (name, status, answer)
    code = client.code(f"+1415555{3000 + n}")
    tokens = client.ok("/otp_verification", {"flow_token": answer["flow_token"], "otp": code})
    assert tokens["user"]["email"] == f"person{n}@example.com", name

database = sqlite3.connect(f"file:{folder}/doorward-data/doorward.db?mode=ro", uri=True)
deadline = time.monotonic() + 30
while old := database.execute("SELECT count(*) FROM users WHERE verifier LIKE '$legacy$%'").fetchone()[0]:
    assert time.monotonic() < deadline, f"{old} verifiers were not made anew"
    time.sleep(0.1)
for n, name in enumerate(HASHES):
    assert log_in(client, n, PASSWORD)[0] == 202, name
    assert log_in(client, n, "not the password")[0] == 401, name
print(f"interop: {len(HASHES)} kinds of hashes log in and are made anew")
