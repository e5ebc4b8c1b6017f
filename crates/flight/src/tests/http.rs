//! Tests the outcome of a batch for each answer of a server. The server is a thread with prepared answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::{OtlpBatch, OtlpHttp, OtlpSender};

/// Answers requests in turn, and returns their bodies. An empty answer closes the connection.
fn server(answers: &'static [&'static str]) -> (String, JoinHandle<Vec<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let serve = move || {
        let serve = |answer: &&str| {
            let (mut stream, _) = listener.accept().unwrap();
            let body = body_of(&stream);
            stream.write_all(answer.as_bytes()).unwrap();
            body
        };
        answers.iter().map(serve).collect()
    };
    (endpoint, thread::spawn(serve))
}

fn body_of(stream: &TcpStream) -> Vec<u8> {
    let mut reader = BufReader::new(stream);
    let mut len = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            len = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; len];
    reader.read_exact(&mut body).unwrap();
    body
}

const FINE: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
/// `partial_success.rejected_spans` is 2.
const PARTLY: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\n\x0a\x02\x08\x02";
const BUSY: &str = "HTTP/1.1 503 Busy\r\nretry-after: 0\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
const LATER: &str = "HTTP/1.1 429 Later\r\nretry-after: 0\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
const BAD: &str = "HTTP/1.1 400 Bad\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
const ELSEWHERE: &str =
    "HTTP/1.1 307 There\r\nlocation: http://127.0.0.1:1/\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
const GONE: &str = "";

/// Sends batches of three spans. Returns the numbers of spans that were sent, rejected and given up.
fn send(endpoint: &str, batches: u8) -> [u64; 3] {
    let sender: OtlpSender = OtlpHttp::new(endpoint).start().unwrap();
    (0..batches).for_each(|number| sender.send(OtlpBatch { bytes: vec![number; 5], spans: 3 }));
    assert!(sender.flush(Duration::from_secs(60)));
    let counts = sender.counts();
    assert_eq!(counts.dropped, 0);
    [counts.sent, counts.rejected, counts.failed]
}

#[test]
fn a_batch_is_sent_again_where_the_server_asks_for_it_or_is_gone() {
    let (endpoint, server) = server(&[BUSY, GONE, LATER, FINE, FINE]);
    assert_eq!(send(&endpoint, 2), [6, 0, 0]);
    let bodies = server.join().unwrap();
    let numbers: Vec<_> = bodies.iter().map(|body| body[0]).collect();
    assert_eq!(numbers, [0, 0, 0, 0, 1], "in their order");
    assert!(bodies.iter().all(|body| body.len() == 5), "whole, each time");
}

#[test]
fn a_batch_is_given_up_after_five_attempts_and_the_next_is_sent() {
    let (endpoint, server) = server(&[BUSY, BUSY, LATER, BUSY, BUSY, FINE]);
    assert_eq!(send(&endpoint, 2), [3, 0, 3]);
    let numbers: Vec<_> = server.join().unwrap().iter().map(|body| body[0]).collect();
    assert_eq!(numbers, [0, 0, 0, 0, 0, 1]);
}

#[test]
fn what_a_server_refuses_is_not_sent_again_and_what_it_rejects_is_counted() {
    let (endpoint, server) = server(&[BAD, ELSEWHERE, PARTLY, FINE]);
    assert_eq!(send(&endpoint, 4), [1 + 3, 2, 2 * 3]);
    let numbers: Vec<_> = server.join().unwrap().iter().map(|body| body[0]).collect();
    assert_eq!(numbers, [0, 1, 2, 3]);
}
