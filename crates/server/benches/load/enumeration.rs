//! Whether time tells who has an account: calls for what exists and for what does not, in turn.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    codes::Codes,
    doorward::{Doorward, Engine},
    mail,
    person::{PASSWORD, Person, text},
    sms::Provider,
    worlds,
};

/// Members, and as many whom nobody knows.
const PEOPLE: usize = 16;
/// Calls of each kind that are made before any is measured.
const WARM_UP: usize = 32;

/// A call that anybody may make.
#[derive(Clone, Copy)]
struct Call {
    name: &'static str,
    /// The call before it, if a flow is needed.
    start: Option<&'static str>,
    path: &'static str,
}

const CALLS: [Call; 5] = [
    Call { name: "/login by number", start: None, path: "/login" },
    Call { name: "/forgot_password", start: None, path: "/forgot_password" },
    Call { name: "/register", start: None, path: "/register" },
    Call { name: "/resend_otp of a login", start: Some("/login"), path: "/resend_otp" },
    Call { name: "/resend_otp of a reset", start: Some("/forgot_password"), path: "/resend_otp" },
];

/// Prints for each call how likely one for what exists takes longer than one for what does not: 0.5 tells nothing.
pub(crate) async fn run(engine: Engine, pairs: usize) {
    println!("\n{engine:?}, {pairs} pairs a row");
    let codes = Codes::default();
    let (_, sms) = Provider::start(codes.clone()).await;
    let world = worlds::wide(engine, &sms, &mail::serve(codes.clone()).await).await;
    let world = world.with("otp.resend_after", r#"["0s"]"#);
    let (node, _): (Doorward, _) = worlds::start(&world).await;
    let known = Person::all(node.url(), &codes, PEOPLE).await;
    let unknown: Vec<_> = (0..PEOPLE).map(|n| known[n].stranger(n + PEOPLE)).collect();
    for call in CALLS {
        let mut times = [Vec::with_capacity(pairs), Vec::with_capacity(pairs)];
        for n in 0..WARM_UP + pairs {
            // Which of the two goes first changes without a pattern, so that neither always follows the other.
            let first = usize::from((n * 2_654_435_761) & 0x800 != 0);
            for kind in [first, 1 - first] {
                let person = &[&known, &unknown][kind][n % PEOPLE];
                let time = measure(person, call).await;
                if n >= WARM_UP {
                    times[kind].push(time);
                }
            }
        }
        let [known, unknown] = &mut times;
        let auc = auc(known, unknown);
        println!("{:<26} AUC {auc:.3}   p50 {:>7.3} ms and {:>7.3} ms", call.name, median(known), median(unknown));
    }
}

async fn measure(person: &Person, call: Call) -> Duration {
    let body = match call.start {
        Some(start) => {
            let flow = person.start(start, &asked(person, start)).await.unwrap();
            json!({ "flow_token": flow })
        }
        None => asked(person, call.path),
    };
    // What the call before sends is out and settled by then, as it is for anybody who waits until a code may be sent again.
    sleep(Duration::from_millis(if call.start.is_some() { 200 } else { 30 })).await;
    let begun = Instant::now();
    let answer = person.post(call.path, &body).await.unwrap();
    let time = begun.elapsed();
    text(&answer, "flow_token");
    time
}

fn asked(person: &Person, path: &str) -> Value {
    match path {
        "/login" => json!({ "phone_number": person.phone, "carrier": "token" }),
        "/forgot_password" => json!({ "email": person.email, "carrier": "token" }),
        _ => json!({
            "first_name": "Ada", "last_name": "Lovelace", "email": person.email, "phone_number": person.phone,
            "password": PASSWORD, "carrier": "token",
        }),
    }
}

/// The share of pairs, one of each kind, in which the one of the first kind took longer (Mann and Whitney's U).
fn auc(first: &[Duration], second: &[Duration]) -> f64 {
    let longer = |one: &Duration| {
        second.iter().map(|other| if one > other { 1.0 } else { f64::from(u8::from(one == other)) / 2.0 }).sum::<f64>()
    };
    first.iter().map(longer).sum::<f64>() / (first.len() * second.len()) as f64
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1000.0
}
