//! Every connection that a service opens goes the way that its URL says.

use std::{error::Error, time::Duration};

use todo_adapters::{DatabaseUrl, ReplicaSettings};
use todo_testkit::{
    database,
    private_postgres::{PASSWORD, Role},
};

use super::{AUTHORITY, Files, SERVER, STRANGER};

const TIMEOUT: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn the_pool_and_the_migrations_are_encrypted_as_the_server_sees_it() {
    let (_files, roots) = Files::roots(&[&AUTHORITY]);
    let parameters = format!("sslmode=verify-full&application_name=pool&{roots}");
    let url = SERVER.url(Role::Password, "localhost", &parameters);
    let database = database::open(&url, TIMEOUT).await;
    // The role gets in with TLS only.
    database.migrate_up().await.unwrap();
    let report = database.stores().health.check().await.unwrap();
    assert_eq!(report.pending_migrations, [] as [String; 0]);
    let (encrypted, others) = SERVER.connections("pool").await;
    assert!(encrypted > 0 && others == 0, "{encrypted}, {others}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_is_watched_over_encrypted_connections() {
    let url = DatabaseUrl::parse(&SERVER.url(Role::Password, "localhost", "sslmode=require"));
    let url = url.unwrap();
    let replica = ReplicaSettings::new(url.clone());
    let answered = replica.probe(&url).await.unwrap_err().to_string();
    assert_eq!(answered, "it is not a replica: it is not in recovery");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_can_not_connect_learns_why_and_nothing_secret() {
    let (_files, roots) = Files::roots(&[&STRANGER]);
    for (parameters, reason) in [
        (roots.as_str(), "the issuer of the certificate is unknown; name a file"),
        ("sslmode=disable", "no pg_hba.conf entry for host"),
    ] {
        let url = SERVER.url(Role::Password, "localhost", parameters);
        let database = database::open(&url, TIMEOUT).await;
        let migrating = database.migrate_up().await.unwrap_err();
        let checking = database.stores().health.check().await.unwrap_err();
        for told in [error_chain(&migrating), error_chain(&checking)] {
            assert!(told.contains(reason) && !told.contains(PASSWORD), "{told}");
        }
    }
}

fn error_chain(error: &dyn Error) -> String {
    std::iter::successors(Some(error), |error| (*error).source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
