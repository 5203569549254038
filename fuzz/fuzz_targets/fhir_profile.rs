#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| paravent_fuzz::fhir_profile(data));
