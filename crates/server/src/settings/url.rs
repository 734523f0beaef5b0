use doorward_kernel::is_loopback;
use url::Url;

/// Whether what goes to the URL cannot be read or changed on its way.
pub(super) fn is_safe(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && url.host_str().is_some_and(is_loopback))
}
