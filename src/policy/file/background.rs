//! What stands behind a domain: `goes_to`, `knows`, `shares`, `[holds]` and `[tenancy]`.

use serde::Deserialize;
use toml::Spanned;

use super::{File, Reader};
use crate::{
    error::{Error, Result},
    policy::{Background, Share, rules::K},
    toml_file::hint,
};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HoldsFile {
    rows: Option<Spanned<i64>>,
    subjects: Option<Spanned<i64>>,
    visits: Option<Spanned<i64>>,
    k: Option<Spanned<i64>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TenancyFile {
    specialties: Option<Spanned<i64>>,
    practices: Option<Spanned<i64>>,
}

impl Reader<'_> {
    pub(super) fn background(&self, file: &File) -> Result<Background> {
        let stated = |what: &str, number: &Option<Spanned<i64>>| {
            number
                .as_ref()
                .map(|number| self.count(what, number))
                .transpose()
        };
        let (holds, tenancy) = (&file.holds, &file.tenancy);
        if let Some(text) = &file.goes_to {
            self.text("`goes_to`", "say where the rows go, or leave it out", text)?;
        }
        let mut background = Background {
            rows: stated("`rows`", &holds.rows)?,
            subjects: stated("`subjects`", &holds.subjects)?,
            visits: stated("`visits`", &holds.visits)?,
            k: match &holds.k {
                Some(k) => self.number("`k`", k, K as i64..=i64::MAX)?,
                None => K,
            },
            specialties: stated("`specialties`", &tenancy.specialties)?,
            practices: stated("`practices`", &tenancy.practices)?,
            knows: self.positions("`knows`", &file.knows)?,
            shares: self.shares(&file.shares)?,
            goes_to: file.goes_to.as_ref().map(|text| text.get_ref().clone()),
        };
        background.knows.sort_unstable();
        if let (Some(rows), Some(subjects), Some(place)) =
            (background.rows, background.subjects, &holds.subjects)
            && subjects > rows
        {
            let error = Error::definition(
                format!("`subjects` is {subjects}, more than `rows`, which is {rows}"),
                "each person has a row: state no more subjects than rows",
            );
            self.at(place, Err(error))?;
        }
        Ok(background)
    }

    fn shares(&self, words: &[Spanned<String>]) -> Result<Vec<Share>> {
        let names = || Share::ALL.into_iter().map(Share::name);
        let mut shares = Vec::new();
        for word in words {
            let share = Share::ALL
                .into_iter()
                .find(|share| share.name() == word.get_ref());
            let share = share.ok_or_else(|| {
                Error::definition(
                    format!(
                        "`shares` has an unknown word{}",
                        hint(word.get_ref(), names())
                    ),
                    "use \"record-id\", \"sealing\" or \"order\"",
                )
            });
            let share = self.at(word, share)?;
            if shares.contains(&share) {
                let error = Error::definition("`shares` has a word twice", "list each word once");
                return self.at(word, Err(error));
            }
            shares.push(share);
        }
        Ok(shares)
    }
}
