/// A way to a telephone: what a provider carries, and what a person chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneChannel {
    /// A text message.
    Sms,
    /// A message by WhatsApp.
    WhatsApp,
    /// A call that says the code.
    Voice,
}

/// The channels by which one message may go to a telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneChannels {
    /// That one alone.
    Only(PhoneChannel),
    /// WhatsApp, and SMS where that does not reach the recipient. Nobody has chosen WhatsApp then.
    WhatsAppOrSms,
}

impl PhoneChannel {
    /// Every channel.
    pub const ALL: &[Self] = &[Self::Sms, Self::WhatsApp, Self::Voice];

    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::WhatsApp => "whatsapp",
            Self::Voice => "voice",
        }
    }

    /// Reads a stable name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|channel| channel.as_str() == text)
    }
}

impl PhoneChannels {
    /// SMS alone.
    pub const SMS: Self = Self::Only(PhoneChannel::Sms);

    /// The channel that is tried first.
    pub const fn first(self) -> PhoneChannel {
        match self {
            Self::Only(channel) => channel,
            Self::WhatsAppOrSms => PhoneChannel::WhatsApp,
        }
    }

    /// Returns whether a message may go by that channel.
    pub fn include(self, channel: PhoneChannel) -> bool {
        match self {
            Self::Only(only) => channel == only,
            Self::WhatsAppOrSms => matches!(channel, PhoneChannel::WhatsApp | PhoneChannel::Sms),
        }
    }

    /// The same without that channel; `None` where no other is left.
    pub fn without(self, channel: PhoneChannel) -> Option<Self> {
        match (self, channel) {
            (Self::WhatsAppOrSms, PhoneChannel::WhatsApp) => Some(Self::SMS),
            (Self::WhatsAppOrSms, PhoneChannel::Sms) => Some(Self::Only(PhoneChannel::WhatsApp)),
            _ => (!self.include(channel)).then_some(self),
        }
    }

    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Only(channel) => channel.as_str(),
            Self::WhatsAppOrSms => "whatsapp_or_sms",
        }
    }

    /// Reads a stable name.
    pub fn parse(text: &str) -> Option<Self> {
        let both = (text == Self::WhatsAppOrSms.as_str()).then_some(Self::WhatsAppOrSms);
        both.or_else(|| PhoneChannel::parse(text).map(Self::Only))
    }
}
