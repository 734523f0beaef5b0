use url::Url;

/// The origin of pages, as browsers and web views write it: `https://app.example.com`, `capacitor://localhost`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

/// Why a text is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an origin like https://app.example.com or capacitor://localhost, without a path")]
pub struct OriginError;

impl Origin {
    /// Parses a scheme, a host and perhaps a port; case, a `/` at the end and a default port do not matter.
    ///
    /// Beside web pages, the pages of hybrid apps and extensions have origins: `ionic://localhost`,
    /// `chrome-extension://…`. Of schemes without a host browsers send `null`, which nobody is listed by.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let url = Url::parse(text).map_err(|_| OriginError)?;
        let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        // A pattern would be taken for a host name that nobody has.
        let host = url.host_str().filter(|host| !host.is_empty() && !host.contains('*')).ok_or(OriginError)?;
        if !is_bare || !is_anonymous || url.scheme() == "file" {
            return Err(OriginError);
        }
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Ok(Self(format!("{}://{}{port}", url.scheme(), host.to_ascii_lowercase())))
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
            ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
            ("capacitor://localhost", "capacitor://localhost"),
            ("ionic://localhost/", "ionic://localhost"),
            ("tauri://localhost", "tauri://localhost"),
            ("app://Obsidian.md", "app://obsidian.md"),
            (
                "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb",
                "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb",
            ),
            (
                "moz-extension://7f0c2a58-1b0e-4bd1-9a55-1d2f3c4b5a69",
                "moz-extension://7f0c2a58-1b0e-4bd1-9a55-1d2f3c4b5a69",
            ),
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
            "capacitor://*",
            "capacitor://",
            "capacitor:localhost",
            "capacitor://localhost/path",
            "https://a.example/path",
            "https://a.example?x",
            "https://user@a.example",
            "file:///etc",
            "file://host",
            "about:blank",
            "javascript:alert(1)",
            "data:,x",
        ] {
            assert_eq!(Origin::parse(text), Err(OriginError), "{text}");
        }
    }
}
