use std::{error::Error, path::PathBuf, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::PgSettingsError;

/// TLS that trusts the system's certificates and those of the file.
pub(super) fn connector(root: Option<&PathBuf>) -> Result<MakeRustlsConnect, PgSettingsError> {
    let config = roots(root).and_then(client_config).map_err(PgSettingsError::Certificates)?;
    Ok(MakeRustlsConnect::new(config))
}

fn roots(file: Option<&PathBuf>) -> Result<RootCertStore, Box<dyn Error + Send + Sync>> {
    let mut roots = RootCertStore::empty();
    // A certificate of the system that nobody can read must not keep the others from use.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = file {
        for certificate in CertificateDer::pem_file_iter(file)? {
            roots.add(certificate?)?;
        }
    }
    if roots.is_empty() { Err("there are none".into()) } else { Ok(roots) }
}

fn client_config(roots: RootCertStore) -> Result<ClientConfig, Box<dyn Error + Send + Sync>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}
