//! How long the check of policies takes: it follows the number of pairs of domains that join.

#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use paravent::{Date, Policy, PolicySet, Schema};

const TODAY: Date = Date::constant(2026, 11, 24);

/// Of 60 fields: 12 say who somebody is, 16 are of the visit, 31 are sensitive, and one is a slot that joins.
fn schema() -> Schema {
    let mut text = "name = \"large\"\n".to_owned();
    let mut number = 0;
    let mut field = |text: &mut String, name: &str, scope: &str, role: &str, values: u64| {
        number += 1;
        *text += &format!(
            "[[field]]\nname = \"{name}\"\nnumber = {number}\nscope = \"{scope}\"\nrole = \"{role}\"\nwidth = 16\ntype = \"integer\"\nvalues = {values}\n"
        );
    };
    for i in 0..4 {
        field(
            &mut text,
            &format!("name{i}"),
            "identity",
            "identifier",
            1_000_000,
        );
    }
    for i in 0..8 {
        field(
            &mut text,
            &format!("trait{i}"),
            "identity",
            "quasi-identifier",
            50,
        );
    }
    field(&mut text, "slot", "schedule", "neutral", 1_000_000_000);
    for i in 0..16 {
        field(
            &mut text,
            &format!("visit{i}"),
            "schedule",
            "quasi-identifier",
            100,
        );
    }
    for i in 0..31 {
        field(&mut text, &format!("care{i}"), "care", "sensitive", 500);
    }
    for i in 0..15 {
        text += &format!(
            "[[determines]]\nfields = [\"care{i}\"]\ngives = \"care{}\"\nthrough = \"list\"\n",
            i + 15
        );
    }
    Schema::from_toml(&text).unwrap()
}

/// What a policy opens: nobody knows of its domain who somebody is, or nobody what is sensitive.
#[derive(Clone, Copy)]
enum Side {
    Care,
    Identity,
}

/// Policies of which the first `joining` have the slot, and the first `identities` of those say who somebody is.
fn policies(schema: &Schema, count: usize, joining: usize, identities: usize) -> PolicySet {
    let policies = (0..count).map(|number| {
        let side = if number < identities { Side::Identity } else { Side::Care };
        let mut text = format!(
            "domain = \"d{number}\"\nschema = \"large\"\nrecord_id = \"unbound\"\n[holds]\nrows = {}\nsubjects = 500_000\nvisits = 5\n[tenancy]\nspecialties = 9\npractices = 9\n",
            1_000_000 + number,
        );
        let mut show = |name: String, how: &str| {
            text += &format!("[show.{name}]\n{how}\nreason = \"bench\"\n");
        };
        if number < joining {
            show("slot".to_owned(), "as = \"keep\"");
        }
        // All show the same of the person: merged, they still say of nobody who it is.
        show("visit0".to_owned(), "as = \"round\"\nto = 10");
        show("trait0".to_owned(), "as = \"bands\"\nedges = [0, 20]");
        match side {
            Side::Care => show(format!("care{}", number % 31), "as = \"keep\""),
            Side::Identity => show(format!("name{}", number % 4), "as = \"keep\""),
        }
        Policy::from_toml(&text, schema).unwrap()
    });
    PolicySet::new(policies)
}

fn check(criterion: &mut Criterion) {
    let schema = schema();
    let mut group = criterion.benchmark_group("policy/check");
    group.sample_size(10);
    for count in [125, 250, 500, 1_000] {
        let set = policies(&schema, count, 0, 0);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::new("none join", count), |bencher| {
            bencher.iter(|| black_box(&set).check(TODAY).unwrap());
        });
    }
    for joining in [125, 250, 500, 1_000] {
        let set = policies(&schema, 1_000, joining, 0);
        let pairs = joining * (joining - 1) / 2;
        group.throughput(Throughput::Elements(pairs as u64));
        group.bench_function(
            BenchmarkId::new("1,000, pairs that join", pairs),
            |bencher| {
                bencher.iter(|| black_box(&set).check(TODAY).unwrap());
            },
        );
    }
    for identities in [1, 10, 100, 500] {
        let set = policies(&schema, 1_000, 1_000, identities);
        let pairs = identities * (1_000 - identities);
        group.throughput(Throughput::Elements(pairs as u64));
        group.bench_function(
            BenchmarkId::new("1,000, pairs that collude", pairs),
            |bencher| {
                bencher.iter(|| black_box(&set).report(TODAY).findings().len());
            },
        );
    }
    group.finish();
}

criterion_group!(benches, check);
criterion_main!(benches);
