//! Whether somebody may look at something: reading is decided like everything else, and leaves
//! no record.

use crate::caller::Caller;
use crate::edit::authority;
use crate::error::ChangeError;
use crate::node::Node;
use permesso_store::Realm;

impl Node {
    /// Whether the caller holds a permission in a tenant, whatever it is about. Of the platform
    /// it is asked whether they are a key of the platform.
    ///
    /// # Errors
    ///
    /// [`ChangeError::Denied`] where they do not, [`ChangeError::NoTenant`], where what is known
    /// is too old to say, and those of what the decision turns on.
    pub async fn may(
        &self,
        realm: &Realm,
        caller: &Caller,
        permission: &str,
    ) -> Result<(), ChangeError> {
        self.is_current_realm(realm)?;
        let look = self.look(realm).await?;
        authority::holds(self, &look.view(self), caller, permission).await
    }
}
