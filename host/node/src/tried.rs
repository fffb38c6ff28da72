//! What a dry run tried, with people in it: a node has none in memory, and who gains and who
//! loses by an edit can be told only where there are some.

use crate::change::Tried;
use crate::error::ChangeError;
use crate::node::Node;
use crate::tenant::State;
use permesso_engine::compile::{Compiled, Definition, compile};
use permesso_engine::load::Source;
use permesso_engine::model::{Directory, Tenant};

impl Tried {
    /// The documents of the tenant as it is, without its directory.
    #[must_use]
    pub fn tenant_before(&self) -> &Tenant {
        &self.before.tenant.value
    }

    /// The documents of the tenant as it would be, without its directory.
    #[must_use]
    pub fn tenant_after(&self) -> &Tenant {
        &self.after.tenant.value
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
        let families = node.components().families();
        let whole = |state: &State, people: Directory| {
            compile(&Definition {
                catalog: &state.catalog,
                tenant: &state.tenant,
                directory: &Source::new("the directory", people),
                families: &families,
                revision: state.revision,
                // Some of the people may be left out, and with them what others refer to.
                lenient: true,
            })
        };
        Ok((whole(&self.before, before)?, whole(&self.after, after)?))
    }
}
