use std::net::IpAddr;

use lettre::transport::smtp::extension::ClientId;

use crate::SmtpSettingsError;

/// Parses the client's EHLO name: a domain, or an address literal as in `[192.0.2.1]` (RFC 5321, section 4.1.1.1).
pub(crate) fn parse(text: &str) -> Result<ClientId, SmtpSettingsError> {
    if let Some(literal) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        return match literal.strip_prefix("IPv6:").unwrap_or(literal).parse() {
            Ok(IpAddr::V4(address)) => Ok(ClientId::Ipv4(address)),
            Ok(IpAddr::V6(address)) => Ok(ClientId::Ipv6(address)),
            Err(_) => Err(SmtpSettingsError::Hello),
        };
    }
    let is_label = |label: &str| {
        let is_inside = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (1..=63).contains(&label.len()) && is_inside && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_domain = text.len() <= 253 && text.split('.').all(is_label);
    if is_domain { Ok(ClientId::Domain(text.to_owned())) } else { Err(SmtpSettingsError::Hello) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_called_by_domain_or_address() {
        for (text, said) in [
            ("auth.example.com", "auth.example.com"),
            ("localhost", "localhost"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("[192.0.2.1]", "[192.0.2.1]"),
            ("[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]"),
            ("[2001:db8::1]", "[IPv6:2001:db8::1]"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), said);
        }
    }

    #[test]
    fn what_no_server_could_take_is_refused() {
        for text in ["", ".", "a..b", "-a.example", "a_b.example", "bücher.example", "a b", "a\r\nMAIL", "[192.0.2]"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
