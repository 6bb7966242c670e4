//! A DNS server that does what a script says.

use std::{net::SocketAddr, time::Duration};

use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{RData, Record, RecordType, rdata},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UdpSocket},
};

/// How it answers.
#[derive(Clone, Copy)]
pub(crate) enum Dns {
    /// Every name is at 127.0.0.1, after so many milliseconds.
    Loopback(u64),
    /// Every name is at an address where nobody is and at 127.0.0.1.
    TwoAddresses,
    NoSuchName,
    Failure,
    Silent,
    /// Over UDP only that the answer is too long for it.
    TooLong,
    /// Every name has these mail exchangers.
    Mail,
    /// Nonsense, answers to other questions, and at last the right one.
    Noise,
}

pub(crate) async fn serve(how: Dns) -> SocketAddr {
    let (udp, tcp) = loop {
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
            break (udp, tcp);
        }
    };
    let address = udp.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = udp.recv_from(&mut buffer).await {
            let question = Message::from_vec(&buffer[..length]).unwrap();
            if let Dns::Loopback(ms) = how {
                tokio::time::sleep(Duration::from_millis(ms)).await;
            }
            if let Dns::Noise = how {
                udp.send_to(b"noise", from).await.unwrap();
                let mut other = answer(&question, Dns::Loopback(0)).unwrap();
                other.metadata.id ^= 1;
                udp.send_to(&other.to_vec().unwrap(), from).await.unwrap();
            }
            if let Some(answer) = answer(&question, how) {
                udp.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
            }
        }
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = tcp.accept().await {
            let length = stream.read_u16().await.unwrap();
            let mut bytes = vec![0; usize::from(length)];
            stream.read_exact(&mut bytes).await.unwrap();
            let answer = answer(&Message::from_vec(&bytes).unwrap(), Dns::Loopback(0)).unwrap().to_vec().unwrap();
            stream.write_u16(answer.len() as u16).await.unwrap();
            stream.write_all(&answer).await.unwrap();
        }
    });
    address
}

fn answer(question: &Message, how: Dns) -> Option<Message> {
    let asked = question.queries.first()?.clone();
    let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
    answer.add_query(asked.clone());
    let mut add = |data| {
        answer.add_answer(Record::from_rdata(asked.name().clone(), 60, data));
    };
    let a = |last| RData::A(rdata::A::new(127, 0, 0, last));
    match how {
        Dns::Silent => return None,
        Dns::Loopback(_) | Dns::Noise if asked.query_type() == RecordType::A => add(a(1)),
        Dns::TwoAddresses if asked.query_type() == RecordType::A => {
            add(a(99));
            add(a(1));
        }
        Dns::Mail => {
            add(RData::MX(rdata::MX::new(10, "mail.shop.test.".parse().unwrap())));
            add(RData::MX(rdata::MX::new(20, "spare.shop.test.".parse().unwrap())));
        }
        Dns::NoSuchName => answer.metadata.response_code = ResponseCode::NXDomain,
        Dns::Failure => answer.metadata.response_code = ResponseCode::ServFail,
        Dns::TooLong => answer.metadata.truncation = true,
        Dns::Loopback(_) | Dns::Noise | Dns::TwoAddresses => {}
    }
    Some(answer)
}
