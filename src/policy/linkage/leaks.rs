//! What leaks: each party's views, and what is found in them.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    collusion::{self, Set},
    finding::{Bits, Chain, Finding, FindingKind, Step},
    universe::Universe,
    verdict::{Naming, Target, Verdict},
    view::{Known, Origin, View},
};
use crate::{
    digest::Digester,
    id::{Digest, Domain},
    policy::{Policy, Quota, plan::LEAST},
};

/// A finding, and the parties whose leaks it takes.
pub(super) struct Found {
    pub(super) finding: Finding,
    parties: Vec<usize>,
    held: Held,
}

/// What of a party a finding is about.
#[derive(Clone, Copy, PartialEq)]
enum Held {
    InBulk,
    WithBrokers,
}

/// The policies of a name, and the places of the messages that it carries.
type Named<'a> = (Vec<&'a Policy>, Vec<(&'a Policy, usize)>);

/// Whoever holds something that leaks: a domain, or a gateway that carries messages.
struct Party<'a> {
    policies: Vec<&'a Policy>,
    /// Policy and place of each message that it carries.
    messages: Vec<(&'a Policy, usize)>,
    /// What it holds in bulk.
    bulk: View,
    /// The same with what brokers release to it and what messages it carries.
    full: View,
}

/// What each party of a set sees when it leaks.
pub(super) struct Leaks<'a> {
    pub(super) universe: Universe,
    names: Vec<String>,
    parties: Vec<Party<'a>>,
}

impl<'a> Leaks<'a> {
    pub(super) fn new(policies: &'a [Policy]) -> Self {
        // The order of a set is nobody's business.
        let mut policies: Vec<&Policy> = policies.iter().collect();
        policies.sort_by_cached_key(|policy| *policy.digest().as_bytes());
        let universe = Universe::new(policies.iter().map(|policy| policy.schema()));
        let mut held: BTreeMap<&str, Named<'_>> = BTreeMap::new();
        for &policy in &policies {
            held.entry(policy.domain().as_str())
                .or_default()
                .0
                .push(policy);
            for (place, render) in policy.renders().iter().enumerate() {
                held.entry(render.gateway.as_str())
                    .or_default()
                    .1
                    .push((policy, place));
            }
        }
        let names = held.keys().map(|name| (*name).to_owned()).collect();
        let parties = held
            .into_values()
            .enumerate()
            .map(|(number, (policies, messages))| Party::new(&universe, number, policies, messages))
            .collect();
        Self {
            universe,
            names,
            parties,
        }
    }

    /// Everybody who holds something, sorted.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// What somebody holds in bulk.
    pub(super) fn bulk(&self, name: &str) -> Option<&View> {
        self.party(name).map(|party| &party.bulk)
    }

    /// What somebody holds, with what brokers release to them and what messages they carry.
    pub(super) fn full(&self, name: &str) -> Option<&View> {
        self.party(name).map(|party| &party.full)
    }

    /// How many records brokers give somebody before a misuse is noticed.
    pub(super) fn exposure_of(&self, name: &str) -> u64 {
        let number = self.names.iter().position(|known| known == name);
        number.map_or(0, |number| self.exposure(&[number]))
    }

