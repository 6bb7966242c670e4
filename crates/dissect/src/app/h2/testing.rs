//! Writes HTTP/2 for tests: frames, and header blocks by a small encoder that uses every form of a field.

use super::hpack::huffman_encoded;

pub(super) use super::reader::PREFACE;

pub(super) const END_STREAM: u8 = 0x1;
pub(super) const END_HEADERS: u8 = 0x4;

pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

pub(super) fn data(stream: u32, ends_stream: bool, bytes: &[u8]) -> Vec<u8> {
    frame(0, u8::from(ends_stream), stream, bytes)
}

pub(super) fn settings(settings: &[(u16, u32)]) -> Vec<u8> {
    let payload: Vec<u8> =
        settings.iter().flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat()).collect();
    frame(4, 0, 0, &payload)
}

pub(super) fn reset(stream: u32, code: u32) -> Vec<u8> {
    frame(3, 0, stream, &code.to_be_bytes())
}

pub(super) fn go_away(last: u32, code: u32) -> Vec<u8> {
    frame(7, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat())
}

/// A gRPC message.
pub(super) fn message(content: &[u8]) -> Vec<u8> {
    [&[0][..], &u32::try_from(content.len()).unwrap().to_be_bytes(), content].concat()
}

/// What a client sends before its first request.
pub(super) fn opening() -> Vec<u8> {
    [&PREFACE[..], &settings(&[(3, 100)])].concat()
}

/// How one field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// By number where the table has it, else as a literal that is added to the table.
    Indexed,
    Literal,
    HuffmanLiteral,
}

/// An HPACK encoder with a table of its own.
#[derive(Debug, Clone, Default)]
pub(super) struct Encoder {
    /// Newest first.
    table: Vec<(String, String)>,
}

impl Encoder {
    /// A HEADERS frame that holds the whole block.
    pub(super) fn headers(&mut self, stream: u32, ends_stream: bool, fields: &[(&str, &str)]) -> Vec<u8> {
        let block = self.block(fields);
        frame(1, END_HEADERS | u8::from(ends_stream), stream, &block)
    }

    pub(super) fn block(&mut self, fields: &[(&str, &str)]) -> Vec<u8> {
        fields.iter().flat_map(|(name, value)| self.field(name, value, Form::Indexed)).collect()
    }

    pub(super) fn field(&mut self, name: &str, value: &str, form: Form) -> Vec<u8> {
        let static_field = STATIC.iter().find(|(_, of)| *of == (name, value)).map(|(index, _)| *index);
        let own = self.table.iter().position(|of| *of == (name.to_owned(), value.to_owned())).map(|at| at + 62);
        match (form, static_field.or(own)) {
            (Form::Indexed, Some(index)) => integer(index, 7, 0x80),
            (Form::Indexed, None) => {
                self.table.insert(0, (name.to_owned(), value.to_owned()));
                self.forget_old();
                [vec![0x40], string(name, false), string(value, true)].concat()
            }
            (Form::Literal, _) => [vec![0x00], string(name, false), string(value, false)].concat(),
            (Form::HuffmanLiteral, _) => [vec![0x10], string(name, true), string(value, true)].concat(),
        }
    }

    /// RFC 7541 §4.4, for the size that tables have at first.
    fn forget_old(&mut self) {
        let size = |table: &[(String, String)]| table.iter().map(|(n, v)| n.len() + v.len() + 32).sum::<usize>();
        while size(&self.table) > 4096 {
            self.table.pop();
        }
    }
}

const STATIC: [(usize, (&str, &str)); 8] = [
    (2, (":method", "GET")),
    (3, (":method", "POST")),
    (4, (":path", "/")),
    (6, (":scheme", "http")),
    (7, (":scheme", "https")),
    (8, (":status", "200")),
    (9, (":status", "204")),
    (13, (":status", "404")),
];

pub(super) fn integer(number: usize, prefix: u32, first: u8) -> Vec<u8> {
    let most = (1 << prefix) - 1;
    if number < most {
        return vec![first | number as u8];
    }
    let mut bytes = vec![first | most as u8];
    let mut rest = number - most;
    while rest >= 128 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

fn string(text: &str, huffman: bool) -> Vec<u8> {
    let (bytes, first) = if huffman { (huffman_encoded(text.as_bytes()), 0x80) } else { (text.as_bytes().to_vec(), 0) };
    [integer(bytes.len(), 7, first), bytes].concat()
}
