"""pyotp shows codes that the service takes, and takes the codes that we show."""

import subprocess
import sys
import time

import pyotp

from client import Client

url, codes = sys.argv[1:]
lines = subprocess.run([codes], check=True, capture_output=True, text=True).stdout.splitlines()
for seed, step, code in (line.split() for line in lines):
    assert pyotp.TOTP(seed).at(int(step) * 30) == code, (seed, step)
assert len(lines) == 120

EMAIL, PHONE, PASSWORD = "pia@example.com", "+14155552690", "teal-otter-9-quarry-lamp"
client = Client(url)
token = client.member(EMAIL, PHONE, PASSWORD)
setup = client.ok("/totp", {}, token)
app = pyotp.parse_uri(setup["otpauth_url"])
assert (app.secret, app.name, app.issuer) == (setup["secret"], EMAIL, "Doorward"), setup["otpauth_url"]
if time.time() % 30 > 20:
    time.sleep(30 - time.time() % 30)
before, now = app.at(time.time() - 30), app.now()
# The session has proved the number alone; with the password along the app counts at once.
recovery = client.ok("/totp/confirm", {"otp": before, "password": PASSWORD}, token)["recovery_codes"]
assert len(recovery) == 10

flow = client.ok("/login", {"email": EMAIL, "password": PASSWORD})
assert (flow["next"], flow["channel"]) == ("otp_verification", "totp"), flow
answer = client.call("/otp_verification", {"flow_token": flow["flow_token"], "otp": before})
assert answer[0] == 401, "a code is good once"
tokens = client.ok("/otp_verification", {"flow_token": flow["flow_token"], "otp": now})
assert tokens["user"]["factors"] == ["password", "sms", "totp"], tokens["user"]
print("interop: pyotp and the service take each other's codes")