    /// The fields that brokers release to somebody, and whether that always takes two people.
    pub(super) fn released_to(&self, name: &str) -> BTreeMap<&'a str, bool> {
        let mut released = BTreeMap::new();
        let policies = self.party(name).map(|party| &*party.policies);
        for policy in policies.unwrap_or_default() {
            let fields = policy.schema().fields();
            for release in policy.releases() {
                for &position in &release.fields {
                    *released.entry(fields[position].name()).or_insert(true) &= release.two_persons;
                }
            }
        }
        released
    }

    fn party(&self, name: &str) -> Option<&Party<'a>> {
        let number = self.names.iter().position(|known| known == name)?;
        Some(&self.parties[number])
    }

    /// How something is known, and what it is worth.
    pub(super) fn describe(&self, known: &Known) -> String {
        let from = match &known.origin {
            Origin::Party { how, .. } => how.clone(),
            Origin::Both(one, two) => format!("{}; {}", self.describe(one), self.describe(two)),
            Origin::Fact(number) => self.universe.facts[*number].through.clone(),
            Origin::Register => "register of people".to_owned(),
        };
        format!("{from} ({} bits)", Bits(known.form.worth(1.0)))
    }

    fn naming(&self) -> Naming<'_> {
        Naming {
            universe: &self.universe,
            parties: &self.names,
        }
    }

    pub(super) fn findings(&self) -> Vec<Found> {
        let mut findings = Vec::new();
        for number in 0..self.parties.len() {
            self.of_party(number, &mut findings);
        }
        self.of_sets(&mut findings);
        let mut digests = BTreeSet::new();
        findings.retain(|found| digests.insert(*found.finding.digest.as_bytes()));
        findings
    }

    fn of_party(&self, number: usize, findings: &mut Vec<Found>) {
        let party = &self.parties[number];
        let naming = self.naming();
        let bulk = Verdict::of(&party.bulk, &self.universe);
        let full = Verdict::of(&party.full, &self.universe);
        if let Some(target) = bulk.worst() {
            let kind = match target {
                Target::Few => FindingKind::Homogeneous,
                _ => FindingKind::Linked,
            };
            let chain = bulk.chain(target, &party.bulk, &naming, Vec::new());
            findings.push(self.found(kind, Held::InBulk, &[number], &bulk, chain));
        }
        let mut targets = full.targets().into_iter();
        if let Some(target) = targets.find(|&target| target.is_of_value() && !bulk.tells(target)) {
            let chain = full.chain(target, &party.full, &naming, Vec::new());
            findings.push(self.found(
                FindingKind::Metered,
                Held::WithBrokers,
                &[number],
                &full,
                chain,
            ));
        }
        // What brokers tell of one row at a time is no answer to what is seen of all.
        for (verdict, view, held) in [
            (&bulk, &party.bulk, Held::InBulk),
            (&full, &party.full, Held::WithBrokers),
        ] {
            let presences = verdict.targets().into_iter().filter(|&target| {
                !target.is_of_value() && (held == Held::InBulk || !bulk.tells(target))
            });
            for target in presences {
                let chain = verdict.chain(target, view, &naming, Vec::new());
                findings.push(self.found(FindingKind::Shaped, held, &[number], verdict, chain));
            }
        }
        self.of_indexes(number, findings);
    }

    fn of_indexes(&self, number: usize, findings: &mut Vec<Found>) {
        let party = &self.parties[number];
        let rules = || {
            party
                .policies
                .iter()
                .flat_map(|policy| policy.index_rules())
        };
        let limit = party.bulk.bounds.subject_limit();
        let mut push = |names, bits, limit| {
            let chain = Chain::new(vec![Step::Indexes { names, bits, limit }]);
            let bulk = Verdict::of(&party.bulk, &self.universe);
            findings.push(self.found(
                FindingKind::NarrowIndex,
                Held::InBulk,
                &[number],
                &bulk,
                chain,
            ));
        };
        if party.bulk.index_bits() > limit {
            let names: BTreeSet<String> = rules().map(|rule| rule.name.to_string()).collect();
            push(names.into_iter().collect(), party.bulk.index_bits(), limit);
        }
        for rule in rules() {
            let bits = f64::from(rule.bits).min((rule.distinct as f64).log2());
            if bits < f64::from(LEAST) {
                push(vec![rule.name.to_string()], bits, LEAST.into());
            }
        }
    }

    /// The smallest sets that collude: with what they hold in bulk, then with what brokers do for them.
    fn of_sets(&self, findings: &mut Vec<Found>) {
        if self.parties.len() < 2 {
            return;
        }
        let naming = self.naming();
        let bulk: Vec<&View> = self.parties.iter().map(|party| &party.bulk).collect();
        let sets = collusion::sets(&bulk, &naming);
        findings.extend(
            sets.iter()
                .map(|set| self.colluding(set, &naming, Held::InBulk)),
        );
        if self.parties.iter().all(|party| !party.is_brokered()) {
            return;
        }
        let full: Vec<&View> = self.parties.iter().map(|party| &party.full).collect();
        for set in collusion::sets(&full, &naming) {
            let told = |known: &Set| {
                let mut members = known.members.iter();
                known.target == set.target && members.all(|member| set.members.contains(member))
            };
            if !sets.iter().any(told) {
                findings.push(self.colluding(&set, &naming, Held::WithBrokers));
            }
        }
    }

    fn colluding(&self, set: &Set, naming: &Naming<'_>, held: Held) -> Found {
        let verdict = Verdict::of(&set.view, &self.universe);
        let mut chain = verdict.chain(set.target, &set.view, naming, set.joins.clone());
        if let Some(beyond) = set.beyond {
            chain.push(Step::Beyond {
                domain: self.names[beyond].clone(),
            });
        }
        if !set.complete {
            chain.push(Step::Unsearched);
        }
        self.found(FindingKind::Colluding, held, &set.members, &verdict, chain)
    }

    /// How many records brokers give away, to all of these parties, before a misuse is noticed.
    fn exposure(&self, parties: &[usize]) -> u64 {
        let of_policy = |policy: &Policy, quotas: &mut dyn Iterator<Item = Quota>| {
            let asked = quotas.map(Quota::exposure).fold(0, u64::saturating_add);
            let rows = policy.background().rows;
            rows.map_or(asked, |rows| asked.min(rows))
        };
        let of_party = |&number: &usize| {
            let party = &self.parties[number];
            let released = party.policies.iter().map(|policy| {
                let mut quotas = policy.releases().iter().map(|release| release.quota);
                of_policy(policy, &mut quotas)
            });
            let messages = party.messages.iter().map(|&(policy, place)| {
                let mut quota = std::iter::once(policy.renders()[place].quota);
                of_policy(policy, &mut quota)
            });
            released.chain(messages).fold(0, u64::saturating_add)
        };
        parties.iter().map(of_party).fold(0, u64::saturating_add)
    }

    fn found(
        &self,
        kind: FindingKind,
        held: Held,
        parties: &[usize],
        verdict: &Verdict,
        chain: Chain,
    ) -> Found {
        let values = verdict.values().iter();
        let domains: BTreeSet<&Domain> = parties
            .iter()
            .flat_map(|&number| self.parties[number].owners(held))
            .map(Policy::domain)
            .collect();
        Found {
            finding: Finding {
                kind,
                domains: domains.into_iter().cloned().collect(),
                digest: self.digest(kind, held, parties, &chain),
                parties: parties
                    .iter()
                    .map(|&number| self.names[number].clone())
                    .collect(),
                chain,
                tells: values
                    .map(|&place| self.universe.fields[place].name.clone())
                    .collect(),
                exposure: (held == Held::WithBrokers).then(|| self.exposure(parties)),
                accepted: None,
            },
            parties: parties.to_vec(),
            held,
        }
    }

    fn digest(&self, kind: FindingKind, held: Held, parties: &[usize], chain: &Chain) -> Digest {
        let mut digest = Digester::new("paravent/finding/1");
        digest.text(kind.name());
        digest.number(parties.len());
        for &number in parties {
            // Where rows go does not change a policy, and does change what is accepted.
            let policies: BTreeSet<(&[u8; 32], &str)> = self.parties[number]
                .owners(held)
                .map(|policy| {
                    (
                        policy.0.digest.as_bytes(),
                        policy.goes_to().unwrap_or_default(),
                    )
                })
                .collect();
            digest.text(&self.names[number]);
            digest.number(policies.len());
            for (policy, goes_to) in policies {
                digest.bytes(policy);
                digest.text(goes_to);
            }
        }
        digest.text(&chain.to_string());
        digest.finish()
    }

    /// The digests of all beginnings of chains.
    pub(super) fn beginnings(&self, found: &[Found]) -> BTreeSet<[u8; 32]> {
        let of_one = |found: &Found| {
            let Found {
                finding,
                parties,
                held,
            } = found;
            let chains = finding.chain.beginnings();
            let digests = chains.map(|chain| self.digest(finding.kind, *held, parties, &chain));
            digests.map(|digest| *digest.as_bytes()).collect::<Vec<_>>()
        };
        found.iter().flat_map(of_one).collect()
    }
}

