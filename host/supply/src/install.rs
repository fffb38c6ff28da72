//! How a component gets into the depot.
//!
//! From outside to inside, and nothing of a stranger is compiled: the pinned digest, the format
//! and the interface, the signature, whether its publisher may ship that family. Then the code,
//! and what it says of itself against what was said about it. What is installed at the end is
//! what was looked at: the bytes are in memory from the first check to the last.

use super::depot::{Depot, DepotError};
use super::signature::Signature;
use super::state::{FamilyLimits, FamilyState, Generation, State};
use super::trust::TrustError;
use jiff::Timestamp;
use permesso_engine::family::{Family as _, Manifest};
use permesso_engine::model::InputPath;
use permesso_runtime::Digest;
use permesso_runtime::{Component, LoadError, Runtime, WasmFamily};
use std::collections::BTreeSet;

/// A component that wants in.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The component.
    pub component: Component,
    /// The file or the registry that it came from.
    pub source: String,
    /// Its signature.
    pub signature: Option<Signature>,
}

/// What the operator says about an installation.
#[derive(Debug, Clone, Default)]
pub struct InstallOptions {
    /// The digest that it has to have.
    pub pin: Option<Digest>,
    /// Takes it without a signature, although the trust file asks for one.
    pub allow_unsigned: bool,
    /// Takes it from another publisher than the one before.
    pub allow_other_publisher: bool,
    /// The inputs that it may see. Where nothing is said: all that it declares when it is first
    /// installed, and those that it had when it is replaced.
    pub grant: Option<BTreeSet<String>>,
    /// Lets it see all that it declares.
    pub grant_declared: bool,
    /// FamilyLimits of its own; where they say nothing, those that it had.
    pub limits: FamilyLimits,
}

/// What was installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The family.
    pub family: String,
    /// Its version.
    pub version: String,
    /// The component.
    pub digest: Digest,
    /// The number of the generation.
    pub generation: u32,
    /// Who answers for it.
    pub publisher: Option<String>,
    /// The version that answered before.
    pub replaced: Option<String>,
    /// What it may see.
    pub granted: Vec<String>,
    /// What it declares and may not see.
    pub withheld: Vec<String>,
    /// The permissions that it could lift where a tenant consents.
    pub floors: Vec<String>,
    /// Whether it was there already.
    pub unchanged: bool,
}

/// Why a component was not installed. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// Other bytes than asked for.
    #[error(
        "the component is {found} and not {pinned}: it is not the one that was asked for; fetch it again, or ask its publisher which one is right"
    )]
    Pin {
        /// What was asked for.
        pinned: Digest,
        /// What came.
        found: Digest,
    },
    /// Not trusted.
    #[error("the component is not trusted: {0}")]
    Trust(#[from] TrustError),
    /// No family for this host.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Signed as another family.
    #[error(
        "it was signed as the family `{signed}` and says that it is `{family}`; ask its publisher to sign what it is"
    )]
    OtherFamily {
        /// In the signature.
        signed: String,
        /// In the manifest.
        family: String,
    },
    /// Somebody else's family.
    #[error(
        "`{family}` came from {before} so far and this comes from {now}; if that is meant, install \
         it with --allow-other-publisher"
    )]
    OtherPublisher {
        /// Which.
        family: String,
        /// Who answered for it.
        before: String,
        /// Who does now.
        now: String,
    },
    /// More than was granted.
    #[error(
        "version {version} of `{family}` also wants to see {}; grant it with --grant, once for \
         each input that it may see, or with --grant-declared",
        list(inputs)
    )]
    MoreInputs {
        /// Which.
        family: String,
        /// Its version.
        version: String,
        /// What it was not granted.
        inputs: Vec<String>,
    },
    /// Something granted that nobody reads.
    #[error("`{family}` does not declare {}; it declares {}", list(unknown), list(declared))]
    UnknownInputs {
        /// Which.
        family: String,
        /// What was granted.
        unknown: Vec<String>,
        /// What it declares.
        declared: Vec<String>,
    },
    /// The depot.
    #[error(transparent)]
    Depot(#[from] DepotError),
}

/// A component that was looked at and found good.
struct Looked<'a> {
    family: &'a WasmFamily,
    candidate: &'a Candidate,
    publisher: Option<String>,
    now: Timestamp,
}

