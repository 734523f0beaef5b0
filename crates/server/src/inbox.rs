//! The dev inbox as a notifier: messages are captured instead of sent.

use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use doorward_crypto::SystemClock;
use doorward_http::dev::{CapturedMessage, Inbox};
use doorward_kernel::{Clock, PhoneChannel};
use doorward_notifier::{Body, Envelope, Notifier, Receipt, Recipient, SendError, sms::SmsText, voice::CallText};
use doorward_notifier_smtp::{MailContext, render::mail};
use serde::{Deserialize, Serialize};

/// A message as the file has it, with the HTML of a mail.
#[derive(Deserialize, Serialize)]
struct Line {
    #[serde(flatten)]
    message: CapturedMessage,
    html: Option<String>,
}

/// Renders messages as the real notifiers do and keeps them, also over a restart.
pub(crate) struct InboxNotifier {
    inbox: Arc<Inbox>,
    file: Mutex<File>,
    context: MailContext,
    text: SmsText,
    call: CallText,
    clock: SystemClock,
}

impl InboxNotifier {
    /// Opens the inbox with what was captured before, in a file that only its owner can read.
    pub(crate) fn open(
        inbox: Arc<Inbox>,
        path: &Path,
        context: MailContext,
        (text, call): (SmsText, CallText),
    ) -> anyhow::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        for line in BufReader::new(&file).lines() {
            // A line that a crash cut short is no message.
            if let Ok(Line { message, html }) = serde_json::from_str(&line?) {
                inbox.push(message, html);
            }
        }
        Ok(Self { inbox, file: Mutex::new(file), context, text, call, clock: SystemClock::default() })
    }

    fn capture(&self, envelope: &Envelope) -> Result<Line, SendError> {
        let (channel, subject, body, html) = match &envelope.recipient {
            Recipient::Email(_) => {
                let mail = mail(envelope, &self.context).map_err(SendError::failed)?;
                ("email", Some(mail.subject), mail.text, Some(mail.html))
            }
            Recipient::Phone(_, channels) => {
                (channels.first().as_str(), None, self.words(envelope, channels.first())?, None)
            }
        };
        let code = match &envelope.body {
            Body::Code { code, .. } => Some(code.reveal().clone()),
            Body::Notice { .. } => None,
        };
        let message = CapturedMessage {
            id: envelope.id.to_string(),
            channel: channel.to_owned(),
            to: envelope.recipient.as_str().to_owned(),
            subject,
            body,
            code,
            at: self.clock.now().to_string(),
        };
        Ok(Line { message, html })
    }

    /// The words of a message to a telephone, as they come by that channel.
    fn words(&self, envelope: &Envelope, channel: PhoneChannel) -> Result<String, SendError> {
        let said = self.call.render(envelope).filter(|_| channel == PhoneChannel::Voice);
        said.map_or_else(|| self.text.render(envelope).map_err(SendError::failed), Ok)
    }

    fn write(&self, line: &Line) -> std::io::Result<()> {
        let mut line = serde_json::to_string(line)?;
        line.push('\n');
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes())
    }
}

#[async_trait]
impl Notifier for InboxNotifier {
    async fn send(&self, envelope: &Envelope) -> Result<Receipt, SendError> {
        let line = self.capture(envelope)?;
        self.write(&line).map_err(SendError::transient)?;
        self.inbox.push(line.message, line.html);
        Ok(Receipt::default())
    }
}
