//! A certificate authority of the bench's own, and binaries that trust it.
//!
//! A function trusts Amazon's roots and nothing else, and has no switch for another: a switch would ship. So the bench writes a copy
//! of the binary in which the text of one root is that of its own authority, padded to the same length.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The functions' trust store.
const AMAZON_ROOTS: &str = include_str!("../../../shared/src/runtime/amazon-roots.pem");
const END: &str = "-----END CERTIFICATE-----\n";

/// The authority, and the certificate that it has issued.
pub struct Authority {
    /// Its certificate as text, which clients trust.
    pub pem: String,
    /// What serves TLS on `localhost` under it.
    pub acceptor: TlsAcceptor,
}

impl Authority {
    /// A new authority. As with AWS's endpoints the keys are RSA of 2048 bits, and an intermediate authority issues the certificate.
    ///
    /// # Errors
    /// If no key can be made.
    pub fn new() -> Result<Self> {
        let (root_params, root_key) = certificate("bench root", true)?;
        let root = root_params.self_signed(&root_key)?;
        let root_issuer = Issuer::new(root_params, root_key);
        let (middle_params, middle_key) = certificate("bench", true)?;
        let middle = middle_params.signed_by(&middle_key, &root_issuer)?;
        let middle_issuer = Issuer::new(middle_params, middle_key);
        let (params, key) = certificate("localhost", false)?;
        let leaf = params.signed_by(&key, &middle_issuer)?;

        let chain = vec![CertificateDer::from(leaf), CertificateDer::from(middle)];
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
        Ok(Self { pem: root.pem(), acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    /// Writes a copy of the binary `from` to `to` that trusts this authority in place of one of Amazon's.
    ///
    /// # Errors
    /// If `from` does not hold Amazon's roots, or a file can't be read or written.
    pub fn trusted_copy(&self, from: &Path, to: &Path) -> Result<()> {
        let binary = fs::read(from).with_context(|| format!("{} can't be read", from.display()))?;
        let copy = self.replace(&binary)?.with_context(|| format!("{} does not hold Amazon's roots", from.display()))?;
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(to, copy)?;
        Ok(fs::set_permissions(to, fs::Permissions::from_mode(0o755))?)
    }

    /// `binary` with the first of Amazon's roots replaced; none if they are not there.
    fn replace(&self, binary: &[u8]) -> Result<Option<Vec<u8>>> {
        let (first, _) = AMAZON_ROOTS.split_once(END).context("no root")?;
        let replaced = first.len() + END.len();
        ensure!(self.pem.len() <= replaced, "the bench's certificate is longer than the one that it replaces");
        // Lines between two certificates are not read.
        let text = format!("{:\n<replaced$}", self.pem);

        let Some(place) = position(binary, AMAZON_ROOTS.as_bytes()) else { return Ok(None) };
        let mut copy = binary.to_vec();
        copy.splice(place..place + replaced, text.bytes());
        Ok(Some(copy))
    }
}

fn position(binary: &[u8], text: &[u8]) -> Option<usize> {
    let first = text.get(..32)?;
    (0..binary.len()).find(|&place| binary.get(place..).is_some_and(|rest| rest.starts_with(first) && rest.starts_with(text)))
}

fn certificate(name: &str, is_authority: bool) -> Result<(CertificateParams, KeyPair)> {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
    let mut params = CertificateParams::new(if is_authority { Vec::new() } else { vec![name.to_owned()] })?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    if is_authority {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    }
    Ok((params, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_has_the_same_length_and_another_root() {
        let authority = Authority::new().unwrap();
        let binary = [b"before".as_slice(), AMAZON_ROOTS.as_bytes(), b"after"].concat();

        let copy = authority.replace(&binary).unwrap().unwrap();

        assert_eq!(copy.len(), binary.len());
        assert!(copy.starts_with(format!("before{}\n", authority.pem.trim_end()).as_bytes()) && copy.ends_with(b"after"));
        let roots = |binary: &[u8]| String::from_utf8_lossy(binary).matches("BEGIN CERTIFICATE").count();
        assert_eq!(roots(&copy), roots(&binary));
    }

    #[test]
    fn a_binary_without_the_roots_is_refused() {
        assert!(Authority::new().unwrap().replace(b"binary").unwrap().is_none());
    }
}
