//! Components in registries, as the wasm working group of the CNCF lays them out: an OCI artifact
//! with a configuration `application/vnd.wasm.config.v0+json` and one layer `application/wasm`.
//! A signature goes along as an annotation of the manifest, so that it is found where the
//! component is and moves with it. Nothing that a registry says is believed: the layer is held
//! against its digest, and the digest against the signature.

use super::install::Candidate;
use super::signature::{Signature, SignatureError};
use bytes::Bytes;
use futures_util::stream;
use jiff::Timestamp;
use oci_client::Client;
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError;
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest};
use oci_client::secrets::RegistryAuth;
use permesso_runtime::{Component, Digest};
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::AsyncWrite;

const CONFIG: &str = "application/vnd.wasm.config.v0+json";
const LAYER: &str = "application/wasm";
const SIGNATURE: &str = "dev.permesso.signature";
const TITLE: &str = "org.opencontainers.image.title";
const VERSION: &str = "org.opencontainers.image.version";
const CHUNK: usize = 1 << 20;

/// Where a component is: `oci://registry/name:tag` or `oci://registry/name@sha256:…`.
#[derive(Debug, Clone)]
pub struct Reference(oci_client::Reference);

/// A registry that did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// No reference.
    #[error(
        "`{text}` is no reference ({detail}); write `oci://registry/name:tag` or `oci://registry/name@sha256:…`"
    )]
    Reference {
        /// What was given.
        text: String,
        /// Why not.
        detail: String,
    },
    /// The registry, or the way there.
    #[error("{reference}: {source}")]
    Transfer {
        /// What was asked for.
        reference: String,
        /// What came back.
        source: Box<OciDistributionError>,
    },
    /// Something else than a component.
    #[error("{reference} is no WebAssembly component: {problem}")]
    NotAComponent {
        /// What was asked for.
        reference: String,
        /// What is there.
        problem: String,
    },
    /// More bytes than are taken.
    #[error(
        "{reference} has {size} bytes and the limit is {limit}; raise the limit `component` if that is meant"
    )]
    TooLarge {
        /// What was asked for.
        reference: String,
        /// Bytes announced, or seen so far.
        size: u64,
        /// Bytes taken.
        limit: u64,
    },
    /// Other bytes than the manifest says.
    #[error(
        "{reference}: the registry sent {found} for {wanted}; it was tampered with or damaged on the way, fetch it again or from another registry"
    )]
    Tampered {
        /// What was asked for.
        reference: String,
        /// The digest in the manifest.
        wanted: String,
        /// The digest of what came.
        found: String,
    },
    /// The annotation is no signature.
    #[error("{reference}: {source}")]
    Signature {
        /// What was asked for.
        reference: String,
        /// Why not.
        source: SignatureError,
    },
    /// The component is not what the signature is of.
    #[error("no TLS can be had on this machine: {0}")]
    Tls(String),
}

/// Shown while bytes move.
pub trait Progress: fmt::Debug + Send + Sync {
    /// So many bytes are going to move.
    fn begin(&self, bytes: u64);
    /// So many more have.
    fn advance(&self, bytes: u64);
    /// All have.
    fn end(&self);
}

/// A client of registries.
pub struct Registry {
    plain: Client,
    secure: Client,
    auth: RegistryAuth,
    plain_http: bool,
}

impl FromStr for Reference {
    type Err = RegistryError;

    fn from_str(text: &str) -> Result<Self, RegistryError> {
        let fault = |detail: String| RegistryError::Reference { text: text.to_owned(), detail };
        let name = text.strip_prefix("oci://").ok_or_else(|| fault("no `oci://`".to_owned()))?;
        name.parse().map(Self).map_err(|error: oci_client::ParseError| fault(error.to_string()))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "oci://{}", self.0)
    }
}

impl Reference {
    /// Whether the registry is this machine, to which nobody can listen on the way.
    fn is_local(&self) -> bool {
        let registry = self.0.registry();
        let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
        matches!(host, "localhost" | "127.0.0.1" | "[::1]")
    }
}

