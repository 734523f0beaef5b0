// Walks the flows with openapi-fetch over the types that openapi-typescript makes of the document.
import createClient from "openapi-fetch";
import type { components, paths } from "./doorward.js";

declare const process: { argv: string[] };

type Tokens = components["schemas"]["Tokens"];

const url = process.argv[2] ?? "";
const api = createClient<paths>({ baseUrl: url });
const EMAIL = "grace@example.com";
const PHONE = "+14155552680";
const PASSWORD = "teal-otter-9-quarry-lamp";

async function code(to: string): Promise<string> {
  const query = new URLSearchParams({ format: "json", wait: "10s", to });
  const messages = (await (await fetch(`${url}/dev/inbox?${query}`)).json()) as { code: string | null }[];
  return messages.find((message) => message.code)?.code ?? "";
}

/** What a good answer holds. */
function good<T>({ data, error }: { data?: T; error?: unknown }): T {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

function expect(condition: boolean, what: unknown): asserts condition {
  if (!condition) throw new Error(JSON.stringify(what));
}

async function login(flow_token: string | null): Promise<Tokens> {
  const body = { phone_number: PHONE, flow_token, carrier: "token" as const };
  const flow = good(await api.POST("/login", { body }));
  expect("flow_token" in flow && flow.next === "otp_verification", flow);
  const otp = await code(PHONE);
  const answer = good(await api.POST("/otp_verification", { body: { otp, flow_token: flow.flow_token } }));
  expect("access_token" in answer, answer);
  return answer;
}

const person = { first_name: "Grace", email: EMAIL, phone_number: PHONE, password: PASSWORD, carrier: "token" as const };
const refused = (await api.POST("/register", { body: { ...person, email: "grace" } })).error;
expect(refused?.code === "invalid", refused);
expect(refused.errors?.[0]?.field === "email", refused);

const flow = good(await api.POST("/register", { body: person }));
const otp = await code(EMAIL);
const wrong = await api.POST("/verify_email", { body: { otp: otp === "000000" ? "000001" : "000000", flow_token: flow.flow_token } });
expect(wrong.error?.code === "otp_incorrect", wrong.error);
expect(wrong.error.attempts_left === 4, wrong.error);
const registered = good(await api.POST("/verify_email", { body: { otp, flow_token: flow.flow_token } }));
expect("flow_token" in registered, registered);

const tokens = await login(registered.flow_token);
const headers = { authorization: `Bearer ${tokens.access_token}` };
const me = good(await api.GET("/me", { headers }));
expect(me.user.email === EMAIL && me.user.factors.includes("sms"), me);
const renewed = good(await api.POST("/token/refresh", { body: { refresh_token: tokens.refresh_token } }));
expect(renewed.session_id === tokens.session_id, renewed);
const left = await api.POST("/logout", { headers: { authorization: `Bearer ${renewed.access_token}` } });
expect(left.response.status === 204, left.error);
const gone = await api.GET("/me", { headers });
expect(gone.error?.code === "unauthenticated", gone.error);
console.log("interop: the client of openapi-typescript compiles and walks through the flows");
