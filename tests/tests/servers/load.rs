//! Twenty clients at once: no error, and every answer the one that the engine gives in process.

use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::model::{Attributes, Value};
use permesso_folders::DecisionPoint;
use permesso_tests::{Client, PRODUCTS, Server, example, families, turn};
use serde_json::{Value as Json, json};
use std::net::SocketAddr;
use std::thread;
use std::time::SystemTime;

const CLIENTS: usize = 20;
const QUESTIONS: usize = 100_000;
/// Each of these is a batch of its own among single questions.
const BATCH: usize = 10;

/// A small generator, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = self.below(from.len());
        &from[at]
    }
}

/// What questions are made of: a product's people, permissions and what its tables ask about.
struct World {
    tenant: String,
    users: Vec<String>,
    actions: Vec<String>,
    resources: Vec<Json>,
}

impl World {
    fn of(point: &DecisionPoint) -> Vec<Self> {
        point
            .folders()
            .iter()
            .map(|folder| {
                let mut resources = Vec::new();
                for entry in std::fs::read_dir(folder.path.join("tables")).unwrap() {
                    let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
                    for line in text.lines() {
                        let row: Json = serde_json::from_str(line).unwrap();
                        resources.push(row["resource"].clone());
                    }
                }
                Self {
                    tenant: folder.tenant.value.tenant.to_string(),
                    users: folder.directory.value.users.iter().map(|u| u.id.to_string()).collect(),
                    actions: folder
                        .catalog
                        .source()
                        .value
                        .permissions()
                        .map(|(_, p)| p.id.to_string())
                        .collect(),
                    resources,
                }
            })
            .collect()
    }

    /// A question: often about the subject's own, sometimes about nonsense.
    fn question(&self, random: &mut Random) -> Json {
        let user = if random.below(50) == 0 { "stranger" } else { random.pick(&self.users) };
        let action = if random.below(50) == 0 { "no.such" } else { random.pick(&self.actions) };
        let resource = random.pick(&self.resources);
        let mut properties = resource["attrs"].clone();
        for (name, value) in properties.as_object_mut().unwrap() {
            // The tables' own ids are nobody here: relations name the people of the tenant.
            let relation =
                ["owner", "assigned_to", "created_by", "host", "author", "user", "account"];
            if relation.contains(&name.as_str()) && value.is_string() {
                *value = json!(if random.below(2) == 0 { user } else { random.pick(&self.users) });
            }
        }
        let id = properties["id"].as_str().unwrap_or("r1").to_owned();
        json!({
            "subject": {"type": "user", "id": user},
            "action": {"name": action},
            "resource": {"type": resource["kind"], "id": id, "properties": properties},
            "context": {"tenant": self.tenant},
        })
    }
}

fn attributes(json: &Json) -> Attributes<'static> {
    serde_json::from_str::<Attributes<'_>>(&json.to_string()).unwrap().into_owned()
}

fn in_process(point: &DecisionPoint, question: &Json) -> bool {
    let properties = attributes(&question["resource"]["properties"]);
    let context = attributes(&question["context"]);
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let (subject, action) = (text(&question["subject"]["id"]), text(&question["action"]["name"]));
    let (kind, id) = (text(&question["resource"]["type"]), text(&question["resource"]["id"]));
    let request = Request {
        subject: &subject,
        action: &action,
        resource: Resource { kind: &kind, id: Some(&id), attributes: &properties },
        context: &context,
        asserted: Asserted::NONE,
        // A role may be held from nine to five.
        now: now(),
    };
    let tenant = context.get("tenant").and_then(Value::as_str).unwrap();
    point.decide(tenant, &request).is_allow()
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

#[test]
fn twenty_clients_get_the_answers_that_the_engine_gives_in_process() {
    let _turn = turn(module_path!());
    let mut builder = DecisionPoint::builder().families(families());
    for product in PRODUCTS {
        builder = builder.folder(example(product));
    }
    let point = builder.build().unwrap();
    let worlds = World::of(&point);
    let server = Server::start(PRODUCTS.iter().flat_map(|p| ["--example".into(), example(p)]));
    let address = server.address;
    let (allowed, asked) = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|n| {
                let (point, worlds) = (&point, &worlds);
                scope.spawn(move || client(n, address, point, worlds))
            })
            .collect();
        clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    });
    assert_eq!(asked, QUESTIONS);
    let share = allowed * 100 / asked;
    assert!((5..95).contains(&share), "{share} % allowed: the questions are not mixed");
}

/// Asks its share of the questions; answers how many were allowed, of how many.
fn client(
    n: usize,
    address: SocketAddr,
    point: &DecisionPoint,
    worlds: &[World],
) -> (usize, usize) {
    let mut random = Random(n as u64 + 1);
    let mut client = Client::connect(address).unwrap();
    let (mut allowed, mut asked) = (0, 0);
    while asked < QUESTIONS / CLIENTS {
        let batch = if random.below(20) == 0 { BATCH } else { 1 };
        let batch = batch.min(QUESTIONS / CLIENTS - asked);
        let world = random.pick(worlds);
        let questions: Vec<Json> = (0..batch).map(|_| world.question(&mut random)).collect();
        let answers = match questions.as_slice() {
            [question] => {
                let answer = client.post("/access/v1/evaluation", &question.to_string()).unwrap();
                assert_eq!(answer.status, 200, "{question}");
                vec![answer.json()]
            }
            questions => {
                let body = json!({"evaluations": questions}).to_string();
                let answer = client.post("/access/v1/evaluations", &body).unwrap();
                assert_eq!(answer.status, 200);
                answer.json()["evaluations"].as_array().unwrap().clone()
            }
        };
        assert_eq!(answers.len(), questions.len());
        for (question, answer) in questions.iter().zip(answers) {
            let decision = answer["decision"].as_bool().unwrap();
            assert_eq!(decision, in_process(point, question), "{question}\n{answer}");
            allowed += usize::from(decision);
            asked += 1;
        }
    }
    (allowed, asked)
}
