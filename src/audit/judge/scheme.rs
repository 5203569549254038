//! What was attacked: each leak alone and several together, and whether they link.

use super::{
    bound::{Bound, THRESHOLD},
    score::{self, Total, TotalBaseline},
    ways::{Key, Totals},
};
use crate::audit::report::{Scheme, SchemeKind};

/// Each leak alone, the smallest sets that link, and all together but for those by which somebody accepted to link.
pub(crate) fn schemes(
    totals: &Totals,
    chances: &[(f64, f64)],
    names: &[String],
    may_link: &[String],
    level: f64,
) -> Vec<Scheme> {
    let is_let = |leak: &usize| may_link.contains(&names[*leak]);
    let all: Vec<usize> = (0..names.len()).filter(|leak| !is_let(leak)).collect();
    let mut sets: Vec<Vec<usize>> = totals.ways.keys().map(|key| key.leaks.clone()).collect();
    sets.extend((0..names.len()).map(|leak| vec![leak]));
    sets.push(all.clone());
    sets.sort_by_key(|leaks| (leaks.len(), leaks.clone()));
    sets.dedup();
    let mut linking: Vec<Vec<usize>> = Vec::new();
    let mut schemes = Vec::new();
    for set in sets.into_iter().filter(|set| !set.is_empty()) {
        let is_in = |other: &[usize]| other.iter().all(|leak| set.contains(leak));
        if set.len() > 1 && set != all && linking.iter().any(|smaller| is_in(smaller)) {
            continue;
        }
        let ways: Vec<(&Key, &Total, (f64, f64))> = totals
            .ways
            .iter()
            .zip(chances)
            .filter(|((key, _), _)| is_in(&key.leaks))
            .map(|((key, total), chance)| (key, total, *chance))
            .collect();
        let leaks: Vec<String> = set.iter().map(|&leak| names[leak].clone()).collect();
        let (kind, name) = match leaks.len() {
            1 => (SchemeKind::Leak, leaks[0].clone()),
            2 => (SchemeKind::Coalition, leaks.join(" with ")),
            _ if set == all => (SchemeKind::Coalition, "all together".to_owned()),
            _ => (SchemeKind::Coalition, leaks.join(", ")),
        };
        let may_link = set.iter().any(is_let);
        let scheme = scheme(name, kind, leaks, may_link, &ways, &totals.baseline, level);
        let links = scheme.links;
        // A set that does no better than its parts is not worth a line, unless it is all of them.
        if set.len() == 1 || set == all || links {
            schemes.push(scheme);
        }
        if links {
            linking.push(set);
        }
    }
    schemes
}

pub(crate) fn scheme(
    name: String,
    kind: SchemeKind,
    leaks: Vec<String>,
    may_link: bool,
    ways: &[(&Key, &Total, (f64, f64))],
    baseline: &TotalBaseline,
    level: f64,
) -> Scheme {
    let chance = |(gained, outed): (f64, f64)| gained.min(outed);
    let p = ways
        .iter()
        .map(|(_, _, chances)| chance(*chances))
        .fold(1.0, f64::min);
    let of: Vec<&Total> = ways.iter().map(|(_, total, _)| *total).collect();
    let bound = Bound::of(&of, baseline);
    // What small classes tell is no chance under any permutation of those in a class; its bound shows it.
    let small = |bound: &Option<Bound>| bound.as_ref().is_some_and(|bound| bound.least > THRESHOLD);
    let links = p <= level || small(&bound);
    // The worst is what gains most, then what outs most; of those that are no better than chance there is none.
    let reached = ways.iter().filter(|(_, total, chances)| {
        links && (chance(*chances) <= level || small(&Bound::of(&[total], baseline)))
    });
    let worst = reached.max_by_key(|(key, total, _)| {
        let reach = (total.gained[0], total.outed[0]);
        (reach, std::cmp::Reverse(key.family))
    });
    Scheme {
        name,
        kind,
        leaks,
        may_link,
        people: baseline.people,
        outed: of
            .iter()
            .map(|total| u64::from(total.outed[0]))
            .max()
            .unwrap_or_default(),
        outed_by_chance: of
            .iter()
            .map(|total| score::by_chance(&total.outed))
            .max()
            .unwrap_or_default(),
        gain: match &bound {
            Some(bound) => bound.measured.max(0.0),
            None => of
                .iter()
                .map(|total| baseline.gain(total.gained[0]))
                .fold(0.0, f64::max),
        },
        p,
        bound: bound.map(|bound| bound.most),
        worst: worst.map(|(key, _, _)| key.family.name().to_owned()),
        links,
    }
}

/// How many rows it would take to bound the gain, where these are too few.
pub(crate) fn needed(
    totals: &Totals,
    rows: u64,
    names: &[String],
    may_link: &[String],
) -> Option<u64> {
    let is_let = |key: &Key| {
        key.leaks
            .iter()
            .any(|&leak| may_link.contains(&names[leak]))
    };
    let ways = totals.ways.iter().filter(|(key, _)| !is_let(key));
    let ways: Vec<&Total> = ways.map(|(_, total)| total).collect();
    let times = match Bound::of(&ways, &totals.baseline) {
        None => 2.0,
        Some(bound) if bound.most < THRESHOLD => return None,
        Some(bound) => bound.times,
    };
    // What is never seen has to be bounded as well: among so many people who are not guessed, in the half that bounds.
    let baseline = &totals.baseline;
    let people = 2.0 * 3.0 / THRESHOLD / (1.0 - baseline.accuracy()).max(0.05);
    let unseen = people * rows as f64 / baseline.people.max(1) as f64;
    Some((rows as f64 * times).max(unseen).ceil() as u64)
}
