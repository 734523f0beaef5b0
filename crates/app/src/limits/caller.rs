use std::net::{IpAddr, Ipv4Addr};

use doorward_kernel::Secret;

/// The caller, as the limits see it.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The address behind trusted proxies.
    pub address: IpAddr,
    /// The device token that came along; it verifies nothing until an account knows it.
    pub device: Option<Secret<String>>,
    /// Its answer to a puzzle, which lets it through limits of an elevated threat level.
    pub answer: Option<String>,
}

impl Caller {
    /// A caller that no account knows.
    pub const fn at(address: IpAddr) -> Self {
        Self { address, device: None, answer: None }
    }
}

impl Default for Caller {
    /// From nowhere: all such calls share their buckets.
    fn default() -> Self {
        Self::at(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    }
}
