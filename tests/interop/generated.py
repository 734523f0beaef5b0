"""Walks the flows with the client that openapi-python-client makes of the document."""

import sys

import httpx
from client import Client as Inbox

sys.path.insert(0, sys.argv[1])

from doorward_client import AuthenticatedClient, Client
from doorward_client.api.login import login, otp_verification
from doorward_client.api.profile import me
from doorward_client.api.registration import register, verify_email
from doorward_client.api.sessions import logout, token_refresh
from doorward_client.models import (
    Carrier, CodeRequest, Flow, InvalidProblem, LoginRequest, OtpIncorrectProblem, Problem, ProofRequest,
    RefreshRequest, Registered, RegisterRequest, Tokens, UnauthenticatedProblem, UserAnswer,
)

URL = sys.argv[2]
EMAIL, PHONE, PASSWORD = "mary@example.com", "+14155552681", "teal-otter-9-quarry-lamp"
inbox, client = Inbox(URL), Client(base_url=URL)


def person(email):
    return RegisterRequest(first_name="Mary", email=email, phone_number=PHONE, password=PASSWORD, carrier=Carrier.TOKEN)


def of(kind, answer):
    assert isinstance(answer, kind), answer
    return answer


refused = of(InvalidProblem, register.sync(client=client, body=person("mary")))
assert refused.errors[0].field == "email", refused
flow = of(Flow, register.sync(client=client, body=person(EMAIL)))
assert flow.next_ == "verify_email", flow
code = inbox.code(EMAIL)
wrong = CodeRequest(otp="000001" if code == "000000" else "000000", flow_token=flow.flow_token)
assert of(OtpIncorrectProblem, verify_email.sync(client=client, body=wrong)).attempts_left == 4
right = CodeRequest(otp=code, flow_token=flow.flow_token)
registered = of(Registered, verify_email.sync(client=client, body=right))

start = LoginRequest(phone_number=PHONE, flow_token=registered.flow_token, carrier=Carrier.TOKEN)
flow = of(Flow, login.sync(client=client, body=start))
proof = ProofRequest(otp=inbox.code(PHONE), flow_token=flow.flow_token)
tokens = of(Tokens, otp_verification.sync(client=client, body=proof))

session = AuthenticatedClient(base_url=URL, token=tokens.access_token)
account = of(UserAnswer, me.sync(client=session))
assert account.user.email == EMAIL and "sms" in account.user.factors, account
renewed = of(Tokens, token_refresh.sync(client=client, body=RefreshRequest(refresh_token=tokens.refresh_token)))
assert renewed.session_id == tokens.session_id
assert logout.sync_detailed(client=AuthenticatedClient(base_url=URL, token=renewed.access_token)).status_code == 204
of(UnauthenticatedProblem, me.sync(client=session))

# Tomorrow's service may answer what this client was not generated for.
later = {**flow.to_dict(), "next": "later", "channel": "pigeon"}
assert of(Flow, register._parse_response(client=client, response=httpx.Response(202, json=later))).channel == "pigeon"
problem = {"type": "https://example.com/later", "title": "Later", "status": 429, "code": "later", "request_id": "1"}
of(Problem, register._parse_response(client=client, response=httpx.Response(429, json=problem)))
print("interop: the client of openapi-python-client walks through the flows")
