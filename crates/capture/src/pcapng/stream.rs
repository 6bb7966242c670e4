//! Blocks from start to end: packets are given, what the other blocks tell is kept.

use std::{
    io::{self, Read},
    net::IpAddr,
};

use wirereel_dissect::LinkType;

use super::{
    block::{BlockHeader, HEADER_BYTES, SECTION_BYTES, kind},
    interface::{Interface, Section},
    names::read_names,
    packet::read_packet,
    statistics::{read_drops, read_time},
};
use crate::{
    error::RecordProblem,
    format::ByteOrder,
    limits::{MAX_BLOCK_BYTES, MAX_LOSSES, MAX_NAMES},
    notes::{Note, Notes},
    step::{Located, Step},
    window::Window,
};

/// The state of reading a pcapng file once through.
pub(crate) struct Stream {
    section: Section,
    /// Packets lost by finished sections, and by each interface of this one.
    dropped_before: u64,
    dropped: Vec<u64>,
    /// Latest time of a statistics block.
    pub(crate) told_ns: Option<i64>,
    /// When packets turned out to be lost, and how many.
    pub(crate) losses: Vec<(i64, u64)>,
    pub(crate) link_types: Vec<LinkType>,
    pub(crate) names: Vec<(IpAddr, Vec<String>)>,
    pub(crate) notes: Notes,
}

impl Stream {
    pub(crate) fn new() -> Self {
        Self {
            section: Section::new(ByteOrder::Little),
            dropped_before: 0,
            dropped: Vec::new(),
            told_ns: None,
            losses: Vec::new(),
            link_types: Vec::new(),
            names: Vec::new(),
            notes: Notes::default(),
        }
    }

    /// Packets that the capturing machine counted as lost, as told so far.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.iter().fold(self.dropped_before, |sum, lost| sum.saturating_add(*lost))
    }

    /// Goes on to the next packet and leaves the window at the start of its block.
    #[inline]
    pub(crate) fn next<R: Read>(&mut self, window: &mut Window<R>) -> io::Result<Step> {
        loop {
            if window.fill(HEADER_BYTES)? < HEADER_BYTES {
                return Ok(Step::out_of_bytes(window, HEADER_BYTES as u64));
            }
            let position = window.position();
            let begins_section = BlockHeader::begins_section(window.bytes());
            let header = if begins_section {
                if window.fill(SECTION_BYTES)? < SECTION_BYTES {
                    return Ok(Step::out_of_bytes(window, SECTION_BYTES as u64));
                }
                BlockHeader::read_section(window.bytes()).map(|(order, header)| {
                    self.begin_section(order);
                    header
                })
            } else {
                BlockHeader::read(self.section.order, window.bytes())
            };
            let header = match header {
                Ok(header) => header,
                Err(problem) => return Ok(Step::damaged(position, problem)),
            };
            let total = header.total as usize;
            if header.total > MAX_BLOCK_BYTES {
                if let Some(cut) = self.step_over(header, window)? {
                    return Ok(cut);
                }
                continue;
            }
            if window.fill(total)? < total {
                return Ok(Step::out_of_bytes(window, u64::from(header.total)));
            }
            let contents = match header.contents(self.section.order, window.bytes()) {
                Ok(contents) => contents,
                Err(problem) => return Ok(Step::damaged(position, problem)),
            };
            if kind::is_packet(header.kind) {
                match read_packet(&self.section, header.kind, contents) {
                    Ok(found) => {
                        if found.at_ns.is_none() {
                            self.notes.add(Note::NoTime, position);
                        }
                        let range = found.range.start + HEADER_BYTES..found.range.end + HEADER_BYTES;
                        let (at_ns, link_type, wire_len) = (found.at_ns, found.link_type, found.wire_len);
                        return Ok(Step::Packet(Located { at_ns, link_type, wire_len, range, record: total }));
                    }
                    Err(RecordProblem::NoInterface { id }) => self.notes.add(Note::NoInterface { id }, position),
                    Err(problem) => self.notes.add(Note::BadBlock { problem: problem.to_string() }, position),
                }
            } else {
                self.keep(header.kind, position, contents);
            }
            window.consume(total);
        }
    }

    /// Steps over a block too long to be held; gives the step that ends reading when the file ends inside it.
    fn step_over<R: Read>(&mut self, header: BlockHeader, window: &mut Window<R>) -> io::Result<Option<Step>> {
        let (position, needed) = (window.position(), u64::from(header.total));
        let found = window.skip(needed)?;
        if found < needed {
            return Ok(Some(Step::cut(position, needed, position + found)));
        }
        if header.kind != kind::DECRYPTION_SECRETS {
            self.notes.add(Note::LongBlock { kind: header.kind }, position);
        }
        Ok(None)
    }

    fn begin_section(&mut self, order: ByteOrder) {
        self.dropped_before = self.dropped();
        self.dropped.clear();
        self.section = Section::new(order);
    }

    /// Keeps what a block without a packet tells.
    fn keep(&mut self, block: u32, position: u64, contents: &[u8]) {
        let order = self.section.order;
        match block {
            kind::SECTION | kind::DECRYPTION_SECRETS => {}
            kind::INTERFACE => match Interface::read(order, contents) {
                Ok(interface) => self.add_interface(interface, position),
                Err(problem) => self.notes.add(Note::BadBlock { problem: problem.to_string() }, position),
            },
            kind::STATISTICS => self.keep_statistics(contents),
            kind::NAMES => {
                let found = read_names(order, contents);
                let room = MAX_NAMES - self.names.len();
                if found.len() > room {
                    self.notes.add(Note::TooMany { what: "list of host names" }, position);
                }
                self.names.extend(found.into_iter().take(room));
            }
            unknown => self.notes.add(Note::UnknownBlock { kind: unknown }, position),
        }
    }

    fn keep_statistics(&mut self, contents: &[u8]) {
        let order = self.section.order;
        let at_ns = read_time(order, contents).and_then(|(id, ticks)| {
            let interface = self.section.interfaces.get(id as usize)?;
            Some(interface.resolution.nanoseconds(ticks, interface.offset_s))
        });
        self.told_ns = self.told_ns.max(at_ns);
        if let Some((id, lost)) = read_drops(order, contents)
            && let Some(known) = self.dropped.get_mut(id as usize)
        {
            if let Some(at_ns) = at_ns
                && lost > *known
                && self.losses.len() < MAX_LOSSES
            {
                self.losses.push((at_ns, lost - *known));
            }
            // Counted since the interface's capture began, so the last block tells all.
            *known = lost;
        }
    }

    fn add_interface(&mut self, interface: Interface, position: u64) {
        let link_type = interface.link_type;
        if !self.section.add(interface) {
            return self.notes.add(Note::TooMany { what: "interface" }, position);
        }
        self.dropped.push(0);
        if !self.link_types.contains(&link_type) {
            self.link_types.push(link_type);
        }
    }
}
