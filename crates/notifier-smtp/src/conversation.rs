use lettre::{
    Message,
    transport::smtp::{
        Error,
        client::AsyncSmtpConnection,
        commands::{Data, Mail, Rcpt},
        extension::{Extension, MailBodyParameter, MailParameter},
    },
};

use crate::{SmtpError, Stage};

/// Hands one mail over, step by step, as a refusal means something else at each of them.
///
/// lettre's own `send` does the same and does not tell where it was refused.
pub(crate) async fn hand_over(connection: &mut AsyncSmtpConnection, message: &Message) -> Result<(), SmtpError> {
    let handed_over = converse(connection, message).await;
    if handed_over.is_err() {
        connection.abort().await;
    }
    handed_over
}

async fn converse(connection: &mut AsyncSmtpConnection, message: &Message) -> Result<(), SmtpError> {
    let at = |stage: Stage| move |error: Error| SmtpError::at(stage, error);
    let (envelope, bytes) = (message.envelope(), message.formatted());
    let mut parameters = Vec::new();
    if envelope.to().iter().chain(envelope.from()).any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(SmtpError::AsciiOnly);
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !bytes.is_ascii() {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    connection.command(Mail::new(envelope.from().cloned(), parameters)).await.map_err(at(Stage::Sender))?;
    for recipient in envelope.to() {
        connection.command(Rcpt::new(recipient.clone(), Vec::new())).await.map_err(at(Stage::Recipient))?;
    }
    connection.command(Data).await.map_err(at(Stage::Content))?;
    connection.message(&bytes).await.map(drop).map_err(at(Stage::Content))
}
