//! The smallest sets of domains that link together.
//!
//! Whether a set of domains tells something is monotone: more domains tell no less. So the smallest sets are found by
//! looking at pairs first, and then at the largest sets that hold none of those that were found: what such a set does not tell, no part of
//! it does, and what it tells, a smallest part of it does.

use std::collections::{BTreeMap, HashSet};

use super::{
    finding::Step,
    members::Members,
    verdict::{Naming, Target, Verdict},
    view::View,
};

/// How many views are merged, over all sets of three and more that are looked at for one target. Beyond, the whole stands
/// for all that were not found.
const MAX_MERGED: usize = 500_000;

/// Domains that link together, no smaller set of which does.
pub(super) struct Set {
    /// Positions in the views, ascending.
    pub(super) members: Vec<usize>,
    pub(super) view: View,
    pub(super) target: Target,
    /// How rows find each other.
    pub(super) joins: Vec<Step>,
    /// Whether it is known to be a smallest one.
    pub(super) complete: bool,
    /// Where one of two tells it alone, of its own rows: the other, whose rows are more.
    pub(super) beyond: Option<usize>,
}

/// Every smallest set among closed views, in the order of their members.
pub(super) fn sets(views: &[&View], naming: &Naming<'_>) -> Vec<Set> {
    let search = Search::new(views, naming);
    let mut sets: BTreeMap<Vec<usize>, Set> = BTreeMap::new();
    for target in search.targets() {
        let (smallest, unsearched) = search.smallest(target);
        for (members, complete) in smallest
            .into_iter()
            .map(|members| (members, true))
            .chain(unsearched.into_iter().map(|members| (members, false)))
        {
            if sets.contains_key(&members) {
                continue;
            }
            // Who tells the value of something tells no more by its being there.
            let set = search.set(&members, target, complete, None);
            let told = Verdict::of(&set.view, naming.universe).targets();
            if !complete || told.contains(&target) {
                sets.insert(members, set);
            }
        }
    }
    for &(members, target, beyond) in &search.beyond {
        let set = || search.set(&members, target, true, Some(beyond));
        sets.entry(members.to_vec()).or_insert_with(set);
    }
    sets.into_values().collect()
}

struct Search<'a> {
    views: &'a [&'a View],
    naming: &'a Naming<'a>,
    /// What each tells alone.
    alone: Vec<Verdict>,
    /// With whom each joins, ascending.
    joins: Vec<Vec<usize>>,
    /// The pairs that tell something, whatever one of them tells alone.
    pairs: BTreeMap<Target, Vec<[usize; 2]>>,
    /// Pairs of which one tells something alone, of its own rows, and the other adds what it knows of the same people in more rows.
    beyond: Vec<([usize; 2], Target, usize)>,
    /// How many views are merged to look for sets of three and more.
    most_merged: usize,
}

/// Domains and what a thief has who joined them.
struct Merged {
    members: Vec<usize>,
    view: View,
}

