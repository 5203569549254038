use super::{Clinic, stderr, stdout};

const COMMANDS: [&str; 34] = [
    "init",
    "keygen",
    "rotate",
    "epoch",
    "epoch list",
    "epoch disable",
    "epoch enable",
    "epoch destroy",
    "grant",
    "grant list",
    "grant split",
    "policy",
    "policy check",
    "policy diff",
    "policy strip",
    "policy plant",
    "protect",
    "reveal",
    "release",
    "log",
    "log verify",
    "log show",
    "log rotate",
    "migrate",
    "reseal",
    "audit",
    "inspect",
    "attribute",
    "schema",
    "schema show",
    "profile",
    "profile show",
    "completions",
    "man",
];

#[test]
fn each_command_has_help_with_examples() {
    let clinic = Clinic::new();
    for command in COMMANDS {
        let help = stdout(&clinic.run(&format!("{command} --help")).code(0).stderr(""));
        assert!(
            help.contains(&format!("Usage: paravent {command}")),
            "{help}"
        );
        let (_, examples) = help
            .split_once("EXAMPLES\n")
            .unwrap_or_else(|| panic!("{help}"));
        let name = command.split(' ').next().unwrap();
        assert!(examples.contains(&format!("paravent {name}")), "{help}");
        let widest = help.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 100, "{command}: {widest}");
    }
}

#[test]
fn the_main_help_lists_commands_and_exit_codes() {
    let clinic = Clinic::new();
    let help = stdout(&clinic.run("--help").code(0).stderr(""));
    for command in COMMANDS {
        let name = command.split(' ').next().unwrap();
        assert!(help.contains(&format!("\n  {name} ")), "{name}: {help}");
    }
    let (_, codes) = help.split_once("EXIT CODES\n").unwrap();
    for code in [
        "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "128+n",
    ] {
        assert!(codes.contains(&format!("  {code} ")), "{code}: {codes}");
    }
    let version = stdout(&clinic.run("--version").code(0));
    assert_eq!(
        version,
        concat!("paravent ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn completions_are_of_each_shell() {
    let clinic = Clinic::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = stdout(
            &clinic
                .run(&format!("completions {shell}"))
                .code(0)
                .stderr(""),
        );
        assert!(
            text.contains("keygen") && text.contains("passphrase-fd"),
            "{shell}"
        );
    }
    clinic.run("completions csh").code(2);
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let clinic = Clinic::new();
    let first = stdout(&clinic.run("man").code(0));
    assert!(
        first.contains(".SH EXIT CODES\n") && first.contains("128+n"),
        "{first}"
    );

    clinic.run("man --output share/man1").code(0).stdout("");
    for command in COMMANDS {
        let name = format!("share/man1/paravent-{}.1", command.replace(' ', "-"));
        let page = clinic.read(&name);
        assert!(
            page.contains(&format!(".SH SYNOPSIS\n\\fBparavent {command}\\fR")),
            "{page}"
        );
        assert!(page.contains("\n.SH EXAMPLES\n.nf\n"), "{page}");
    }
    assert_eq!(clinic.read("share/man1/paravent.1"), first);

    // Pages are files like others.
    let again = clinic.run("man --output share/man1").code(2);
    assert!(stderr(&again).contains("there is a file already"));
    clinic.run("man --output share/man1 --force").code(0);
}

#[test]
fn wrong_arguments_are_told_to_people_and_machines() {
    let clinic = Clinic::new();
    for wrong in [
        "frobnicate",
        "protect",
        "protect appointments.csv",
        "protect appointments.csv --policy p.toml --jobs 0",
        "protect appointments.csv --policy p.toml --window 0",
        "protect appointments.csv --policy p.toml --on-error quarantine",
        "protect appointments.csv --policy p.toml --on-error quarantine --force",
        "protect appointments.csv --policy p.toml --on-error=quarantine -q",
        "protect appointments.csv --policy p.toml --on-error skip",
        "protect appointments.csv --policy p.toml --delimiter ab",
        "protect appointments.csv --policy p.toml --passphrase secret",
        "protect appointments.csv --policy p.toml --passphrase-fd 3 --passphrase-file f",
        "reveal rows.csv --policy p.toml --keyring k --grant g",
        "rotate --linkage --not-after 2999-12-31",
        "epoch disable 0",
        "grant --policy p.toml",
        "grant --policy p.toml --owner o --until yesterday -o g",
    ] {
        let told = stderr(&clinic.run(wrong).code(2).stdout(""));
        assert!(told.starts_with("error: "), "{wrong}: {told}");
    }
    let told = stderr(&clinic.run("protect --json").code(2).stdout(""));
    let error = super::json(&told);
    assert_eq!(error["error"], "usage");
    assert!(
        error["message"].as_str().unwrap().contains("--policy"),
        "{told}"
    );
}
