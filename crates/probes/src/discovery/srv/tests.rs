use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{Name, RData, Record, rdata::SRV},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UdpSocket},
};
use tokio_util::sync::CancellationToken;

use super::super::{ProbeSource, Sources};

/// What a DNS server has and does.
#[derive(Clone, Default)]
struct Zone {
    records: Arc<Mutex<Vec<(&'static str, u16)>>>,
    /// It says over UDP only that its answer does not fit.
    is_long: bool,
    code: Arc<Mutex<Option<ResponseCode>>>,
    asked: Arc<AtomicU32>,
}

impl Zone {
    fn answer(&self, bytes: &[u8], over_udp: bool) -> Vec<u8> {
        let question = Message::from_vec(bytes).expect("a question");
        let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
        let asked = question.queries.first().expect("a query").clone();
        answer.add_query(asked.clone());
        self.asked.fetch_add(1, Ordering::Relaxed);
        if let Some(code) = *self.code.lock().expect("held") {
            answer.metadata.response_code = code;
        } else if self.is_long && over_udp {
            answer.metadata.truncation = true;
        } else {
            for (host, port) in &*self.records.lock().expect("held") {
                let srv = SRV::new(1, 5, *port, Name::from_ascii(host).expect("a name"));
                answer.add_answer(Record::from_rdata(asked.name().clone(), 0, RData::SRV(srv)));
            }
        }
        answer.to_vec().expect("bytes")
    }

    async fn serve(self) -> String {
        let (udp, tcp) = loop {
            let udp = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
            if let Ok(tcp) = TcpListener::bind(udp.local_addr().expect("bound")).await {
                break (udp, tcp);
            }
        };
        let address = udp.local_addr().expect("bound").to_string();
        let other = self.clone();
        tokio::spawn(async move {
            let mut buffer = [0; 512];
            while let Ok((length, from)) = udp.recv_from(&mut buffer).await {
                let answer = self.answer(&buffer[..length], true);
                udp.send_to(&answer, from).await.expect("sent");
            }
        });
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = tcp.accept().await {
                let length = stream.read_u16().await.expect("a length");
                let mut bytes = vec![0; usize::from(length)];
                stream.read_exact(&mut bytes).await.expect("a question");
                let answer = other.answer(&bytes, false);
                stream.write_u16(answer.len() as u16).await.expect("sent");
                stream.write_all(&answer).await.expect("sent");
            }
        });
        address
    }
}

fn sources(resolver: &str) -> Sources {
    let srv = json!({ "name": "_grpc._tcp.cart.example.org", "resolver": resolver });
    let probe = json!({ "target": "grpc://{address}" });
    let source =
        ProbeSource::read(&json!({ "name": "dns", "find": { "srv": srv }, "probe": probe })).expect("a source");
    Sources::new(vec![source], &CancellationToken::new())
}

#[tokio::test(start_paused = true)]
async fn records_become_targets_and_a_server_that_fails_leaves_them_stale() {
    let zone = Zone::default();
    // The root as a host says that there is no such service here.
    *zone.records.lock().expect("held") = vec![("b.example.", 50_051), ("a.example.", 50_052), (".", 0)];
    let running = sources(&zone.clone().serve().await);
    let mut targets = running.targets();
    let found = targets.wait_for(|all| !all.targets.is_empty()).await.expect("told").clone();
    let told: Vec<_> = found.targets.iter().map(|target| (&*target.name, target.probe.target.as_str())).collect();
    assert_eq!(
        told,
        [("cart a.example:50052", "grpc://a.example:50052"), ("cart b.example:50051", "grpc://b.example:50051")]
    );
    *zone.code.lock().expect("held") = Some(ResponseCode::ServFail);
    let stale = targets.wait_for(|all| all.sources[0].trouble.is_some()).await.expect("told").clone();
    assert_eq!(stale.targets.len(), 2);
    assert!(stale.targets.iter().all(|target| target.stale.is_some()));
    *zone.code.lock().expect("held") = Some(ResponseCode::NXDomain);
    targets.wait_for(|all| all.targets.is_empty() && all.sources[0].trouble.is_none()).await.expect("told");
    let asked = zone.asked.load(Ordering::Relaxed);
    assert!(asked <= 12, "a time to live of 0 is not asked for all the time: {asked}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_fit_is_asked_for_over_tcp() {
    let zone = Zone { is_long: true, ..Zone::default() };
    *zone.records.lock().expect("held") = vec![("a.example.", 1)];
    let running = sources(&zone.serve().await);
    let found = running.targets().wait_for(|all| !all.targets.is_empty()).await.expect("told").clone();
    assert_eq!(found.targets[0].address, "a.example:1");
}
