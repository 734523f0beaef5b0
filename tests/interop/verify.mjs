// jose, used as docs/verifying-tokens.md shows, takes a good token and no other.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";

const [url, token] = process.argv.slice(2);
const here = new URL("snippet.mjs", import.meta.url);
const code = readFileSync(here, "utf8").replace("https://login.example.com", url);
writeFileSync(here, code.replace("https://orders.example.com", url));
const { verify } = await import(here);

const [head, payload, signature] = token.split(".");
const decode = (segment) => JSON.parse(Buffer.from(segment, "base64url"));
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const header = decode(head);
const claims = decode(payload);
const tampered = {
  "another user": `${head}.${encode({ ...claims, sub: "00000000-0000-4000-8000-000000000000" })}.${signature}`,
  "a longer life": `${head}.${encode({ ...claims, exp: claims.exp + 3600 })}.${signature}`,
  "another signature": `${head}.${payload}.${signature[0] === "A" ? "B" : "A"}${signature.slice(1)}`,
  "no signature": `${encode({ ...header, alg: "none" })}.${payload}.`,
  "another key": `${encode({ ...header, kid: "unknown" })}.${payload}.${signature}`,
};

assert.equal((await verify(token)).sub, claims.sub);
for (const [name, hostile] of Object.entries(tampered)) {
  await assert.rejects(verify(hostile), `jose takes a token with ${name}`);
}
