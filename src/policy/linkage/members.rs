//! Sets of domains, by position.

/// Some of the domains of a set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Members(Vec<u64>);

impl Members {
    /// None of `among` domains.
    pub(super) fn none(among: usize) -> Self {
        Self(vec![0; among.div_ceil(64)])
    }

    pub(super) fn insert(&mut self, member: usize) {
        self.0[member / 64] |= 1 << (member % 64);
    }

    pub(super) fn contains(&self, member: usize) -> bool {
        self.0[member / 64] & 1 << (member % 64) != 0
    }

    /// Without those of another set.
    pub(super) fn minus(&self, other: &Self) -> Self {
        let words = self.0.iter().zip(&other.0);
        Self(words.map(|(mine, others)| mine & !others).collect())
    }

    /// Without these.
    pub(super) fn without(&self, members: &[usize]) -> Self {
        let mut rest = self.clone();
        for member in members {
            rest.0[member / 64] &= !(1 << (member % 64));
        }
        rest
    }

    pub(super) fn is_within(&self, other: &Self) -> bool {
        self.0
            .iter()
            .zip(&other.0)
            .all(|(mine, others)| mine & !others == 0)
    }

    /// How many both have.
    pub(super) fn common(&self, other: &Self) -> u32 {
        let words = self.0.iter().zip(&other.0);
        words
            .map(|(mine, others)| (mine & others).count_ones())
            .sum()
    }

    /// Ascending.
    pub(super) fn to_vec(&self) -> Vec<usize> {
        (0..self.0.len() * 64)
            .filter(|&member| self.contains(member))
            .collect()
    }

    pub(super) fn of(among: usize, members: &[usize]) -> Self {
        let mut set = Self::none(among);
        members.iter().for_each(|&member| set.insert(member));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::Members;

    #[test]
    fn sets_of_130() {
        let set = Members::of(130, &[0, 63, 64, 129]);
        assert_eq!(set.to_vec(), [0, 63, 64, 129]);
        assert!(set.contains(129) && !set.contains(128));
        assert_eq!(set.without(&[63, 129]).to_vec(), [0, 64]);
        let other = Members::of(130, &[63, 64, 65]);
        assert_eq!(set.minus(&other).to_vec(), [0, 129]);
        assert_eq!(set.common(&other), 2);
        assert!(Members::of(130, &[0, 129]).is_within(&set));
        assert!(!other.is_within(&set) && !set.is_within(&other));
    }
}
