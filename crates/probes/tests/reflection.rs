//! Any unary method is called with a request in JSON, whose shape the service tells.
#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod stage;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use bytes::Bytes;
use hyper::Request;
use prost::Message;
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, MethodDescriptorProto, ServiceDescriptorProto,
    field_descriptor_proto::{Label, Type},
};
use serde_json::{Value, json};
use stage::{
    probe,
    script::{Answer, http2},
};
use tonic_reflection::pb::v1::{
    FileDescriptorResponse, ServerReflectionRequest, ServerReflectionResponse,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};
use wirereel_probes::sender::Sender;

fn field(name: &str, number: i32, kind: Type, of: Option<&str>) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.into()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(kind.into()),
        type_name: of.map(Into::into),
        ..Default::default()
    }
}

fn message(name: &str, field: Vec<FieldDescriptorProto>) -> DescriptorProto {
    DescriptorProto { name: Some(name.into()), field, ..Default::default() }
}

/// The service's own file, which needs another one and one that every library has.
fn files() -> [FileDescriptorProto; 2] {
    let fields = vec![
        field("page", 1, Type::Message, Some(".shop.Page")),
        field("since", 2, Type::Message, Some(".google.protobuf.Timestamp")),
    ];
    let method = |name: &str, stream| MethodDescriptorProto {
        name: Some(name.into()),
        input_type: Some(".shop.ListRequest".into()),
        output_type: Some(".shop.ListRequest".into()),
        server_streaming: Some(stream),
        ..Default::default()
    };
    let file = |name: &str| FileDescriptorProto {
        name: Some(name.into()),
        package: Some("shop".into()),
        syntax: Some("proto3".into()),
        ..Default::default()
    };
    let catalog = FileDescriptorProto {
        dependency: vec!["shop/page.proto".into(), "google/protobuf/timestamp.proto".into()],
        message_type: vec![message("ListRequest", fields)],
        service: vec![ServiceDescriptorProto {
            name: Some("Catalog".into()),
            method: vec![method("List", false), method("Watch", true)],
            ..Default::default()
        }],
        ..file("shop/catalog.proto")
    };
    let page = FileDescriptorProto {
        message_type: vec![message("Page", vec![field("number", 1, Type::Uint32, None)])],
        ..file("shop/page.proto")
    };
    [catalog, page]
}

/// An answer to a question of reflection: one file at a time, as some services do.
fn reflect(request: &Request<Bytes>) -> Answer {
    let asked = ServerReflectionRequest::decode(&request.body()[5..]).unwrap().message_request.unwrap();
    let [catalog, page] = files();
    let file = match &asked {
        MessageRequest::FileContainingSymbol(name) if name == "shop.Catalog" => catalog,
        MessageRequest::FileByFilename(name) if name == "shop/page.proto" => page,
        other => panic!("nobody asks for {other:?}"),
    };
    let files = FileDescriptorResponse { file_descriptor_proto: vec![file.encode_to_vec()] };
    let answer = ServerReflectionResponse {
        message_response: Some(MessageResponse::FileDescriptorResponse(files)),
        ..Default::default()
    };
    let message = answer.encode_to_vec();
    let mut body = vec![0];
    body.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    body.extend(message);
    Answer { body, ..Answer::grpc("0") }
}

#[derive(Clone, Default)]
struct Shop {
    questions: Arc<AtomicUsize>,
    gone: Arc<AtomicBool>,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Shop {
    /// One that knows only the older version of reflection.
    async fn serve(&self) -> String {
        let shop = self.clone();
        let address = http2(None, move |request| match request.uri().path() {
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo" => {
                shop.questions.fetch_add(1, Ordering::Relaxed);
                reflect(request)
            }
            "/shop.Catalog/List" if !shop.gone.load(Ordering::Relaxed) => {
                shop.requests.lock().unwrap().push(request.body()[5..].to_vec());
                Answer::grpc("0")
            }
            _ => Answer::grpc("12"),
        });
        format!("grpc://{}", address.await)
    }
}

#[tokio::test]
async fn a_request_in_json_is_sent_as_the_service_has_its_shape() {
    let shop = Shop::default();
    let call = json!({ "method": "shop.Catalog/List", "request": { "page": { "number": 7 }, "since": "1970-01-01T00:00:01Z" } });
    let probe = probe(json!({ "target": shop.serve().await, "call": call }));
    let sender = Sender::new();
    for _ in 0..2 {
        assert_eq!(sender.probe(&probe).await.reason, None);
    }
    let wanted = vec![0x0a, 2, 8, 7, 0x12, 2, 8, 1];
    assert_eq!(*shop.requests.lock().unwrap(), [wanted.clone(), wanted]);
    assert_eq!(shop.questions.load(Ordering::Relaxed), 2, "the shape is asked for once, file by file");

    shop.gone.store(true, Ordering::Relaxed);
    assert_eq!(sender.probe(&probe).await.grpc_status, Some(12));
    shop.gone.store(false, Ordering::Relaxed);
    assert_eq!(sender.probe(&probe).await.reason, None);
    assert_eq!(shop.questions.load(Ordering::Relaxed), 4, "a method that was unknown is asked for anew");
}

#[tokio::test]
async fn what_the_shape_does_not_allow_is_told() {
    let target = Shop::default().serve().await;
    let reason = async |method: &str, request: Value| {
        let call = json!({ "method": format!("shop.Catalog/{method}"), "request": request });
        let measured = Sender::new().probe(&probe(json!({ "target": target, "call": call }))).await;
        assert_eq!((measured.failure.as_deref(), measured.total_ns), (Some("request"), 0));
        measured.reason.unwrap()
    };
    assert!(reason("List", json!({ "page": 7 })).await.contains("it does not fit shop.ListRequest"));
    assert!(reason("Watch", json!({})).await.contains("shop.Catalog.Watch is a stream, not a unary method"));
    assert!(reason("Buy", json!({})).await.contains("shop.Catalog has no method Buy"));
}
