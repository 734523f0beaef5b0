"""Twilio's own library asks for SMS as the service does, and signs the reports that the service believes."""

import base64
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from twilio.request_validator import RequestValidator

program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
ACCOUNT, TOKEN, PHONE = "AC" + 32 * "5", 32 * "7", "+14155552671"
asked = []


class Api(http.server.BaseHTTPRequestHandler):
    """Takes every SMS."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        asked.append(dict(urllib.parse.parse_qsl(body, keep_blank_values=True)))
        answer = json.dumps({"sid": "SM" + 32 * "1", "status": "queued", "error_code": None}).encode()
        self.send_response(201)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


api = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=api.serve_forever, daemon=True).start()

settings = {
    "DATABASE__URL": f"sqlite://{folder}/doorward.db", "DATABASE__MIGRATE": "true",
    "KEYS__ROOT_SECRET": base64.b64encode(os.urandom(32)).decode(),
    "HTTP__LISTEN": "127.0.0.1:0", "HTTP__OPS_LISTEN": "127.0.0.1:0", "HTTP__PUBLIC_URL": "https://auth.example.com",
    "SMTP__URL": "smtp://127.0.0.1:1", "SMTP__FROM": "Doorward <no-reply@example.com>",
    "SMS__ALLOWED_COUNTRIES": '["US"]', "LOG__FORMAT": "json",
    "TWILIO__ACCOUNT_SID": ACCOUNT, "TWILIO__AUTH_TOKEN": TOKEN, "TWILIO__FROM": "+14155550100",
    "TWILIO__BASE_URL": f"http://127.0.0.1:{api.server_port}",
}
environment = {**os.environ, **{f"DOORWARD__{name}": value for name, value in settings.items()}}
person = {"email": "ada@example.com", "email_verified": True, "phone_number": PHONE, "phone_verified": True,
          "first_name": "Ada", "last_name": "Lovelace"}
(folder / "people.jsonl").write_text(json.dumps(person) + "\n")
subprocess.run([program, "migrate"], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
subprocess.run([program, "user", "import", "people.jsonl"], cwd=folder, env=environment, check=True,
               stdout=subprocess.DEVNULL)


def post(url, form, headers):
    data = urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(url, data, {"host": "auth.example.com", **headers})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


service = subprocess.Popen([program, "serve"], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
try:
    line = next(line for line in service.stdout if '"serving"' in line)
    threading.Thread(target=service.stdout.read, daemon=True).start()
    fields = json.loads(line)
    at = "http://" + (fields.get("http.listen") or fields["fields"]["http.listen"])

    assert post(f"{at}/login", {"phone_number": PHONE}, {}) == 202
    while not asked:
        time.sleep(0.05)
    callback = asked[0]["StatusCallback"]
    assert callback.startswith("https://auth.example.com/callbacks/twilio/"), callback
    assert asked[0]["To"] == PHONE, asked[0]

    report = {"AccountSid": ACCOUNT, "MessageSid": "SM" + 32 * "1", "SmsSid": "SM" + 32 * "1", "To": PHONE,
              "From": "+14155550100", "MessageStatus": "delivered", "SmsStatus": "delivered", "ApiVersion": "2010-04-01"}
    path = callback.removeprefix("https://auth.example.com")
    signed = RequestValidator(TOKEN).compute_signature(callback, report)
    assert post(at + path, report, {"x-twilio-signature": signed}) == 204
    assert post(at + path, {**report, "MessageStatus": "failed"}, {"x-twilio-signature": signed}) == 401
    of_another = RequestValidator("another token").compute_signature(callback, report)
    assert post(at + path, report, {"x-twilio-signature": of_another}) == 401
finally:
    service.kill()
    service.wait()
print("interop: Twilio's library signs reports that the service believes")
