//! `permesso assign`: one role of one user, in a line.
//!
//! Whatever the line is written to, the same happens: the user's roles as they are and as they
//! would be are compared, checked as any other edit is, and told. A folder's `people.yaml` is
//! edited where the role stands, and is otherwise left as somebody wrote it.

mod remote;
mod roles;
mod yaml;

use super::ask::folder;
use super::impact::text;
use super::stored::{operator, wait_for};
use super::{Components, Failure, Stored, compiled, now, written};
use clap::Args;
use permesso_engine::administration::{PREFIX, with_administration};
use permesso_engine::compile;
use permesso_engine::diagnostic::Diagnostics;
use permesso_engine::inspect::{Proposal, impact};
use permesso_engine::load::{self, Source};
use permesso_engine::model::{Directory, User};
use permesso_engine::suggest;
use permesso_folders::TenantFolder;
use permesso_node::operation::{SetRoles, check_assignable};
use permesso_node::{ChangeError, DocumentKind, Options, check_left, kept};
use permesso_store::{Location, Realm};
use roles::Wanted;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// A role of a user, and where the user is.
#[derive(Debug, Args)]
pub(super) struct Assign {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    components: Components,
    /// The tenant, in a store, on a server, or where the folder says another one
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// A user's id
    user: String,
    #[command(flatten)]
    wanted: Wanted,
    /// Only say what it would open and close
    #[arg(long)]
    dry_run: bool,
}

/// Where the user is: in a folder, on a running server, or else in a store.
#[derive(Debug, Args)]
struct Place {
    /// A folder with product.yaml, tenant.yaml and people.yaml, which is edited
    #[arg(long = "example", value_name = "DIR", conflicts_with = "server")]
    folder: Option<PathBuf>,
    /// A running server, such as https://permesso.example.com; the token of a key or a person is
    /// read from $PERMESSO_TOKEN
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The store: `sqlite:FILE` or `postgres://USER@HOST/DATABASE`
    #[arg(long, value_name = "URL", env = "PERMESSO_STORE")]
    store: Option<Location>,
}

