//! Records as a dissector makes them.

use wirereel_dissect::record::{
    CloseReason, DirectionFigures, Endpoint, Flow, FlowId, Handshake, HttpExchange, LifeRtt, Protocol, Transport,
};

use crate::shop::{Page, Service};

/// Browsers and programs that customers come with.
const AGENTS: [&str; 6] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
    "shop-app/4.2 (Android 15)",
    "curl/8.5.0",
];
const SERVICE_AGENT: &str = "Go-http-client/1.1";

/// What is known of a connection while it lives.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    pub(crate) flow: FlowId,
    pub(crate) client: Endpoint,
    pub(crate) server: Endpoint,
    /// Which program the customer has; `None` for services.
    pub(crate) agent: Option<usize>,
    pub(crate) opened_ns: i64,
    pub(crate) rtt_us: i64,
    pub(crate) handshake: Handshake,
    pub(crate) exchanges: u32,
    pub(crate) from_client: DirectionFigures,
    pub(crate) from_server: DirectionFigures,
}

/// What an exchange came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) started_ns: i64,
    pub(crate) response_ns: Option<i64>,
    pub(crate) finished_ns: i64,
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<&'static str>,
}

impl Life {
    /// The next exchange of the connection, counted into its figures.
    pub(crate) fn exchange(&mut self, service: &Service, page: &Page, outcome: &Outcome) -> HttpExchange {
        let agent = self.agent.map_or(SERVICE_AGENT, |agent| AGENTS[agent % AGENTS.len()]);
        let answered = outcome.status.is_some();
        let response_bytes = match outcome.status {
            Some(200) => page.response_bytes,
            Some(_) => 48,
            None => 0,
        };
        let ordinal = self.exchanges;
        self.exchanges += 1;
        let (head_up, head_down) = (140 + page.target.len() as u64, if answered { 120 } else { 0 });
        self.from_client.packets += 2;
        self.from_client.bytes += head_up + page.request_bytes;
        self.from_server.packets += 1 + response_bytes / 1_400;
        self.from_server.bytes += head_down + response_bytes;
        let host = service.name.as_str();
        HttpExchange {
            flow: self.flow,
            ordinal,
            client: self.client,
            server: self.server,
            started_ns: outcome.started_ns,
            response_ns: outcome.response_ns,
            finished_ns: outcome.finished_ns,
            protocol: Protocol::Http11,
            method: Some(page.method.into()),
            scheme: "http",
            host: Some(host.into()),
            target: Some(page.target.as_str().into()),
            path: Some(page.target.as_str().into()),
            status: outcome.status,
            grpc_status: None,
            request_messages: None,
            response_messages: None,
            stream_id: None,
            request_headers: format!("host: {host}\nuser-agent: {agent}\naccept: */*").into(),
            response_headers: if answered {
                format!("server: nginx\ncontent-type: {}\ncontent-length: {response_bytes}", page.content_type).into()
            } else {
                "".into()
            },
            request_body_bytes: page.request_bytes,
            response_body_bytes: response_bytes,
            request_content_encoding: None,
            response_content_encoding: None,
            content_type: answered.then(|| page.content_type.into()),
            user_agent: Some(agent.into()),
            x_forwarded_for: None,
            origin_ip: None,
            identity: None,
            identity_kind: None,
            trace_id: None,
            complete: answered && outcome.error.is_none(),
            error: outcome.error.map(Into::into),
        }
    }

    /// The connection's row once it is over.
    pub(crate) fn flow(&self, service: &Service, closed_ns: i64, close_reason: CloseReason) -> Flow {
        let tried = matches!(close_reason, CloseReason::Refused | CloseReason::Unanswered);
        let history = match (close_reason, self.handshake) {
            (CloseReason::Refused, _) => "Sr",
            (CloseReason::Unanswered, _) => "S",
            (CloseReason::Rst, Handshake::Full) => "ShADadr",
            (CloseReason::Rst, _) => "DAadr",
            (CloseReason::Open, Handshake::Full) => "ShADad",
            (CloseReason::Open, _) => "DAad",
            (_, Handshake::Full) => "ShADadFf",
            _ => "DAadFf",
        };
        Flow {
            id: self.flow,
            transport: Transport::Tcp,
            client: self.client,
            server: self.server,
            vlan: None,
            tunnel: None,
            opened_ns: self.opened_ns,
            closed_ns,
            close_reason,
            handshake: if tried { Handshake::None } else { self.handshake },
            direction_known: true,
            rtt_us: (!tried && self.handshake == Handshake::Full).then_some(self.rtt_us),
            life_rtt: (self.exchanges > 0).then(|| LifeRtt {
                min_us: self.rtt_us - self.rtt_us / 8,
                mean_us: self.rtt_us + i64::from(self.exchanges % 16),
                max_us: self.rtt_us + self.rtt_us / 2 + i64::from(self.exchanges),
                samples: u64::from(self.exchanges),
            }),
            upgrade: None,
            from_client: DirectionFigures { packets: self.from_client.packets + 3, ..self.from_client },
            from_server: DirectionFigures { packets: self.from_server.packets + 2, ..self.from_server },
            app_protocol: (self.exchanges > 0).then_some("http"),
            history: history.into(),
            server_name: (self.exchanges > 0).then(|| service.name.clone()),
        }
    }
}
