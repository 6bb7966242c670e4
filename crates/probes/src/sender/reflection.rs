//! Any unary method with a request in JSON: its shape is asked of the service by server reflection (`grpc.reflection.v1`, and `v1alpha`
//! of older ones).

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor};
use prost_types::FileDescriptorProto;
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, ServerReflectionResponse, server_reflection_request::MessageRequest,
    server_reflection_response::MessageResponse,
};
use wirereel_dial::quoted;

use super::{
    failure::{Failure, Phase, UNIMPLEMENTED},
    grpc::{Asks, unary},
    prepared::PreparedProbe,
    trace::Trace,
};
use crate::config;

/// The two versions say the same in the same messages.
const VERSIONS: [&str; 2] = [
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];
/// Files that a service's own file may lead to, and what they may take together.
const MOST_FILES: usize = 256;
const MOST_BYTES: usize = 8 << 20;
/// Those that every library has.
const WELL_KNOWN: &str = "google/protobuf/";

/// A method as it is called: its path and the request's bytes.
pub(super) struct Method {
    path: String,
    request: Bytes,
}

/// Calls the probe's method. Its shape is asked for once, and anew after the service said that it does not know the method.
pub(super) async fn call(probe: &PreparedProbe, trace: &mut Trace) -> Result<(), Failure> {
    let known = probe.method().clone();
    let method = match known {
        Some(method) => method,
        None => learnt(probe, trace).await?,
    };
    trace.phase = Phase::Call;
    let ended = unary(probe, &method.path, &method.request, Asks::Probe, trace).await;
    if let Err(Failure::GrpcStatus { code: UNIMPLEMENTED, .. }) = ended {
        *probe.method() = None;
    }
    ended.map(drop)
}

async fn learnt(probe: &PreparedProbe, trace: &mut Trace) -> Result<Arc<Method>, Failure> {
    trace.phase = Phase::Reflect;
    let call = &probe.probe().call;
    let (service, method) = config::method(&call.method)
        .ok_or_else(|| Failure::Request { reason: format!("{:?} is no method", call.method) })?;
    let path = format!("/{service}/{method}");
    let request = match &call.request {
        // An empty message has no bytes, whatever its shape.
        None => Bytes::new(),
        Some(json) => {
            let descriptor = described(probe, service, method, trace).await?;
            encoded(&descriptor, json)?
        }
    };
    let learnt = Arc::new(Method { path, request });
    *probe.method() = Some(Arc::clone(&learnt));
    Ok(learnt)
}

fn encoded(method: &MethodDescriptor, json: &serde_json::Value) -> Result<Bytes, Failure> {
    if method.is_client_streaming() || method.is_server_streaming() {
        return Err(Failure::Request { reason: format!("{} is a stream, not a unary method", method.full_name()) });
    }
    let shape = method.input();
    let name = shape.full_name().to_owned();
    let message = DynamicMessage::deserialize(shape, json).map_err(|error| Failure::Request {
        reason: format!("it does not fit {name}: {}", quoted(&error.to_string())),
    })?;
    Ok(message.encode_to_vec().into())
}

/// Asks for the file that has the service, and for those that it leads to.
async fn described(
    probe: &PreparedProbe,
    service: &str,
    method: &str,
    trace: &mut Trace,
) -> Result<MethodDescriptor, Failure> {
    let mut files: Vec<FileDescriptorProto> = Vec::new();
    let mut version = 0;
    let mut questions = vec![MessageRequest::FileContainingSymbol(service.to_owned())];
    let mut asked = BTreeSet::new();
    while let Some(question) = questions.pop() {
        let answer = loop {
            let path = VERSIONS.get(version).copied().unwrap_or_default();
            match ask(probe, path, question.clone(), trace).await {
                Err(Failure::GrpcStatus { code: UNIMPLEMENTED, .. }) if version + 1 < VERSIONS.len() => version += 1,
                Err(Failure::GrpcStatus { code: UNIMPLEMENTED, .. }) => {
                    let reason = "the service does not tell its methods (server reflection)".to_owned();
                    return Err(Failure::Request { reason });
                }
                other => break other?,
            }
        };
        for file in answer {
            if !files.iter().any(|known| known.name() == file.name()) {
                files.push(file);
            }
        }
        let bytes: usize = files.iter().map(Message::encoded_len).sum();
        if files.len().max(asked.len()) > MOST_FILES || bytes > MOST_BYTES {
            let reason = format!("the service's shape takes more than {MOST_FILES} files or {MOST_BYTES} bytes");
            return Err(Failure::Protocol { reason });
        }
        let missing = files
            .iter()
            .flat_map(|file| &file.dependency)
            .filter(|name| !name.starts_with(WELL_KNOWN) && !files.iter().any(|known| known.name() == name.as_str()));
        for name in missing.take(MOST_FILES + 1) {
            if asked.insert(name.clone()) {
                questions.push(MessageRequest::FileByFilename(name.clone()));
            }
        }
    }
    let shape = |error: prost_reflect::DescriptorError| Failure::Protocol {
        reason: format!("the service's shape does not fit together: {}", quoted(&error.to_string())),
    };
    // It knows the well-known types.
    let mut pool = DescriptorPool::global();
    pool.add_file_descriptor_protos(files).map_err(shape)?;
    let none = || Failure::Request { reason: format!("{service} has no method {method}") };
    let service = pool.get_service_by_name(service).ok_or_else(none)?;
    service.methods().find(|known| known.name() == method).ok_or_else(none)
}

/// One question of reflection, on a stream of its own.
async fn ask(
    probe: &PreparedProbe,
    path: &str,
    question: MessageRequest,
    trace: &mut Trace,
) -> Result<Vec<FileDescriptorProto>, Failure> {
    let unreadable = |error: prost::DecodeError| Failure::Protocol {
        reason: format!("the answer about the method cannot be read: {error}"),
    };
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(question) };
    let answer = unary(probe, path, &request.encode_to_vec(), Asks::Shape, trace).await?;
    let answer = ServerReflectionResponse::decode(answer).map_err(unreadable)?;
    match answer.message_response {
        Some(MessageResponse::FileDescriptorResponse(files)) => files
            .file_descriptor_proto
            .iter()
            .map(|file| FileDescriptorProto::decode(&file[..]))
            .collect::<Result<_, _>>()
            .map_err(unreadable),
        Some(MessageResponse::ErrorResponse(error)) => Err(Failure::Request {
            reason: format!("the service tells nothing of it: {}", quoted(&error.error_message)),
        }),
        _ => Err(Failure::Protocol { reason: "the answer about the method is to another question".into() }),
    }
}
