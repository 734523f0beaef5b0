"use strict";

// The page shows what the service says of itself: nothing of a call is written here.
const base = location.pathname.replace(/\/docs$/, "");
const KEPT = ["flow_token", "access_token", "refresh_token", "device_token"];
const FIRST = ["registration", "login", "flows", "profile"];
const kept = {};

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function keep(answer) {
  for (const name of KEPT) {
    if (typeof answer?.[name] === "string") kept[name] = answer[name];
  }
  const names = Object.keys(kept);
  document.getElementById("held").textContent = names.length ? `Kept, and filled in where a call leaves it open: ${names.join(", ")}` : "";
}

function resolve(api, schema) {
  return schema?.$ref ? api.components.schemas[schema.$ref.split("/").pop()] : schema;
}

function typeOf(schema) {
  const names = [schema.type ?? "object"].flat().filter((name) => name !== "null");
  return [...names, schema.format ?? ""].filter(Boolean).join(", ");
}

// The fields that a call asks for, each with an example where the document has one.
function draft(schema) {
  const body = {};
  for (const [name, field] of Object.entries(schema?.properties ?? {})) {
    if (name === "carrier") body[name] = "token";
    else if (name === "flow_token" || schema.required?.includes(name)) body[name] = field.example ?? "";
  }
  return body;
}

function fields(schema) {
  const rows = Object.entries(schema?.properties ?? {}).map(([name, field]) => {
    const needed = schema.required?.includes(name) ? " *" : "";
    return make("tr", {}, make("td", {}, make("code", { textContent: name + needed })),
      make("td", { textContent: typeOf(field) }), make("td", { textContent: field.description ?? "" }));
  });
  return rows.length ? make("div", { className: "table" }, make("table", {}, ...rows)) : "";
}

function answers(api, operation) {
  const rows = Object.entries(operation.responses).map(([status, answer]) => {
    const { description } = answer.$ref ? api.components.responses[answer.$ref.split("/").pop()] : answer;
    return make("tr", {}, make("td", {}, make("code", { textContent: status })), make("td", { textContent: description }));
  });
  return make("div", { className: "table" }, make("table", {}, ...rows));
}

async function send(method, path, inputs, text, secured) {
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(inputs[name].value));
  const request = { method, credentials: "omit", headers: {} };
  if (secured && kept.access_token) request.headers.authorization = `Bearer ${kept.access_token}`;
  if (text) {
    const body = JSON.parse(text.value);
    for (const name of KEPT) {
      const isOpen = body[name] === "" || String(body[name] ?? "").endsWith("…");
      if (isOpen && kept[name]) body[name] = kept[name];
    }
    request.headers["content-type"] = "application/json";
    request.body = JSON.stringify(body);
  }
  const response = await fetch(base + filled, request);
  const answer = await response.text();
  return { response, answer };
}

function show(output, good, text) {
  output.className = good ? "good" : "bad";
  output.replaceChildren(make("pre", { textContent: text }));
}

function tryIt(method, path, operation, schema) {
  const inputs = {};
  const form = make("form", {});
  for (const { name } of (operation.parameters ?? []).filter((parameter) => parameter.in === "path")) {
    inputs[name] = make("input", { required: true });
    form.append(make("label", {}, name, inputs[name]));
  }
  const text = schema ? make("textarea", { rows: 8, spellcheck: false }) : null;
  if (text) {
    text.value = JSON.stringify(draft(schema), null, 2);
    form.append(make("label", {}, "Body, as JSON", text));
  }
  const output = make("output", {});
  form.append(make("button", { textContent: "Send" }), output);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const { response, answer } = await send(method, path, inputs, text, operation.security?.length);
      let shown = answer;
      try {
        const parsed = JSON.parse(answer);
        keep(parsed);
        shown = JSON.stringify(parsed, null, 2);
      } catch { /* Not every answer is JSON. */ }
      show(output, response.ok, `${response.status}\n${shown}`);
    } catch (error) {
      show(output, false, String(error));
    }
  });
  return form;
}

function call(api, method, path, operation) {
  const content = operation.requestBody?.content?.["application/json"];
  const schema = resolve(api, content?.schema);
  const described = (operation.description ?? "").split("\n\n").filter(Boolean);
  return make("details", {},
    make("summary", {}, make("b", { textContent: method.toUpperCase() }), " ", make("code", { textContent: path }), " ",
      make("span", { textContent: operation.summary ?? "" })),
    make("div", {}, ...described.map((text) => make("p", { textContent: text })), fields(schema),
      make("h3", { textContent: "Answers" }), answers(api, operation), make("h3", { textContent: "Try it" }),
      tryIt(method.toUpperCase(), path, operation, schema)));
}

async function start() {
  const api = await (await fetch(`${base}/openapi.json`)).json();
  const groups = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? "other";
      groups.set(tag, [...(groups.get(tag) ?? []), call(api, method, path, operation)]);
    }
  }
  const main = document.getElementById("calls");
  const rank = ([tag]) => (FIRST.includes(tag) ? FIRST.indexOf(tag) : FIRST.length);
  for (const [tag, calls] of [...groups].sort((one, other) => rank(one) - rank(other))) main.append(make("h2", { textContent: tag }), ...calls);
}

start().catch((error) => { document.getElementById("calls").textContent = String(error); });
