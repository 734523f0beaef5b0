// mdBook shows Mermaid as code; GitHub draws it by itself.
for (const code of document.querySelectorAll("code.language-mermaid")) {
  const diagram = document.createElement("pre");
  diagram.className = "mermaid";
  diagram.textContent = code.textContent;
  code.parentElement.replaceWith(diagram);
}
const isDark = /coal|navy|ayu/.test(document.documentElement.className);
mermaid.initialize({ deterministicIds: true, theme: isDark ? "dark" : "default" });
