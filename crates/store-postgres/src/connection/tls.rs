use std::{error::Error, path::PathBuf, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::TlsFiles;
use crate::PgSettingsError;

type Failure = Box<dyn Error + Send + Sync>;

/// TLS that trusts the system's certificates and those of the file, and shows the certificate that is ours.
pub(super) fn connector(files: &TlsFiles) -> Result<MakeRustlsConnect, PgSettingsError> {
    let config = roots(files.root.as_ref()).and_then(|roots| client_config(roots, files));
    Ok(MakeRustlsConnect::new(config.map_err(PgSettingsError::Certificates)?))
}

fn roots(file: Option<&PathBuf>) -> Result<RootCertStore, Failure> {
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

fn client_config(roots: RootCertStore, files: &TlsFiles) -> Result<ClientConfig, Failure> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = config.with_root_certificates(roots);
    Ok(match &files.client {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = CertificateDer::pem_file_iter(certificate)?.collect::<Result<_, _>>()?;
            config.with_client_auth_cert(chain, PrivateKeyDer::from_pem_file(key)?)?
        }
    })
}
