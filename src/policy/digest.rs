//! A policy's digest. What older files could not say is appended where it is said, each part behind its label.

use super::{Background, Inner, Quota, Share, Show, Source, Transform, rules::K};
use crate::{digest::Digester, id::Digest, schema::Schema};

/// SHA-256 over every part that the crate acts on, each behind its length.
pub(super) fn of(policy: &Inner) -> Digest {
    let mut digest = Digester::new("paravent/policy/1");
    let schema = &policy.schema;
    digest.bytes(schema.digest().as_bytes());
    digest.text(policy.domain.as_str());
    digest.number(policy.opens.len());
    policy
        .opens
        .iter()
        .for_each(|scope| digest.number(usize::from(scope.number())));
    digest.number(usize::from(policy.binds.record_id));
    digest.number(usize::from(policy.binds.subject_key));
    digest.number(policy.shows.len());
    for show in &policy.shows {
        add_show(&mut digest, schema, show);
    }
    digest.number(policy.pseudonyms.len());
    for rule in &policy.pseudonyms {
        digest.text(&rule.name);
        add_fields(&mut digest, schema, &rule.of);
        digest.number(usize::from(rule.null_gives_null));
        digest.number(usize::from(rule.erasable));
    }
    add_background(&mut digest, schema, &policy.background);
    if !policy.indexes.is_empty() {
        digest.text("indexes");
        digest.number(policy.indexes.len());
        for rule in &policy.indexes {
            digest.text(&rule.name);
            add_fields(&mut digest, schema, &rule.of);
            digest.number(usize::from(rule.bits));
            digest.count(rule.distinct);
            digest.number(usize::from(rule.queried));
            digest.number(usize::from(rule.null_gives_null));
            digest.number(usize::from(rule.erasable));
        }
    }
    if !policy.releases.is_empty() {
        digest.text("releases");
        digest.number(policy.releases.len());
        for release in &policy.releases {
            digest.text(&release.name);
            add_fields(&mut digest, schema, &release.fields);
            add_set(&mut digest, release.purposes.iter().map(String::as_str));
            add_quota(&mut digest, release.quota);
        }
    }
    if !policy.renders.is_empty() {
        digest.text("renders");
        digest.number(policy.renders.len());
        for render in &policy.renders {
            digest.text(&render.name);
            add_fields(&mut digest, schema, &[render.to]);
            digest.text(render.template.text());
            digest.text(render.gateway.as_str());
            add_quota(&mut digest, render.quota);
        }
    }
    let (releases, renders) = (&policy.releases, &policy.renders);
    if releases.iter().any(|release| release.two_persons) {
        digest.text("two-persons");
        let by_two = releases.iter().filter(|release| release.two_persons);
        add_set(&mut digest, by_two.map(|release| release.name.as_str()));
    }
    for (label, quotas) in [
        (
            "release-per-requester",
            quotas(releases, |release| (&release.name, release.quota)),
        ),
        (
            "render-per-requester",
            quotas(renders, |render| (&render.name, render.quota)),
        ),
    ] {
        if !quotas.is_empty() {
            digest.text(label);
            digest.number(quotas.len());
            for (name, per_requester) in quotas {
                digest.text(name);
                digest.count(per_requester);
            }
        }
    }
    if policy.source != Source::default() {
        let Source {
            record_id,
            drop,
            columns,
        } = &policy.source;
        digest.text("source");
        digest.number(usize::from(record_id.is_some()));
        if let Some(record_id) = record_id {
            digest.text(record_id);
        }
        add_set(&mut digest, drop.iter().map(String::as_str));
        digest.number(columns.len());
        for (&position, header) in columns {
            add_field(&mut digest, schema, position);
            digest.text(header);
        }
    }
    digest.finish()
}

fn add_show(digest: &mut Digester, schema: &Schema, show: &Show) {
    add_field(digest, schema, show.position);
    digest.text(show.transform.name());
    match &show.transform {
        Transform::Keep => {}
        Transform::Bands { edges } => {
            digest.number(edges.len());
            edges.iter().for_each(|&edge| digest.integer(edge));
        }
        Transform::Truncate(period) => digest.text(period.name()),
        Transform::Prefix(length) => digest.number(*length),
        Transform::Round(to) => digest.count(*to),
        Transform::Shift { weeks, subject } => {
            digest.number(usize::from(*weeks));
            add_fields(digest, schema, subject);
            digest.number(usize::from(show.erasable));
        }
        Transform::Mask { first, last } => {
            digest.number(*first);
            digest.number(*last);
        }
        Transform::Reversible | Transform::Phone => digest.number(usize::from(show.erasable)),
        Transform::Bucket { lists, other } => {
            digest.number(lists.len());
            for (list, values) in lists {
                digest.text(list);
                add_set(digest, values.iter().map(String::as_str));
            }
            digest.number(usize::from(other.is_some()));
            if let Some(other) = other {
                digest.text(other);
            }
        }
    }
}

fn add_background(digest: &mut Digester, schema: &Schema, background: &Background) {
    let Background {
        rows,
        subjects,
        visits,
        k,
        specialties,
        practices,
        knows,
        shares,
        goes_to: _,
    } = background;
    for (label, counts) in [
        ("holds", &[*rows, *subjects, *visits][..]),
        ("tenancy", &[*specialties, *practices]),
    ] {
        if counts.iter().any(Option::is_some) {
            digest.text(label);
            counts.iter().for_each(|&count| digest.stated(count));
        }
    }
    if *k != K {
        digest.text("k");
        digest.count(*k);
    }
    if !knows.is_empty() {
        digest.text("knows");
        add_fields(digest, schema, knows);
    }
    if !shares.is_empty() {
        digest.text("shares");
        add_set(digest, shares.iter().copied().map(Share::name));
    }
}

/// What one requester gets an hour, by name, where that is less than all get.
fn quotas<R>(rules: &[R], of: impl Fn(&R) -> (&str, Quota)) -> Vec<(&str, u64)> {
    rules
        .iter()
        .map(of)
        .filter(|(_, quota)| quota.per_requester < quota.per_hour)
        .map(|(name, quota)| (name, quota.per_requester))
        .collect()
}

fn add_quota(digest: &mut Digester, quota: Quota) {
    digest.count(quota.per_hour);
    digest.count(quota.detect_hours);
}

fn add_fields(digest: &mut Digester, schema: &Schema, positions: &[usize]) {
    digest.number(positions.len());
    for &position in positions {
        add_field(digest, schema, position);
    }
}

fn add_field(digest: &mut Digester, schema: &Schema, position: usize) {
    digest.number(usize::from(schema.fields()[position].id().number()));
}

/// Texts whose order and repetition mean nothing.
fn add_set<'t>(digest: &mut Digester, texts: impl Iterator<Item = &'t str>) {
    let mut texts: Vec<&str> = texts.collect();
    texts.sort_unstable();
    texts.dedup();
    digest.number(texts.len());
    texts.into_iter().for_each(|text| digest.text(text));
}
