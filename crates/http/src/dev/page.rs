use std::fmt::Write;

use super::{CapturedMessage, InboxFilter};

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Doorward inbox</title>
<link rel="stylesheet" href="inbox/page.css">
<script type="module" src="inbox/page.js"></script>
</head>
<body>
<h1>Inbox</h1>
<p class="hint">What Doorward would have sent, newest first. JSON: <code>/dev/inbox?format=json</code>; in a terminal: <code>doorward inbox tail</code></p>
"#;

/// The channels that the page can be narrowed to.
const CHANNELS: [&str; 4] = ["email", "sms", "whatsapp", "voice"];

/// The inbox as a page.
pub(super) fn render(messages: &[CapturedMessage], filter: &InboxFilter) -> String {
    let mut page = HEAD.to_owned();
    form(&mut page, filter);
    page.push_str("<main>\n");
    for message in messages {
        article(&mut page, message);
    }
    let hidden = if messages.is_empty() { "" } else { " hidden" };
    let _ = write!(
        page,
        "<p id=\"none\"{hidden}>Nothing yet. Register somebody, and the code shows up here.</p>\n\
         </main>\n</body>\n</html>\n"
    );
    page
}

// Writing to a string cannot fail, here and below.
fn form(page: &mut String, filter: &InboxFilter) {
    let to = escape(filter.to.as_deref().unwrap_or_default());
    let _ = write!(
        page,
        "<form>\n<input name=\"to\" value=\"{to}\" placeholder=\"address or number\" aria-label=\"address or number\">\n\
         <select name=\"channel\" aria-label=\"channel\">\n<option value=\"\">every channel</option>\n"
    );
    for channel in CHANNELS {
        let selected = if filter.channel.as_deref() == Some(channel) { " selected" } else { "" };
        let _ = writeln!(page, "<option{selected}>{channel}</option>");
    }
    page.push_str("</select>\n<button>Show</button>\n</form>\n");
}

fn article(page: &mut String, message: &CapturedMessage) {
    let [id, channel, to, at, body] =
        [&message.id, &message.channel, &message.to, &message.at, &message.body].map(|text| escape(text));
    let subject = message.subject.as_deref().map(|subject| format!("<h2>{}</h2>\n", escape(subject)));
    let code = message
        .code
        .as_deref()
        .map(|code| format!("<button class=\"code\" type=\"button\" title=\"copy\">{}</button>\n", escape(code)));
    let html = (message.channel == "email").then(|| {
        let frame = format!("<iframe sandbox loading=\"lazy\" title=\"HTML\" src=\"inbox/{id}/html\"></iframe>");
        format!("<details><summary>HTML</summary>{frame}</details>\n")
    });
    let _ = write!(
        page,
        "<article id=\"{id}\">\n\
         <header><span class=\"channel\">{channel}</span><strong>{to}</strong><time>{at}</time></header>\n\
         {}{}<pre>{body}</pre>\n{}</article>\n",
        subject.unwrap_or_default(),
        code.unwrap_or_default(),
        html.unwrap_or_default(),
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
