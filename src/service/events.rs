//! What a service tells as events of `tracing`, target `paravent`. Names, codes, files and lines; never a value.

#![cfg_attr(not(feature = "tracing"), allow(unused_variables))]

use super::counters::Counters;
use crate::{
    error::Error,
    id::{Domain, Epoch},
};

pub(super) fn started(domains: usize, active: Epoch) {
    #[cfg(feature = "tracing")]
    tracing::info!(target: "paravent", domains, epoch = active.number(), "service started");
}

pub(super) fn reloaded(domains: usize, active: Epoch) {
    #[cfg(feature = "tracing")]
    tracing::info!(target: "paravent", domains, epoch = active.number(), "service reloaded");
}

/// The old state goes on.
pub(super) fn reload_failed(error: &Error) {
    #[cfg(feature = "tracing")]
    tracing::error!(
        target: "paravent",
        code = error.code(),
        file = error.file().map(|file| tracing::field::display(file.display())),
        line = error.line(),
        %error,
        "reload failed, and what was loaded before stays"
    );
}

pub(super) fn failed(domain: &Domain, error: &Error) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        target: "paravent",
        domain = domain.as_str(),
        code = error.code(),
        field = error.field(),
        "row failed"
    );
}

/// One event for all rows, one a kind of failure, one a domain and epoch.
pub(super) fn counted(counters: &Counters) {
    #[cfg(feature = "tracing")]
    {
        let Counters {
            protected,
            revealed,
            failures,
            seals,
        } = counters;
        tracing::info!(target: "paravent", protected, revealed, "rows counted");
        for (code, failures) in failures {
            tracing::info!(target: "paravent", code, failures, "failures counted");
        }
        for (domain, epochs) in seals {
            for (epoch, seals) in epochs {
                tracing::info!(
                    target: "paravent",
                    domain = domain.as_str(),
                    epoch = epoch.number(),
                    seals,
                    "seals counted"
                );
            }
        }
    }
}