impl Assign {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let Place { folder, server, store } = &self.place;
        match (folder, server, store) {
            (Some(path), ..) => self.in_folder(path)?,
            (None, Some(url), _) => {
                let tenant = self.tenant("on a server")?;
                wait_for(remote::assign(url, tenant, &self.user, &self.wanted, self.dry_run))?;
            }
            (None, None, Some(store)) => {
                let stored = Stored { store: store.clone() };
                wait_for(self.in_store(&stored))?;
            }
            (None, None, None) => {
                let text =
                    "error: say where the user is: --example DIR, --server URL or --store URL";
                return Err(Failure(text.to_owned()));
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn tenant(&self, place: &str) -> Result<&str, Failure> {
        let missing = || Failure(format!("error: {place} say which tenant: --tenant ID"));
        self.tenant.as_deref().ok_or_else(missing)
    }

    fn in_folder(&self, path: &Path) -> Result<(), Failure> {
        let point = self.components.build(&[path.to_owned()])?;
        let folder = folder(self.tenant.as_deref(), &point)?;
        let users = &folder.directory.value.users;
        let user = users.iter().find(|user| *user.id == self.user).ok_or_else(|| {
            let near = suggest(&self.user, users.iter().map(|user| user.id.as_str()));
            let near = near.map(|near| format!("; {near}")).unwrap_or_default();
            Failure(format!("error: `{}` has no user `{}`{near}", path.display(), self.user))
        })?;
        check_assignable(user)?;
        let Some(edit) = self.wanted.edit(user)? else { return unchanged(&self.user) };
        let file = path.join("people.yaml");
        let cannot =
            |error: io::Error| Failure(format!("error: cannot edit `{}`: {error}", file.display()));
        let text = fs::read_to_string(&file).map_err(cannot)?;
        let text = yaml::edited(&text, &folder.directory.value, user, &edit, &self.wanted)?;
        let mut edited = folder.clone();
        edited.directory = load::directory(&file.display().to_string(), &text)
            .map_err(|found| super::report::diagnostics(&found))?;
        let (before, after) = (compiled(&point, folder)?, point.compile(&edited)?);
        // A store has the administration in every catalog, and asks who is left to do it.
        let faults = |found: Diagnostics| super::report::diagnostics(&found);
        let source = folder.catalog.source();
        let mut permissions = source.value.permissions();
        let administered = match permissions.any(|(_, it)| it.id.starts_with(PREFIX)) {
            true => Arc::clone(&folder.catalog),
            false => {
                let own = Source::new(source.file.clone(), source.value.clone());
                compile::catalog(with_administration(own).map_err(faults)?)
            }
        };
        let compiled = |folder: &TenantFolder| {
            point.compile(&TenantFolder { catalog: Arc::clone(&administered), ..folder.clone() })
        };
        check_left(
            &folder.tenant.value,
            &administered.source().value,
            [&compiled(folder)?, &compiled(&edited)?],
            [&folder.directory.value, &edited.directory.value],
        )?;
        if self.dry_run {
            let proposal = Proposal {
                before: &before,
                after: &after,
                now: now(),
                acting: None,
                questions: &[],
                limit: SHOWN,
            };
            return told(&proposal);
        }
        replace(&file, &text).map_err(cannot)?;
        println!("{}", edit.told(&self.user));
        Ok(())
    }

    async fn in_store(&self, stored: &Stored) -> Result<(), Failure> {
        let node = stored.node(&self.components).await?;
        let realm = Realm::tenant(self.tenant("in a store")?);
        let realm = realm.map_err(|error| Failure(format!("error: {error}")))?;
        let look = node.look(&realm).await?;
        let view = look.view(&node);
        let user = view.user(&self.user).await?;
        let Some(edit) = self.wanted.edit(&user)? else { return unchanged(&self.user) };
        let revision = view.object(DocumentKind::User, &self.user).await?;
        let revision = revision.map(|object| object.revision);
        let operation = SetRoles { user: self.user.clone(), roles: edit.roles.clone() };
        let options = Options {
            dry_run: self.dry_run,
            // What was worked out from the roles as they are is not written over others.
            preconditions: vec![permesso_node::Precondition {
                kind: DocumentKind::User,
                id: self.user.clone(),
                revision,
            }],
            ..Options::default()
        };
        let done = node.perform(&realm, &operator(), &operation, &options).await;
        let done = done.map_err(refused)?;
        let Some(tried) = &done.tried else {
            println!("{}, with revision {}", edit.told(&self.user), done.revision);
            return Ok(());
        };
        let mut before = Directory { users: vec![user], delegations: Vec::new() };
        // Whoever acts for the user may then do otherwise, too.
        let users = [self.user.clone()];
        for one in node.store().directory(&realm, &users, &[]).await?.delegations {
            let delegation = view.delegation(&one.delegation.id).await?;
            for id in [&delegation.from, &delegation.to] {
                if !before.users.iter().any(|known| known.id == *id) {
                    before.users.push(view.user(id).await?);
                }
            }
            before.delegations.push(delegation);
        }
        let mut after = before.clone();
        let written = done.edited.iter().find(|edit| edit.kind == DocumentKind::User);
        let written = written.and_then(|edit| kept::read::<User>(edit.after.as_ref()?).ok());
        for user in after.users.iter_mut().filter(|user| *user.id == self.user) {
            if let Some(written) = &written {
                user.clone_from(written);
            }
        }
        let (before, after) = tried.compile_with(&node, before, after)?;
        told(&Proposal {
            before: &before,
            after: &after,
            now: now(),
            acting: None,
            questions: &[],
            limit: SHOWN,
        })
    }
}

/// Writes a file anew, so that whoever reads it reads the one or the other. Where it is a link the
/// file that it leads to is written, and who may read it stays as it was.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let file = fs::canonicalize(file)?;
    let beside = file.with_extension("yaml.new");
    // What somebody left there may be a link to something else.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut new = fs::File::create_new(&beside)?;
    let written = (|| {
        new.set_permissions(fs::metadata(&file)?.permissions())?;
        new.write_all(text.as_bytes())?;
        new.sync_all()?;
        fs::rename(&beside, &file)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// How many users are shown: one, and those who act for them.
const SHOWN: usize = 1_000;

fn told(proposal: &Proposal<'_>) -> Result<(), Failure> {
    let mut changes = impact(proposal)?;
    written(text::print(&mut io::stdout().lock(), &mut changes))
}

fn unchanged(user: &str) -> Result<(), Failure> {
    println!("nothing changes: `{user}` holds it so");
    Ok(())
}

fn refused(error: ChangeError) -> Failure {
    match error {
        ChangeError::Invalid(found) => super::report::diagnostics(&found),
        error => error.into(),
    }
}