impl Registry {
    /// A client. Registries are spoken to with TLS, except on this machine, and except where
    /// `plain_http` says that none need be.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Tls`].
    pub fn new(
        credentials: Option<(String, String)>,
        plain_http: bool,
    ) -> Result<Self, RegistryError> {
        // Already set where another client was made before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = |protocol| {
            Client::try_from(ClientConfig {
                protocol,
                connect_timeout: Some(Duration::from_secs(10)),
                read_timeout: Some(Duration::from_secs(60)),
                platform_resolver: None,
                ..ClientConfig::default()
            })
            .map_err(|error| RegistryError::Tls(error.to_string()))
        };
        let auth = credentials.map_or(RegistryAuth::Anonymous, |(user, password)| {
            RegistryAuth::Basic(user, password)
        });
        Ok(Self {
            plain: client(ClientProtocol::Http)?,
            secure: client(ClientProtocol::Https)?,
            auth,
            plain_http,
        })
    }

    fn client(&self, reference: &Reference) -> &Client {
        if self.plain_http || reference.is_local() { &self.plain } else { &self.secure }
    }

    /// Fetches a component of at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// [`RegistryError`]: whatever is not there, too large or not what it says it is.
    pub async fn pull(
        &self,
        reference: &Reference,
        limit: usize,
        progress: &dyn Progress,
    ) -> Result<Candidate, RegistryError> {
        let name = || reference.to_string();
        let transfer =
            |source| RegistryError::Transfer { reference: name(), source: Box::new(source) };
        let client = self.client(reference);
        let (manifest, digest) =
            client.pull_image_manifest(&reference.0, &self.auth).await.map_err(transfer)?;
        let layer = component_layer(&manifest)
            .map_err(|problem| RegistryError::NotAComponent { reference: name(), problem })?;
        let limit = limit as u64;
        let size = u64::try_from(layer.size).unwrap_or(u64::MAX);
        if size > limit {
            return Err(RegistryError::TooLarge { reference: name(), size, limit });
        }
        progress.begin(size);
        let mut sink = Sink { bytes: Vec::new(), limit: size, progress };
        let pulled = client.pull_blob(&reference.0, layer, &mut sink).await;
        progress.end();
        match pulled {
            Err(OciDistributionError::IoError(error))
                if error.kind() == io::ErrorKind::FileTooLarge =>
            {
                return Err(RegistryError::TooLarge {
                    reference: name(),
                    size: size + 1,
                    limit: size,
                });
            }
            Err(OciDistributionError::DigestError(
                oci_client::errors::DigestError::VerificationError { expected, actual },
            )) => {
                return Err(RegistryError::Tampered {
                    reference: name(),
                    wanted: expected,
                    found: actual,
                });
            }
            pulled => pulled.map_err(transfer)?,
        }
        // The client has looked as well; what the rest relies on is not left to it.
        let component = Component::new(sink.bytes);
        let found = component.digest().to_string();
        if found != layer.digest {
            let wanted = layer.digest.clone();
            return Err(RegistryError::Tampered { reference: name(), wanted, found });
        }
        let annotation = manifest.annotations.as_ref().and_then(|all| all.get(SIGNATURE));
        let signature = annotation
            .map(|text| Signature::parse(text))
            .transpose()
            .map_err(|source| RegistryError::Signature { reference: name(), source })?;
        let source =
            format!("oci://{}/{}@{digest}", reference.0.registry(), reference.0.repository());
        Ok(Candidate { component, signature, source })
    }

    /// Puts a component and its signature into a registry. Answers with the reference by digest.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Transfer`].
    pub async fn push(
        &self,
        reference: &Reference,
        component: Component,
        signature: Option<&Signature>,
        about: (&str, &str),
        created: Timestamp,
        progress: Arc<dyn Progress>,
    ) -> Result<String, RegistryError> {
        let transfer = |source| RegistryError::Transfer {
            reference: reference.to_string(),
            source: Box::new(source),
        };
        let client = self.client(reference);
        client.store_auth_if_needed(reference.0.resolve_registry(), &self.auth).await;
        client
            .auth(&reference.0, &self.auth, oci_client::RegistryOperation::Push)
            .await
            .map_err(transfer)?;
        let (digest, size) = (component.digest().to_string(), component.bytes().len());
        let config = serde_json::json!({
            "created": created.to_string(),
            "architecture": "wasm",
            "os": "wasip2",
            "layerDigests": [digest],
            "component": { "exports": ["permesso:family/family"], "imports": ["permesso:family/log"] },
        })
        .to_string();
        let descriptor = |media_type: &str, digest: &str, size: usize| OciDescriptor {
            media_type: media_type.to_owned(),
            digest: digest.to_owned(),
            size: i64::try_from(size).unwrap_or(i64::MAX),
            ..OciDescriptor::default()
        };
        let mut annotations = BTreeMap::from([
            (TITLE.to_owned(), about.0.to_owned()),
            (VERSION.to_owned(), about.1.to_owned()),
        ]);
        if let Some(signature) = signature {
            // Infallible: every field is a text.
            let text = serde_json::to_string(signature).unwrap_or_default();
            annotations.insert(SIGNATURE.to_owned(), text);
        }
        let manifest = OciImageManifest {
            media_type: Some(OCI_IMAGE_MEDIA_TYPE.to_owned()),
            config: descriptor(CONFIG, &Digest::of(config.as_bytes()).to_string(), config.len()),
            layers: vec![descriptor(LAYER, &digest, size)],
            annotations: Some(annotations),
            ..OciImageManifest::default()
        };
        let size = size as u64;
        progress.begin(size);
        let component = Bytes::from(component.into_bytes());
        let chunks = (0..component.len()).step_by(CHUNK).map({
            let (component, progress) = (component.clone(), Arc::clone(&progress));
            move |start| {
                let chunk = component.slice(start..component.len().min(start + CHUNK));
                progress.advance(chunk.len() as u64);
                Ok(chunk)
            }
        });
        let pushed =
            client.push_blob_stream(&reference.0, stream::iter(chunks), &digest, Some(size)).await;
        progress.end();
        pushed.map_err(transfer)?;
        client
            .push_blob(&reference.0, config.into_bytes(), &manifest.config.digest)
            .await
            .map_err(transfer)?;
        client.push_manifest(&reference.0, &manifest.into()).await.map_err(transfer)?;
        let digest =
            client.fetch_manifest_digest(&reference.0, &self.auth).await.map_err(transfer)?;
        Ok(format!("oci://{}/{}@{digest}", reference.0.registry(), reference.0.repository()))
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Credentials are nobody's business.
        f.debug_struct("Registry").field("plain_http", &self.plain_http).finish_non_exhaustive()
    }
}

/// The one layer that is the component.
fn component_layer(manifest: &OciImageManifest) -> Result<&OciDescriptor, String> {
    if manifest.config.media_type != CONFIG {
        return Err(format!(
            "its configuration is `{}`, not `{CONFIG}`",
            manifest.config.media_type
        ));
    }
    match manifest.layers.as_slice() {
        [layer] if layer.media_type == LAYER => Ok(layer),
        [layer] => Err(format!("its layer is `{}`, not `{LAYER}`", layer.media_type)),
        layers => Err(format!("it has {} layers, not one", layers.len())),
    }
}

/// Where a layer goes: into memory, and no more of it than was announced.
struct Sink<'p> {
    bytes: Vec<u8>,
    limit: u64,
    progress: &'p dyn Progress,
}

impl AsyncWrite for Sink<'_> {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        chunk: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if (this.bytes.len() + chunk.len()) as u64 > this.limit {
            return Poll::Ready(Err(io::ErrorKind::FileTooLarge.into()));
        }
        this.bytes.extend_from_slice(chunk);
        this.progress.advance(chunk.len() as u64);
        Poll::Ready(Ok(chunk.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
