use doorward_kernel::{Secret, Timestamp};
use doorward_notifier::{Body, Content, Envelope, Message, Recipient};
use doorward_otp::{Digits, Target};

use super::Delivery;
use crate::messages;

impl Delivery {
    /// The message ready to be sent; `None` when the key of its code is not known.
    pub(super) fn envelope(&self, message: &Message, now: Timestamp) -> Option<Envelope> {
        let body = match &message.content {
            Content::Notice { template, detail, undo } => Body::Notice {
                template: *template,
                detail: detail.clone(),
                undo: undo.map(|change| self.undo_tokens.undo_token(change)),
            },
            Content::Decoy { .. } => return None,
            Content::Code { template, code } => {
                let target = match &message.recipient {
                    Recipient::Email(email) => Target::Email(email.clone()),
                    Recipient::Phone(number, _) => Target::Phone(number.clone()),
                };
                let purpose = messages::purpose_of(*template);
                let digits = Digits::new(code.digits)?;
                let digits = self.keys.code_of(code.epoch, code.challenge, purpose, &target, digits)?;
                let code = Secret::new(digits.reveal().to_owned());
                Body::Code { template: *template, code, remaining: message.expires_at.since(now) }
            }
        };
        Some(Envelope {
            id: message.id,
            recipient: message.recipient.clone(),
            locale: message.locale,
            body,
            expires_at: message.expires_at,
            report_token: self.report_tokens.report_token(message.id),
        })
    }
}