impl<'a> Search<'a> {
    fn new(views: &'a [&'a View], naming: &'a Naming<'a>) -> Self {
        let universe = naming.universe;
        let mut search = Self {
            alone: views
                .iter()
                .map(|view| Verdict::of(view, universe))
                .collect(),
            views,
            naming,
            joins: vec![Vec::new(); views.len()],
            pairs: BTreeMap::new(),
            beyond: Vec::new(),
            most_merged: MAX_MERGED,
        };
        for one in 0..views.len() {
            for two in one + 1..views.len() {
                if views[one].joins(views[two], universe) {
                    search.joins[one].push(two);
                    search.joins[two].push(one);
                    search.pair(one, two);
                }
            }
        }
        search
    }

    /// Notes what a pair tells.
    fn pair(&mut self, one: usize, two: usize) {
        if !self.views[one].may_identify_with(self.views[two], self.naming.universe) {
            return;
        }
        let merged = self.merge(&[one, two]);
        let verdict = Verdict::of(&merged, self.naming.universe);
        for target in verdict.all_targets() {
            self.pairs.entry(target).or_default().push([one, two]);
        }
        for (teller, other) in [(one, two), (two, one)] {
            let wider = self.views[other].bounds.rows > self.views[teller].bounds.rows;
            if wider && self.views[other].shows_groups() {
                let tells = |place| self.views[other].tells_value(place);
                let targets = self.alone[teller].targets().into_iter().find(|&target| {
                    let value = matches!(target, Target::Value(place) if tells(place));
                    value && !self.alone[other].tells(target)
                });
                self.beyond
                    .extend(targets.map(|target| ([one, two], target, other)));
            }
        }
    }

    /// What all together tell, values first: who is told a value is told more than that few are left.
    fn targets(&self) -> Vec<Target> {
        let everybody: Vec<usize> = (0..self.views.len()).collect();
        let mut targets: Vec<Target> = Vec::new();
        for component in self.components(&everybody) {
            for target in Verdict::of(&component.view, self.naming.universe).all_targets() {
                if !targets.contains(&target) {
                    targets.push(target);
                }
            }
        }
        targets.sort_by_key(|target| (!target.is_of_value(), *target == Target::Few));
        targets
    }

    /// The smallest sets that tell `target`, and those that were not looked through. Who tells it alone is in none.
    fn smallest(&self, target: Target) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
        let others: Vec<usize> = (0..self.views.len())
            .filter(|&member| !self.alone[member].tells(target))
            .collect();
        let (mut smallest, mut unsearched) = (Vec::new(), Vec::new());
        for component in self.components(&others) {
            if Verdict::of(&component.view, self.naming.universe).tells(target) {
                let (found, complete) = self.smallest_within(&component.members, target);
                smallest.extend(found);
                unsearched.extend((!complete).then_some(component.members));
            }
        }
        (smallest, unsearched)
    }

    /// The smallest sets within a component, and whether all of it was looked through.
    fn smallest_within(&self, component: &[usize], target: Target) -> (Vec<Vec<usize>>, bool) {
        let among = self.views.len();
        let whole = Members::of(among, component);
        let pairs = self.pairs.get(&target).into_iter().flatten();
        let mut found: Vec<Vec<usize>> = pairs
            .filter(|pair| pair.iter().all(|&member| whole.contains(member)))
            .map(|pair| pair.to_vec())
            .collect();
        let partners = partners(among, &found);
        let mut larger: Vec<Vec<usize>> = Vec::new();
        // Sets that tell nothing.
        let mut silent: Vec<Members> = Vec::new();
        let mut seen: HashSet<Members> = HashSet::new();
        let mut merged = 0;
        let mut open = vec![whole];
        while let Some(set) = open.pop() {
            if silent.iter().any(|silent| set.is_within(silent)) || !seen.insert(set.clone()) {
                continue;
            }
            merged += component.len();
            if merged > self.most_merged {
                found.extend(larger);
                return (found, false);
            }
            // A part that holds no pair has either not this member, or none of its partners.
            let busiest = partners
                .iter()
                .filter(|(member, _)| set.contains(**member))
                .max_by_key(|(_, partners)| partners.common(&set))
                .filter(|(_, partners)| partners.common(&set) > 0);
            let within = |found: &&Vec<usize>| found.iter().all(|&member| set.contains(member));
            if let Some((&member, partners)) = busiest {
                open.push(set.without(&[member]));
                open.push(set.minus(partners));
            } else if let Some(found) = larger.iter().find(within) {
                open.extend(found.iter().map(|&member| set.without(&[member])));
            } else if self.tell(&set, target) {
                let smallest = self.shrink(set.clone(), target);
                open.extend(smallest.iter().map(|&member| set.without(&[member])));
                larger.push(smallest);
            } else {
                silent.push(set);
            }
        }
        found.extend(larger);
        (found, true)
    }

    /// A smallest part of a set that tells `target`.
    fn shrink(&self, mut set: Members, target: Target) -> Vec<usize> {
        let mut chunk = set.to_vec().len().div_ceil(2);
        loop {
            for part in set.to_vec().chunks(chunk) {
                let rest = set.without(part);
                if self.tell(&rest, target) {
                    set = rest;
                }
            }
            if chunk == 1 {
                return set.to_vec();
            }
            chunk = chunk.div_ceil(2);
        }
    }

    fn tell(&self, set: &Members, target: Target) -> bool {
        self.components(&set.to_vec())
            .iter()
            .any(|component| Verdict::of(&component.view, self.naming.universe).tells(target))
    }

    /// Those of `among` that join, directly or over what others add, until nothing changes.
    fn components(&self, among: &[usize]) -> Vec<Merged> {
        let mut left = Members::of(self.views.len(), among);
        let mut components: Vec<Merged> = Vec::new();
        for &first in among {
            if !left.contains(first) {
                continue;
            }
            let mut members = vec![first];
            left = left.without(&[first]);
            let mut at = 0;
            while at < members.len() {
                for &neighbour in &self.joins[members[at]] {
                    if left.contains(neighbour) {
                        left = left.without(&[neighbour]);
                        members.push(neighbour);
                    }
                }
                at += 1;
            }
            let view = self.merge(&members);
            components.push(Merged { members, view });
        }
        // Merged views can join where none of their parts did.
        while let Some((one, two)) = self.joining(&components) {
            let other = components.swap_remove(two);
            components[one].members.extend(other.members);
            components[one].view.add(&other.view, self.naming.universe);
            components[one].view.close(self.naming.universe);
        }
        for component in &mut components {
            component.members.sort_unstable();
        }
        components
    }

    /// Two components that join, the second behind the first; two single ones would be one already.
    fn joining(&self, components: &[Merged]) -> Option<(usize, usize)> {
        (0..components.len()).find_map(|one| {
            let joins = |&two: &usize| {
                let larger = components[one].members.len() + components[two].members.len() != 2;
                let [one, two] = [&components[one].view, &components[two].view];
                larger && one.joins(two, self.naming.universe)
            };
            Some((one, (one + 1..components.len()).find(joins)?))
        })
    }

    fn merge(&self, members: &[usize]) -> View {
        let mut view = self.views[members[0]].clone();
        for &member in &members[1..] {
            view.add(self.views[member], self.naming.universe);
        }
        if members.len() != 1 {
            view.close(self.naming.universe);
        }
        view
    }

    fn set(&self, members: &[usize], target: Target, complete: bool, beyond: Option<usize>) -> Set {
        let view = self.merge(members);
        let mut order = members.to_vec();
        let first = self.naming.begins(&view);
        order.sort_by_key(|&member| Some(self.views[member].parties[0]) != first);
        Set {
            joins: self.joins_of(&order),
            view,
            members: members.to_vec(),
            target,
            complete,
            beyond,
        }
    }

    /// How rows find each other: each time the first two groups that join.
    fn joins_of(&self, members: &[usize]) -> Vec<Step> {
        let universe = self.naming.universe;
        let mut groups: Vec<Merged> = members
            .iter()
            .map(|&member| Merged {
                members: vec![member],
                view: self.views[member].clone(),
            })
            .collect();
        let mut steps = Vec::new();
        let pair = |groups: &[Merged]| {
            (0..groups.len()).find_map(|one| {
                let joins = |&two: &usize| groups[one].view.joins(&groups[two].view, universe);
                Some((one, (one + 1..groups.len()).find(joins)?))
            })
        };
        while let Some((one, two)) = pair(&groups) {
            let other = groups.remove(two);
            let shared = groups[one].view.shared(&other.view, universe);
            steps.push(self.naming.joined(&other.view.parties, &shared));
            groups[one].members.extend(other.members);
            groups[one].view.add(&other.view, universe);
            groups[one].view.close(universe);
        }
        steps
    }
}

/// With whom each is in one of these pairs.
fn partners(among: usize, pairs: &[Vec<usize>]) -> BTreeMap<usize, Members> {
    let mut partners: BTreeMap<usize, Members> = BTreeMap::new();
    for pair in pairs {
        for &one in pair {
            let set = partners.entry(one).or_insert_with(|| Members::none(among));
            pair.iter()
                .filter(|&&two| two != one)
                .for_each(|&two| set.insert(two));
        }
    }
    partners
}

#[cfg(test)]
mod tests;
