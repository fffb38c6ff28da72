//! The same tests on each kind of store: what the administration promises does not depend on it.

use super::Server;
use permesso_cluster::Cluster;
use permesso_node::NodeConfig;
use permesso_store::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Runs tests on both stores. Each takes a server of its own with the tenant `acme`.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(
                #[test]
                fn $test() {
                    $crate::support::on_sqlite(super::$test);
                }
            )+
        }

        // One after the other, so that one cluster is started for all.
        #[test]
        fn it_is_the_same_on_postgresql() {
            let Some(cluster) = $crate::support::cluster() else { return };
            $(
                println!(stringify!($test));
                $crate::support::on_postgresql(&cluster, $test);
            )+
        }
    };
}
pub(crate) use on_both;

fn run<W: Future<Output = ()>>(work: W) {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build().unwrap().block_on(work);
}

/// Runs a test on a file.
pub fn on_sqlite<W: Future<Output = ()>>(test: impl FnOnce(Server) -> W) {
    run(async { test(Server::acme().await).await });
}

/// Runs a test on a database of its own.
pub fn on_postgresql<W: Future<Output = ()>>(cluster: &Cluster, test: impl FnOnce(Server) -> W) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("admin{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let location = Location::Postgres(cluster.database(&name).unwrap());
    run(async {
        let server = Server::start_on(&location, None, NodeConfig::default()).await;
        test(server.with_acme().await).await;
    });
}

/// A `PostgreSQL`. `None` where it is not installed and does not have to be.
pub fn cluster() -> Option<Arc<Cluster>> {
    Cluster::shared()
        .map_err(|why| {
            let required = std::env::var("PERMESSO_REQUIRE_TOOLS").is_ok_and(|it| it == "1");
            assert!(!required, "{why}");
            eprintln!("SKIPPED PostgreSQL: {why}");
        })
        .ok()
}
