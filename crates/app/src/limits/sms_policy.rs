use doorward_kernel::{Country, PhoneChannel, PhoneChannels, PhoneNumber};

/// The countries and kinds of numbers SMS may go to, and their prices.
#[derive(Clone, Debug, Default)]
pub struct SmsPolicy {
    /// The countries; `None` means all.
    pub countries: Option<Vec<Country>>,
    /// The price of a message by each channel that is priced.
    pub prices: Vec<(PhoneChannel, PriceList)>,
}

/// The price of a message by country, in the smallest unit of a currency.
#[derive(Clone, Debug, Default)]
pub struct PriceList {
    /// The price to some countries.
    pub by_country: Vec<(Country, u32)>,
    /// The price to all others.
    pub elsewhere: u32,
}

impl SmsPolicy {
    /// Whether SMS are ever sent to the number: its country is served, and its kind gets SMS and earns nothing.
    pub fn allows(&self, number: &PhoneNumber) -> bool {
        self.serves(number.country()) && number.kind().is_served()
    }

    /// Whether SMS go to a country; to numbers of no country they go only where they go anywhere.
    pub(super) fn serves(&self, country: Option<Country>) -> bool {
        let is_listed = |served: &Vec<Country>| country.is_some_and(|country| served.contains(&country));
        self.countries.as_ref().is_none_or(is_listed)
    }

    /// What a message may cost: the price of the dearest of its channels.
    pub(super) fn price(&self, (number, channels): (&PhoneNumber, PhoneChannels)) -> u32 {
        let of_them = self.prices.iter().filter(|(channel, _)| channels.include(*channel));
        of_them.map(|(_, list)| list.to(number.country())).max().unwrap_or_default()
    }
}

impl PriceList {
    fn to(&self, country: Option<Country>) -> u32 {
        let listed = self.by_country.iter().find(|(listed, _)| country == Some(*listed));
        listed.map_or(self.elsewhere, |(_, price)| *price)
    }
}
