use std::fmt::Write;

use super::CapturedMessage;

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="3">
<title>Doorward inbox</title>
<style>
:root { color-scheme: light dark; --line: #8884; --accent: #0a7d5a; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin-bottom: 0; }
p.hint { margin-top: 0; opacity: .7; }
article { border: 1px solid var(--line); border-radius: .6rem; padding: 1rem; margin: 1rem 0; }
header { display: flex; gap: .6rem; flex-wrap: wrap; font-size: .85rem; opacity: .8; }
.channel { background: var(--accent); color: white; border-radius: .3rem; padding: 0 .5rem; }
.code { font: 700 1.8rem ui-monospace, monospace; letter-spacing: .15em; user-select: all; margin: .4rem 0; }
h2 { font-size: 1rem; margin: .6rem 0 .2rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: .4rem 0 0; }
</style>
</head>
<body>
<h1>Inbox</h1>
<p class="hint">Mail and SMS that Doorward would have sent, newest first. JSON: <code>/dev/inbox?format=json</code></p>
"#;

/// The inbox as a page that refreshes itself.
pub(super) fn render(messages: &[CapturedMessage]) -> String {
    let mut page = HEAD.to_owned();
    if messages.is_empty() {
        page.push_str("<p>Nothing yet. Register somebody, and the code shows up here.</p>\n");
    }
    for message in messages {
        article(&mut page, message);
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn article(page: &mut String, message: &CapturedMessage) {
    let [channel, to, at, body] = [&message.channel, &message.to, &message.at, &message.body].map(|text| escape(text));
    let subject = message.subject.as_deref().map(|subject| format!("<h2>{}</h2>\n", escape(subject)));
    let code = message.code.as_deref().map(|code| format!("<div class=\"code\">{}</div>\n", escape(code)));
    // Writing to a string cannot fail.
    let _ = write!(
        page,
        "<article>\n<header><span class=\"channel\">{channel}</span><strong>{to}</strong><time>{at}</time></header>\n\
         {}{}<pre>{body}</pre>\n</article>\n",
        subject.unwrap_or_default(),
        code.unwrap_or_default(),
    );
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}
