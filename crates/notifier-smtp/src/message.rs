use doorward_kernel::{EmailAddress, MessageId};
use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};

use crate::render::Mail;

/// Keeps vacation responders quiet (RFC 3834, section 5; the second header is Exchange's).
const QUIET: [(HeaderName, &str); 2] = [
    (HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated"),
    (HeaderName::new_from_ascii_str("X-Auto-Response-Suppress"), "All"),
];

/// Builds the mail; its headers are constants, parsed addresses and the encoded subject.
pub(crate) fn build(
    id: MessageId,
    from: &Mailbox,
    to: &EmailAddress,
    mail: Mail,
) -> Result<Message, Box<dyn std::error::Error + Send + Sync>> {
    let to: Address = to.as_str().parse()?;
    let mut builder = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(mail.subject)
        .message_id(Some(message_id(id, from)))
        .date_now();
    for (name, value) in QUIET {
        builder = builder.raw_header(HeaderValue::new(name, value.to_owned()));
    }
    Ok(builder.multipart(MultiPart::alternative_plain_html(mail.text, mail.html))?)
}

/// The `Message-ID`: the same at every try, so that a mail server can drop a repetition.
pub(crate) fn message_id(id: MessageId, from: &Mailbox) -> String {
    format!("<{id}@{}>", from.email.domain())
}
