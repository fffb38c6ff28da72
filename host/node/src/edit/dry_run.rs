//! What a dry run tried, with people in it: a node has none in memory, and who gains and who
//! loses by an edit can be told only where there are some.

use super::DryRun;
use crate::error::ChangeError;
use crate::follow::followed::Version;
use crate::node::Node;
use permesso_engine::compile::{Compiled, Definition, PeopleFrom, compile};
use permesso_engine::family::FamilySet;
use permesso_engine::load::Source;
use permesso_engine::model::{Directory, Tenant};

impl DryRun {
    /// The documents of the tenant as it is, without its directory.
    #[must_use]
    pub fn tenant_before(&self) -> &Tenant {
        &self.before.documents.tenant.value
    }

    /// The documents of the tenant as it would be, without its directory.
    #[must_use]
    pub fn tenant_after(&self) -> &Tenant {
        &self.after.documents.tenant.value
    }

    /// The tenant as it is and as it would be, with these people. Takes as long as compiling
    /// does.
    ///
    /// # Errors
    ///
    /// What is wrong with the documents.
    pub fn compile_with(
        &self,
        node: &Node,
        before: Directory,
        after: Directory,
    ) -> Result<(Compiled, Compiled), ChangeError> {
        self.compile_under(&node.components().families(), before, after)
    }

    /// The same under some families.
    pub(crate) fn compile_under(
        &self,
        families: &FamilySet,
        before: Directory,
        after: Directory,
    ) -> Result<(Compiled, Compiled), ChangeError> {
        let whole = |version: &Version, people: Directory| {
            compile(&Definition {
                catalog: &version.catalog,
                tenant: &version.documents.tenant,
                people: PeopleFrom::Directory(&Source::new("the directory", people)),
                families,
                revision: version.revision,
                // Some of the people may be left out, and with them what others refer to.
                lenient: true,
                before: version.compiled.as_deref(),
            })
        };
        Ok((whole(&self.before, before)?, whole(&self.after, after)?))
    }
}
