//! Families from a real registry: Debian's `docker-registry`, on loopback, for this test alone.

use permesso_engine::family::InputKind;
use permesso_hostile::guest::{Guest, Manifest};
use permesso_runtime::Digest;
use permesso_supply::{Depot, SecretKey, Signature, Validity};
use permesso_tests::{Output, permesso, skip, turn};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A registry that ends with the test.
struct Registry {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Registry {
    /// `None` where it is not installed.
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = folder.path().join("config.yml");
        let data = folder.path().join("data");
        let text = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem: {{rootdirectory: {}}}\n\
             http: {{addr: '127.0.0.1:{port}'}}\n",
            data.display()
        );
        fs::write(&config, text).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&config).stdout(Stdio::null()).stderr(Stdio::null());
        let child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                skip("docker-registry", &error.to_string());
                return None;
            }
        };
        let this = Self { child, folder, port };
        let start = Instant::now();
        while !this.answers() {
            assert!(start.elapsed() < Duration::from_secs(30), "the registry does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(this)
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        let asked = stream.write_all(b"GET /v2/ HTTP/1.0\r\n\r\n");
        let mut answer = String::new();
        asked.is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.contains(" 200 ")
    }

    fn reference(&self, name: &str) -> String {
        format!("oci://127.0.0.1:{}/families/{name}", self.port)
    }

    /// The file in which the registry keeps a blob.
    fn blob(&self, digest: &str) -> PathBuf {
        let hex = digest.strip_prefix("sha256:").unwrap();
        let blobs = self.folder.path().join("data/docker/registry/v2/blobs/sha256");
        blobs.join(&hex[..2]).join(hex).join("data")
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A vendor's and a platform's folder, with a key and a trust file.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let this = Self { folder: tempfile::tempdir().unwrap() };
        for who in ["northwind", "stranger"] {
            ran(&["family", "keygen", &this.path(who)]);
        }
        let key = SecretKey::read(Path::new(&this.path("northwind"))).unwrap().public();
        fs::create_dir(this.path("depot")).unwrap();
        let trust = format!("publishers: [{{id: northwind, key: {key}, families: [clearance]}}]\n");
        fs::write(this.path("depot/trust.yaml"), trust).unwrap();
        let mode = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o700);
        fs::set_permissions(this.path("depot"), mode).unwrap();
        this
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// A component that calls itself that, in a file.
    fn component(&self, id: &'static str, version: &'static str) -> String {
        let guest =
            Guest { manifest: Manifest { id, version, ..Manifest::default() }, ..Guest::default() };
        let path = self.path(&format!("{id}-{version}.wasm"));
        fs::write(&path, guest.component()).unwrap();
        path
    }

    fn signed(&self, id: &'static str, version: &'static str, who: &str) -> String {
        let path = self.component(id, version);
        ran(&["family", "sign", &path, "--key", &self.path(who)]);
        path
    }

    fn install(&self, from: &str, more: &[&str]) -> Output {
        let depot = self.path("depot");
        permesso([&["family", "install", from, "--depot", &depot], more].concat())
    }

    /// Nothing was compiled: what is compiled is kept.
    fn nothing_was_compiled(&self) -> bool {
        let kept = fs::read_dir(self.path("depot/native")).into_iter().flatten().flatten();
        kept.filter(|entry| entry.path().extension().is_some_and(|it| it == "native")).count() == 0
    }

    fn list(&self) -> String {
        ran(&["family", "list", "--depot", &self.path("depot")])
    }
}

fn ran(args: &[&str]) -> String {
    let output = permesso(args);
    assert_eq!(output.code, 0, "{args:?}: {}{}", output.out, output.err);
    output.out
}

/// The value of a line `name  value` of what a command printed.
fn value(text: &str, name: &str) -> String {
    let line = text.lines().find_map(|line| line.trim().strip_prefix(name));
    line.unwrap_or_else(|| panic!("no `{name}` in {text}")).trim().to_owned()
}

