use std::io::{self, Write};

/// Prints the OpenAPI document.
pub fn openapi() -> anyhow::Result<()> {
    Ok(writeln!(io::stdout(), "{}", doorward_http::openapi_json()?)?)
}