impl<'a> Party<'a> {
    fn new(
        universe: &Universe,
        number: usize,
        policies: Vec<&'a Policy>,
        messages: Vec<(&'a Policy, usize)>,
    ) -> Self {
        let senders = || messages.iter().map(|&(policy, _)| policy);
        // What stands behind those whose messages it carries bounds what it reads there, and not its own rows.
        let own = policies
            .iter()
            .copied()
            .chain(senders().filter(|_| policies.is_empty()));
        let mut bulk = View::new(universe, number, own.map(Policy::background));
        for policy in &policies {
            bulk.add_bulk(universe, policy);
        }
        let mut full = bulk.clone();
        senders().for_each(|sender| full.add_bounds(sender.background()));
        for policy in &policies {
            full.add_released(universe, policy);
        }
        for &(policy, place) in &messages {
            full.add_rendered(universe, policy, place);
        }
        bulk.close(universe);
        full.close(universe);
        Self {
            policies,
            messages,
            bulk,
            full,
        }
    }

    /// The policies that say what it gets: in bulk, or with what brokers do.
    fn owners(&self, held: Held) -> impl Iterator<Item = &'a Policy> {
        let own = held == Held::InBulk && !self.policies.is_empty();
        let senders = self.messages.iter().map(|&(policy, _)| policy);
        self.policies
            .iter()
            .copied()
            .chain(senders.filter(move |_| !own))
    }

    fn is_brokered(&self) -> bool {
        !self.messages.is_empty()
            || self
                .policies
                .iter()
                .any(|policy| !policy.releases().is_empty())
    }
}