#[test]
fn a_family_is_published_and_installed_by_tag_and_by_digest() {
    let _turn = turn(module_path!());
    let (Some(registry), desk) = (Registry::start(), Desk::new()) else { return };
    let first = desk.signed("clearance", "1.0.0", "northwind");
    let at = registry.reference("clearance:1.0.0");
    let published = ran(&["family", "publish", &first, &at]);
    let by_digest = value(&published, "by digest");

    let by_tag = desk.install(&at, &[]);
    assert_eq!(by_tag.code, 0, "{}", by_tag.err);
    assert_eq!(value(&by_tag.out, "publisher"), "northwind");
    let digest = value(&by_tag.out, "digest");

    let second = desk.signed("clearance", "1.1.0", "northwind");
    let latest = registry.reference("clearance:1.1.0");
    let published = ran(&["family", "publish", &second, &latest]);
    let other = desk.install(&value(&published, "by digest"), &[]);
    assert_eq!(other.code, 0, "{}", other.err);
    assert!(desk.list().contains("1.1.0"));
    assert!(value(&other.out, "replaces").starts_with("1.0.0"));

    // A digest of the component pins it, whatever a tag says by now.
    let pinned = desk.install(&latest, &["--digest", &digest]);
    assert_eq!(pinned.code, 2);
    assert!(pinned.err.contains("it is not the one that was asked for"), "{}", pinned.err);
    let pinned = desk.install(&by_digest, &["--digest", &digest]);
    assert_eq!(pinned.code, 0, "{}", pinned.err);

    ran(&["family", "rollback", "clearance", "--depot", &desk.path("depot")]);
    assert!(desk.list().contains("1.1.0"), "{}", desk.list());
}

#[test]
fn what_is_not_trusted_is_refused_before_it_is_compiled_and_told_what_to_do() {
    let _turn = turn(module_path!());
    let (Some(registry), desk) = (Registry::start(), Desk::new()) else { return };
    let refused = |name: &str, told: &str| {
        let output = desk.install(&registry.reference(name), &[]);
        assert_eq!(output.code, 2, "{name}: {}", output.out);
        assert!(output.err.contains(told), "{name}: {}", output.err);
        assert!(desk.nothing_was_compiled(), "{name}");
    };
    let publish = |path: &str, name: &str, more: &[&str]| {
        ran(&[&["family", "publish", path, &registry.reference(name)], more].concat())
    };

    let unsigned = desk.component("clearance", "0.1.0");
    assert_eq!(permesso(["family", "publish", &unsigned, &registry.reference("a:1")]).code, 2);
    publish(&unsigned, "clearance:unsigned", &["--unsigned"]);
    refused("clearance:unsigned", "it is not signed; ask its publisher for a signature");

    publish(&desk.signed("clearance", "0.2.0", "stranger"), "clearance:stranger", &[]);
    refused("clearance:stranger", "which is not in `trust.yaml`; add its publisher there");

    publish(&desk.signed("crm-segments", "0.3.0", "northwind"), "clearance:not-theirs", &[]);
    refused("clearance:not-theirs", "`northwind` may not ship the family `crm-segments`");

    let expired = desk.component("clearance", "0.4.0");
    let key = SecretKey::read(Path::new(&desk.path("northwind"))).unwrap();
    let validity = Validity::days("2020-01-01T00:00:00Z".parse().unwrap(), 30).unwrap();
    let signature =
        Signature::new(&key, Digest::of(&fs::read(&expired).unwrap()), "clearance", validity);
    fs::write(format!("{expired}.sig"), signature.document()).unwrap();
    publish(&expired, "clearance:expired", &[]);
    refused(
        "clearance:expired",
        "the signature expired at 2020-01-31T00:00:00Z; ask the publisher",
    );

    // Changed where the registry keeps it.
    let good = desk.signed("clearance", "0.5.0", "northwind");
    publish(&good, "clearance:tampered", &[]);
    let document = fs::read_to_string(format!("{good}.sig")).unwrap();
    let signature = Signature::parse(&document).unwrap();
    let blob = registry.blob(&signature.digest.to_string());
    let mut bytes = fs::read(&blob).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&blob, bytes).unwrap();
    refused("clearance:tampered", "it was tampered with or damaged on the way, fetch it again");

    // Another component under the signature of a good one.
    let other = desk.component("clearance", "0.6.0");
    let swapped = permesso([
        "family",
        "publish",
        &other,
        &registry.reference("clearance:swapped"),
        "--signature",
        &format!("{good}.sig"),
    ]);
    assert_eq!(swapped.code, 2, "our own tool publishes no such thing");

    let missing = desk.install(&registry.reference("clearance:nothing"), &[]);
    assert_eq!(missing.code, 2);
    assert!(missing.err.contains("clearance:nothing"), "{}", missing.err);
    assert!(!desk.list().contains("clearance"));
}

