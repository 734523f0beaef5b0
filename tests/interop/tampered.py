"""Tokens that differ from a good one in one thing."""

import base64
import json


def decode(segment):
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def encode(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def tampered(token):
    head, payload, signature = token.split(".")
    header, claims = json.loads(decode(head)), json.loads(decode(payload))
    other = "A" if signature[0] != "A" else "B"
    return {
        "another user": f"{head}.{encode({**claims, 'sub': '00000000-0000-4000-8000-000000000000'})}.{signature}",
        "a longer life": f"{head}.{encode({**claims, 'exp': claims['exp'] + 3600})}.{signature}",
        "another signature": f"{head}.{payload}.{other}{signature[1:]}",
        "no signature": f"{encode({**header, 'alg': 'none'})}.{payload}.",
        "another key": f"{encode({**header, 'kid': 'unknown'})}.{payload}.{signature}",
    }
