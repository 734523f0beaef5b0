"""PyJWT, used as docs/verifying-tokens.md shows, takes a good token and no other."""

import importlib
import pathlib
import sys

FOLDER, URL, TOKEN = sys.argv[1:]
code = pathlib.Path(FOLDER, "snippet.py")
here = code.read_text().replace("https://login.example.com", URL).replace("https://orders.example.com", URL)
code.write_text(here)
sys.path.insert(0, FOLDER)
snippet = importlib.import_module("snippet")

import jwt  # noqa: E402
from tampered import tampered  # noqa: E402

claims = snippet.verify(TOKEN)
assert claims["iss"] == claims["aud"] == URL and claims["amr"] == ["sms"], claims
for name, token in tampered(TOKEN).items():
    try:
        snippet.verify(token)
    except jwt.PyJWTError:
        continue
    sys.exit(f"PyJWT takes a token with {name}")
