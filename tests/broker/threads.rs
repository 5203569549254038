//! One broker for many threads.

use std::thread;

use super::*;

#[test]
fn eight_threads_share_a_broker() {
    const CALLS: usize = 12;
    let desk = Desk::new(RULES);
    let broker = desk.broker();
    let rows: Vec<Protected> = (0..8)
        .map(|thread| {
            desk.row(&Appointment {
                phone: Some(format!("06 39 98 00 0{thread}")),
                ..zoe()
            })
        })
        .collect();
    thread::scope(|scope| {
        for (thread, row) in rows.iter().enumerate() {
            let (desk, broker) = (&desk, &broker);
            scope.spawn(move || {
                let name = format!("person {thread}");
                let phone = format!("06 39 98 00 0{thread}");
                for call in 0..CALLS {
                    let request = asks(&name, call as i64);
                    let given: Value = desk.ask(broker, row, "contact", &request).unwrap();
                    assert_eq!(given["phone"], *phone);
                    assert_eq!(desk.send(broker, row, &request).unwrap().0, phone);
                    let error = refused(|| desk.ask(broker, row, "contact", &request.reason("")));
                    assert!(error.is_request(), "{error}");
                }
            });
        }
    });
    let calls = (8 * CALLS) as u64;
    let found = desk.verify();
    assert_eq!((found.releases, found.renders), (calls, calls));
    assert_eq!((found.refusals, found.entries), (calls, 3 * calls + 1));
    assert_eq!((found.beyond_heads, found.alarms), (0, 0));
}
