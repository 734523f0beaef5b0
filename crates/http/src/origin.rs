use url::Url;

/// The origin of web pages, as browsers write it: `https://app.example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

/// Why a text is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an origin like https://app.example.com, without a path")]
pub struct OriginError;

impl Origin {
    /// Parses `http://` or `https://`, a host and perhaps a port; case and a default port do not matter.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let url = Url::parse(text).map_err(|_| OriginError)?;
        let origin = url.origin().ascii_serialization();
        // A pattern would be taken for a host name that nobody has.
        let is_web = matches!(url.scheme(), "http" | "https") && !origin.contains('*');
        let is_bare = url.path() == "/" && url.as_str().len() <= origin.len() + 1;
        if is_web && is_bare { Ok(Self(origin)) } else { Err(OriginError) }
    }

    /// The origin, to compare with a header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_the_form_browsers_send() {
        for (text, origin) in [
            ("https://app.example.com", "https://app.example.com"),
            ("https://App.Example.com:443/", "https://app.example.com"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(Origin::parse(text).unwrap().as_str(), origin);
        }
    }

    #[test]
    fn what_no_page_has_as_its_origin_is_refused() {
        for text in [
            "",
            "null",
            "*",
            "app.example.com",
            "https://*",
            "https://a.example/path",
            "https://a.example?x",
            "https://user@a.example",
            "file:///etc",
            "data:,x",
        ] {
            assert_eq!(Origin::parse(text), Err(OriginError), "{text}");
        }
    }
}
