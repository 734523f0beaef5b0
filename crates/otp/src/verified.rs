use crate::Channel;

/// The channels by which earlier steps of a flow were verified, in their order.
///
/// The session at the end of the flow is as good as all of them together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified(Vec<Channel>);

impl Verified {
    /// The same with one more; a repetition is left out.
    #[must_use]
    pub fn and(mut self, channel: Channel) -> Self {
        if !self.contains(channel) {
            self.0.push(channel);
        }
        self
    }

    /// Returns whether a step was verified by that channel.
    pub fn contains(&self, channel: Channel) -> bool {
        self.0.contains(&channel)
    }

    /// The channels, the first one first.
    pub fn channels(&self) -> &[Channel] {
        &self.0
    }

    /// The form to store: names with blanks between.
    pub fn to_text(&self) -> String {
        self.0.iter().map(|channel| channel.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Reads the stored form; unknown names are left out.
    pub fn parse(text: &str) -> Self {
        text.split(' ').filter_map(Channel::parse).fold(Self::default(), Self::and)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stored_reads_back_in_order() {
        let verified = Verified::default().and(Channel::Sms).and(Channel::Password).and(Channel::Sms);

        assert_eq!(verified.to_text(), "sms password");
        assert_eq!(Verified::parse(&verified.to_text()), verified);
        assert_eq!(Verified::parse(""), Verified::default());
    }
}