fn list(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

impl Depot {
    /// Installs a component, which from then on answers for its family.
    ///
    /// # Errors
    ///
    /// [`InstallError`] with what is wrong and what to do about it; nothing has changed then.
    pub fn install(
        &self,
        runtime: &Runtime,
        candidate: &Candidate,
        options: &InstallOptions,
        now: Timestamp,
    ) -> Result<Installed, InstallError> {
        let component = &candidate.component;
        let digest = component.digest();
        if let Some(pinned) = options.pin.filter(|pinned| *pinned != digest) {
            return Err(InstallError::Pin { pinned, found: digest });
        }
        runtime.inspect(component.bytes(), &candidate.source)?;
        let publisher = self.publisher(digest, candidate, options, now)?;
        let limits = options.limits.or(self.limits_before(candidate)?);
        let cache = self.cache().map_err(DepotError::from)?;
        let source = &candidate.source;
        let family = runtime.load_with(component, source, &limits.config(), Some(&cache))?;
        let manifest = family.manifest();
        if let Some(signature) = candidate.signature.as_ref()
            && signature.family != manifest.id
        {
            return Err(InstallError::OtherFamily {
                signed: signature.family.clone(),
                family: manifest.id.clone(),
            });
        }
        let looked = Looked { family: &family, candidate, publisher, now };
        let installed = self.change(|state| self.record(state, &looked, options));
        if installed.is_err() && !self.state()?.refers_to(digest) {
            // What cannot be removed only takes room.
            let _ = cache.forget(digest.bytes());
        }
        installed
    }

    /// Writes down that a component answers from now on.
    fn record(
        &self,
        state: &mut State,
        looked: &Looked<'_>,
        options: &InstallOptions,
    ) -> Result<Installed, InstallError> {
        let Looked { family, candidate, publisher, now } = looked;
        let digest = candidate.component.digest();
        let manifest = family.manifest();
        let before = state.families.get(&manifest.id);
        let current = before.and_then(FamilyState::generation);
        if let Some(current) = current
            && current.publisher != *publisher
            && !options.allow_other_publisher
        {
            let named = |id: Option<&String>| {
                id.map_or("nobody in particular".to_owned(), |id| format!("`{id}`"))
            };
            return Err(InstallError::OtherPublisher {
                family: manifest.id.clone(),
                before: named(current.publisher.as_ref()),
                now: named(publisher.as_ref()),
            });
        }
        let granted = granted(manifest, current, options)?;
        let withheld: BTreeSet<String> = declared(manifest).difference(&granted).cloned().collect();
        self.keep(&candidate.component)?;
        let replaced = current.map(|one| one.version.clone());
        let unchanged = current.is_some_and(|current| current.digest == digest);
        let this = state.families.entry(manifest.id.clone()).or_default();
        this.limits = options.limits.or(this.limits);
        let number = match unchanged {
            true => this.current,
            false => this.generations.iter().map(|one| one.number).max().unwrap_or(0) + 1,
        };
        // The same component may come again under a new signature.
        this.generations.retain(|one| one.number != number);
        this.generations.push(Generation {
            number,
            digest,
            size: candidate.component.bytes().len() as u64,
            version: manifest.version.clone(),
            interface: family.interface().to_string(),
            source: candidate.source.clone(),
            installed_at: *now,
            granted: granted.clone(),
            withheld: withheld.clone(),
            publisher: publisher.clone(),
            signature: candidate.signature.clone(),
        });
        this.generations.sort_by_key(|one| one.number);
        this.current = number;
        this.prune();
        Ok(Installed {
            family: manifest.id.clone(),
            version: manifest.version.clone(),
            digest,
            generation: number,
            publisher: publisher.clone(),
            replaced,
            withheld: withheld.into_iter().collect(),
            granted: granted.into_iter().collect(),
            floors: manifest.floors.clone(),
            unchanged,
        })
    }

    /// The limits of the family that it says it is; it may need them to start at all.
    fn limits_before(&self, candidate: &Candidate) -> Result<FamilyLimits, DepotError> {
        let state = self.state()?;
        let family = candidate.signature.as_ref().and_then(|one| state.families.get(&one.family));
        Ok(family.map(|family| family.limits).unwrap_or_default())
    }

    fn publisher(
        &self,
        digest: Digest,
        candidate: &Candidate,
        options: &InstallOptions,
        now: Timestamp,
    ) -> Result<Option<String>, TrustError> {
        let trust = self.trust()?;
        match trust.check(digest, candidate.signature.as_ref(), Some(now)) {
            // Only for what has no signature: a bad one is worse than none.
            Err(TrustError::Unsigned) if options.allow_unsigned => Ok(None),
            checked => checked,
        }
    }
}

/// What a family wants to see. Its own configuration is not asked about.
fn declared(manifest: &Manifest) -> BTreeSet<String> {
    let inputs = manifest.inputs.iter().map(|input| &input.path);
    let asked = inputs.filter(|path| !matches!(path, InputPath::Config(_)));
    asked.map(ToString::to_string).collect()
}

/// What it may see. A family that is replaced never comes to see more without anybody saying so.
fn granted(
    manifest: &Manifest,
    before: Option<&Generation>,
    options: &InstallOptions,
) -> Result<BTreeSet<String>, InstallError> {
    let declared = declared(manifest);
    let owned = |names: Vec<&String>| names.into_iter().cloned().collect::<Vec<_>>();
    match (&options.grant, before) {
        (Some(grant), _) => {
            let unknown = owned(grant.difference(&declared).collect());
            if unknown.is_empty() {
                return Ok(grant.clone());
            }
            let family = manifest.id.clone();
            Err(InstallError::UnknownInputs {
                family,
                unknown,
                declared: owned(declared.iter().collect()),
            })
        }
        (None, None) => Ok(declared),
        (None, Some(_)) if options.grant_declared => Ok(declared),
        (None, Some(before)) => {
            // What was withheld before stays withheld; only what is new has to be settled.
            let known: BTreeSet<String> = before.granted.union(&before.withheld).cloned().collect();
            let inputs = owned(declared.difference(&known).collect());
            if inputs.is_empty() {
                return Ok(declared.intersection(&before.granted).cloned().collect());
            }
            Err(InstallError::MoreInputs {
                family: manifest.id.clone(),
                version: manifest.version.clone(),
                inputs,
            })
        }
    }
}
