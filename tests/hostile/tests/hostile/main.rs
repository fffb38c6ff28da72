//! Families that mean harm, one by one and all at once. Each test takes its
//! [`turn`](permesso_tests::turn).

mod meet;
mod soak;
