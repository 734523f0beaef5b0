"""The example service of doorward-verifier serves the owner of a good token and nobody else."""

import sys
import urllib.error
import urllib.request

from tampered import tampered

URL, TOKEN = sys.argv[1:]


def status(token):
    request = urllib.request.Request(f"{URL}/orders", headers={"authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


assert status(TOKEN) == 200, status(TOKEN)
for name, token in tampered(TOKEN).items():
    assert status(token) == 401, f"{name}: {status(token)}"
