use std::{io::Write as _, net::TcpStream, time::Duration};

use paravent::hl7v2::{Frames, frame};

use super::{
    messages,
    processes::{Place, command},
};

/// Sends a message on a connection of its own, and returns what is answered.
fn ask(address: &str, message: &[u8]) -> String {
    let stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    (&stream).write_all(&frame(message)).unwrap();
    let ack = Frames::new(&stream).read().unwrap().unwrap();
    String::from_utf8(ack).unwrap()
}

#[test]
fn a_message_is_answered_for_by_its_own_number() {
    let place = Place::new();
    let receiver = place.receiver("127.0.0.1:0");
    let screen = place.screen("127.0.0.1:0", &receiver.address);
    let message = messages::message(7, 1, 1);
    let id = messages::id(7, 1, 1);
    let ack = ask(&screen.address, &message);
    assert!(ack.starts_with("MSH|^~\\&|||||||ACK^S1"), "{ack}");
    assert!(
        ack.ends_with(&format!("|{id}|P|2.5.1\rMSA|AA|{id}\r")),
        "{ack}"
    );
    assert!(!ack.contains("AGENDA") && !ack.contains("CABINET"), "{ack}");

    // Other delimiters are answered with.
    let text = String::from_utf8(messages::message(7, 1, 2)).unwrap();
    let other = text.replace('&', "$").replace('^', "*").replace('|', "^");
    let ack = ask(&screen.address, other.as_bytes());
    assert!(
        ack.starts_with("MSH^*~\\$^") && ack.contains("^ACK*S1"),
        "{ack}"
    );
    assert!(ack.contains("\rMSA^AA^7.1.2\r"), "{ack}");
    place.wait();
    assert_eq!(place.kept().len(), 2);
}

#[test]
fn a_message_that_comes_again_is_handed_on_once() {
    let place = Place::new();
    let receiver = place.receiver("127.0.0.1:0");
    let mut screen = place.screen("127.0.0.1:0", &receiver.address);
    let message = messages::message(7, 1, 1);
    let first = ask(&screen.address, &message);
    assert_eq!(ask(&screen.address, &message), first);
    // Also after a restart.
    screen.kill();
    let screen = place.screen("127.0.0.1:0", &receiver.address);
    assert_eq!(ask(&screen.address, &message), first);
    // One with the same number and another content is another message.
    let other = String::from_utf8(message)
        .unwrap()
        .replace("Booked", "Cancelled");
    assert!(ask(&screen.address, other.as_bytes()).contains("MSA|AA|"));
    place.wait();
    let revealer = place.revealer();
    let kept: Vec<_> = place
        .kept()
        .iter()
        .map(|message| revealer.reveal(message).unwrap().as_bytes().to_vec())
        .collect();
    assert_eq!(kept, [messages::message(7, 1, 1), other.into_bytes()]);
}

#[test]
fn a_message_that_is_refused_is_told_without_a_value_and_kept_nowhere() {
    let place = Place::new();
    let receiver = place.receiver("127.0.0.1:0");
    let screen = place.screen("127.0.0.1:0", &receiver.address);
    let text = String::from_utf8(messages::message(7, 1, 1)).unwrap();
    let admission = text
        .replace("SIU^", "ADT^")
        .replace("Consultation", "SECRETWORD");
    let ack = ask(&screen.address, admission.as_bytes());
    assert!(ack.ends_with("\rMSA|AE|7.1.1|message\r"), "{ack}");
    // The same number is free for what is right.
    assert!(ask(&screen.address, text.as_bytes()).contains("MSA|AA|7.1.1"));
    // What is no message at all gets an answer, too, and the screen goes on.
    let ack = ask(&screen.address, b"GET / HTTP/1.1");
    assert!(ack.contains("\rMSA|AE||message\r"), "{ack}");
    place.wait();
    let kept = place.kept();
    assert_eq!(kept.len(), 1);
    for entry in std::fs::read_dir(place.at("journal")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(super::needles::found_in(&bytes, "SECRETWORD").is_empty());
    }
    // A message that is protected is not protected again.
    let ack = ask(&screen.address, &kept[0]);
    assert!(ack.contains("\rMSA|AE|"), "{ack}");
}

