#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| paravent_fuzz::hl7v2(data));