#[test]
fn a_file_with_the_signature_of_another_is_refused() {
    let _turn = turn(module_path!());
    let desk = Desk::new();
    let good = desk.signed("clearance", "0.5.0", "northwind");
    let other = desk.component("clearance", "0.6.0");
    let output = desk.install(&other, &["--signature", &format!("{good}.sig")]);
    assert_eq!(output.code, 2);
    assert!(output.err.contains("it was changed after it was signed"), "{}", output.err);
    assert!(desk.nothing_was_compiled());
}

#[test]
fn a_family_never_comes_to_see_more_or_to_belong_to_another_without_anybody_saying_so() {
    let _turn = turn(module_path!());
    let desk = Desk::new();
    let reading = |version: &'static str, inputs: &[&str]| {
        let inputs = inputs.iter().map(|path| ((*path).to_owned(), InputKind::Text));
        let manifest =
            Manifest { id: "clearance", version, inputs: inputs.collect(), ..Manifest::default() };
        let path = desk.path(&format!("{version}.wasm"));
        fs::write(&path, Guest { manifest, ..Guest::default() }.component()).unwrap();
        ran(&["family", "sign", &path, "--key", &desk.path("northwind")]);
        path
    };
    let first = reading("1.0.0", &["subject.id", "resource.level"]);
    let installed = desk.install(&first, &["--grant", "resource.level"]);
    assert_eq!(value(&installed.out, "may see"), "resource.level");
    assert_eq!(value(&installed.out, "withheld"), "subject.id");

    let second = reading("1.1.0", &["subject.id", "resource.level", "subject.salary"]);
    let more = desk.install(&second, &[]);
    assert_eq!(more.code, 2);
    assert!(more.err.contains("also wants to see `subject.salary`; grant it"), "{}", more.err);
    assert!(desk.list().contains("1.0.0"), "nothing has changed");
    let wrong = desk.install(&second, &["--grant", "resource.colour"]);
    assert!(wrong.err.contains("does not declare `resource.colour`"), "{}", wrong.err);
    let granted =
        desk.install(&second, &["--grant", "resource.level", "--grant", "subject.salary"]);
    assert_eq!(granted.code, 0, "{}", granted.err);
    assert_eq!(value(&granted.out, "withheld"), "subject.id");

    // What a generation may see is its own: going back to it brings back what it needs, and not
    // what a later one made do with.
    let depot = Depot::open(desk.path("depot")).unwrap();
    let third = reading("1.2.0", &["resource.level"]);
    assert_eq!(desk.install(&third, &[]).code, 0);
    let sees = || depot.state().unwrap().families["clearance"].config().granted.unwrap();
    assert!(sees().iter().eq(["resource.level"]));
    ran(&["family", "rollback", "clearance", "--depot", &desk.path("depot")]);
    assert!(sees().iter().eq(["resource.level", "subject.salary"]));

    // So do limits stay what they were where nothing is said.
    assert_eq!(desk.install(&third, &["--deadline-ms", "20", "--reuse", "100"]).code, 0);
    assert_eq!(desk.install(&third, &["--deadline-ms", "30"]).code, 0);
    let limits = depot.state().unwrap().families["clearance"].limits;
    assert_eq!(limits.deadline_ms, Some(30));
    assert_eq!(limits.reuse.map(u32::from), Some(100));

    let unsigned = desk.component("clearance", "2.0.0");
    let other = desk.install(&unsigned, &["--allow-unsigned", "--grant-declared"]);
    assert_eq!(other.code, 2);
    assert!(other.err.contains("came from `northwind` so far"), "{}", other.err);
}