#[test]
fn the_sender_is_told_to_come_again_while_the_receiver_is_far_behind() {
    let place = Place::new();
    let receiver = place.receiver("127.0.0.1:0");
    let to_receiver = receiver.address.clone();
    drop(receiver);
    let screen = place.screen("127.0.0.1:0", &to_receiver);
    let stream = TcpStream::connect(&screen.address).unwrap();
    let mut frames = Frames::new(&stream);
    let mut answer = |number: u64| {
        let message = messages::message(7, 1, number);
        (&stream).write_all(&frame(&message)).unwrap();
        String::from_utf8(frames.read().unwrap().unwrap()).unwrap()
    };
    for number in 1..=1_000 {
        assert!(answer(number).contains("MSA|AA|"));
    }
    assert!(answer(1_001).ends_with("\rMSA|AR|7.1.1001|busy\r"));
    let receiver = place.receiver(&to_receiver);
    place.wait();
    assert!(answer(1_001).contains("MSA|AA|7.1.1001"));
    place.wait();
    assert_eq!(place.kept().len(), 1_001);
    drop((screen, receiver));
}

#[test]
fn the_way_back_gives_the_messages_that_were_sent() {
    let place = Place::new();
    let receiver = place.receiver("127.0.0.1:0");
    // Its keyring is made.
    drop(place.screen("127.0.0.1:0", &receiver.address));
    let back = place.revealing_screen(&receiver.address);
    let screen = place.screen("127.0.0.1:0", &back.address);
    let sent: Vec<_> = (1..=20)
        .map(|number| messages::message(7, 1, number))
        .collect();
    for message in &sent {
        assert!(ask(&screen.address, message).contains("MSA|AA|"));
    }
    place.wait();
    let begin = std::time::Instant::now();
    while place.kept().len() < sent.len() {
        assert!(begin.elapsed().as_secs() < 20);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(place.kept(), sent);
    // The journal of the way back is of protected messages.
    for entry in std::fs::read_dir(place.at("back")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for word in messages::SURNAMES {
            assert!(super::needles::found_in(&bytes, word).is_empty());
        }
    }
    // What was not protected does not get through it.
    assert!(ask(&back.address, &sent[0]).contains("\rMSA|AE|"));
}

#[test]
fn two_screens_do_not_share_a_journal() {
    let place = Place::new();
    let screen = place.screen("127.0.0.1:0", "127.0.0.1:9");
    let words = place.of_screen("127.0.0.1:0", "127.0.0.1:9", "journal");
    let words: Vec<&str> = words.iter().map(|word| &**word).collect();
    assert!(!command(&words).status().unwrap().success());
    drop(screen);
    let screen = place.screen("127.0.0.1:0", "127.0.0.1:9");
    drop(screen);
}

#[test]
fn wrong_arguments_start_nothing() {
    for words in [
        &[][..],
        &["frobnicate"],
        &["screen"],
        &["receive", "--listen", "nowhere", "--into", "x"],
        &["send", "--to", "127.0.0.1:9"],
        &["send", "--to", "127.0.0.1:9", "--messages", "1", "--loud"],
        &["demo", "twice"],
    ] {
        assert_eq!(
            command(words).status().unwrap().code(),
            Some(1),
            "{words:?}"
        );
    }
    // Behind a command, too, as it was refused for what is missing.
    for words in [&["--help"][..], &["screen", "--help"], &["demo", "-h"]] {
        let output = command(words).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        assert!(output.stdout.starts_with(b"usage: feed"), "{words:?}");
    }
}

#[test]
fn the_demonstration_loses_and_doubles_nothing() {
    let output = command(&["demo"]).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{told}");
    assert!(
        told.ends_with("600 messages at the receiver: 0 lost, 0 doubled, 0 with a name or a specialty in clear\n"),
        "{told}"
    );
    assert!(
        told.contains("\n  ZPV|1|1|p1.") && told.contains("p99"),
        "{told}"
    );
}
