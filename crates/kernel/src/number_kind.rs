/// The kind of a number by its numbering plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberKind {
    /// A mobile telephone.
    Mobile,
    /// A landline.
    FixedLine,
    /// Either, where the plan does not tell them apart.
    FixedLineOrMobile,
    /// A telephone over the internet.
    Voip,
    /// The plan does not say.
    Unknown,
    /// The callee pays.
    TollFree,
    /// The caller pays the callee.
    PremiumRate,
    /// Caller and callee share the cost.
    SharedCost,
    /// A number of a calling code that belongs to no country, as iNum (883) and freephone over borders (800).
    NoCountry,
    /// A satellite telephone.
    Satellite,
    /// A number that follows a person, at the caller's cost.
    Personal,
    /// A pager.
    Pager,
    /// A number of a whole company.
    CompanyWide,
    /// A voice mailbox.
    Voicemail,
}

impl NumberKind {
    /// Returns whether people get SMS there and nobody earns by it.
    pub const fn is_served(self) -> bool {
        match self {
            Self::Mobile | Self::FixedLine | Self::FixedLineOrMobile | Self::Voip | Self::Unknown => true,
            Self::TollFree
            | Self::PremiumRate
            | Self::SharedCost
            | Self::NoCountry
            | Self::Satellite
            | Self::Personal
            | Self::Pager
            | Self::CompanyWide
            | Self::Voicemail => false,
        }
    }
}
