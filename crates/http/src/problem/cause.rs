use std::error::Error;

use actix_web::http::StatusCode;

/// Logs why a request was answered with a status of ours, once; clients are told nothing of it.
pub(crate) fn log_cause(status: StatusCode, error: &dyn Error) {
    if status.is_server_error() {
        tracing::error!(http.response.status_code = status.as_u16(), error = chain(error), "a request failed");
    }
}

/// The error and all its sources, with colons between.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use doorward_kernel::StoreError;

    use super::*;
    use crate::Problem;

    #[test]
    fn the_whole_chain_of_causes_is_told() {
        let problem = Problem::from(StoreError::failed("no such table"));

        assert_eq!(chain(&problem), "internal: the store failed: no such table");
    }
}
