//! What a release gives: its fields and no other.

use serde_json::json;

use super::*;

fn given(desk: &Desk, record: &impl Serialize, name: &str) -> Value {
    let (broker, row) = (desk.broker(), desk.row(record));
    desk.ask(&broker, &row, name, &asks("a.martin", 0)).unwrap()
}

#[test]
fn a_scope_gives_its_fields() {
    let desk = Desk::new(RULES);
    assert_eq!(
        given(&desk, &zoe(), "contact"),
        json!({ "phone": "06 39 98 12 34", "email": "zoe.lefevre@example.org" })
    );
    #[derive(Debug, PartialEq, Deserialize)]
    struct Whole {
        phone: Option<String>,
        last_name: Option<String>,
        specialty: Option<String>,
        start: Option<String>,
    }
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    let whole: Whole = desk
        .ask(&broker, &row, "contact", &asks("a.martin", 0))
        .unwrap();
    let expected = Whole {
        phone: Some("06 39 98 12 34".into()),
        last_name: None,
        specialty: None,
        start: None,
    };
    assert_eq!(whole, expected);
}

#[test]
fn a_field_comes_without_the_others_of_its_scope() {
    let desk = Desk::new(RULES);
    assert_eq!(
        given(&desk, &zoe(), "last_name"),
        json!({ "last_name": "Lefèvre" })
    );
}

#[test]
fn null_is_not_given() {
    let desk = Desk::new(RULES);
    let no_phone = Appointment {
        phone: None,
        ..zoe()
    };
    assert_eq!(
        given(&desk, &no_phone, "contact"),
        json!({ "email": "zoe.lefevre@example.org" })
    );
    let nothing = Appointment {
        email: None,
        ..no_phone
    };
    assert_eq!(given(&desk, &nothing, "contact"), json!({}));
    // That is an entry as any other.
    assert_eq!(desk.count(Event::Release), 2);
}

#[test]
fn names_with_points_are_nested() {
    let field = |name: &str, number: u8, scope: &str| {
        format!(
            "[[field]]\nname = \"{name}\"\nnumber = {number}\nscope = \"{scope}\"\nwidth = 20\n\
             type = \"text\"\nclass = \"text\"\noptional = true\n"
        )
    };
    let schema = Schema::from_toml(&format!(
        "name = \"nested\"\n{}{}{}{}",
        field("contact.home.phone", 1, "contact"),
        field("contact.home.city", 2, "contact"),
        field("contact.work", 3, "contact"),
        field("care.reason", 4, "care"),
    ))
    .unwrap();
    let rule = |name: &str| {
        format!(
            "[release.\"{name}\"]\nreason = \"x\"\npurposes = [\"call back\"]\nper_hour = 9\ndetect_hours = 1\n"
        )
    };
    let rules = rule("contact") + &rule("contact.home.phone");
    let text = HEAD.replace("appointment", "nested") + &rules;
    let desk = Desk {
        policy: accepted(&text, &schema).unwrap(),
        ..Desk::new(RULES)
    };
    let record = json!({
        "contact": { "home": { "phone": "06", "city": null }, "work": "07" }, "care": { "reason": "suivi" },
    });
    assert_eq!(
        given(&desk, &record, "contact.home.phone"),
        json!({ "contact": { "home": { "phone": "06" } } })
    );
    assert_eq!(
        given(&desk, &record, "contact"),
        json!({ "contact": { "home": { "phone": "06" }, "work": "07" } })
    );
}

#[test]
fn an_entry_tells_of_the_call() {
    let desk = Desk::new(RULES);
    given(&desk, &zoe(), "contact");
    let entry = desk.last();
    assert_eq!((entry.event(), entry.at()), (Event::Release, at(0)));
    assert_eq!(entry.domain(), Some(desk.policy.policy().domain()));
    assert_eq!(
        (entry.name(), entry.purpose()),
        (Some("contact"), Some("call back"))
    );
    assert!(entry.requester().is_some() && entry.subject().is_some() && entry.row().is_some());
    assert!(entry.sealed().is_some());
    assert_eq!(
        (entry.approver(), entry.error(), entry.canary()),
        (None, None, None)
    );
}

#[test]
fn a_type_that_does_not_fit_is_in_the_log_all_the_same() {
    let desk = Desk::new(RULES);
    #[derive(Debug, Deserialize)]
    struct Number {
        #[serde(rename = "phone")]
        _phone: u32,
    }
    let (broker, row) = (desk.broker(), desk.row(&zoe()));
    let error = desk
        .ask::<Number>(&broker, &row, "contact", &asks("a.martin", 0))
        .unwrap_err();
    assert!(error.is_target(), "{error}");
    assert!(!error.to_string().contains("39 98"), "{error}");
    assert_eq!(
        (desk.count(Event::Release), desk.count(Event::Refused)),
        (1, 0)
    );
}
