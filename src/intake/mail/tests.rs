use super::*;

fn mail(text: &str) -> ParsedMail {
    parse(text.replace('\n', "\r\n").as_bytes()).unwrap()
}
