// New messages come by themselves, and a click on a code copies it.
const messages = document.querySelector("main");

async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const message of [...page.querySelectorAll("article")].reverse()) {
    if (!document.getElementById(message.id)) messages.prepend(message);
  }
  document.getElementById("none").hidden = messages.querySelector("article") !== null;
}

const events = new EventSource("inbox/events" + location.search);
events.onopen = refresh;
events.onmessage = refresh;

messages.addEventListener("click", async ({ target }) => {
  const code = target.closest("button.code");
  if (!code) return;
  await navigator.clipboard.writeText(code.textContent);
  code.classList.add("copied");
});
