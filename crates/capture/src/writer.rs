//! Packets to a pcapng file.

use std::io::{self, Write};

use wirereel_dissect::{LinkType, Packet};

use crate::pcapng::kind;

/// `opt_endofopt`, with its length.
const END_OF_OPTIONS: [u8; 4] = [0; 4];
const SHB_USERAPPL: u16 = 4;
const IF_TSRESOL: u16 = 9;

/// Writes packets as one little-endian section with nanosecond timestamps, one interface per link type.
///
/// Blocks are written as packets come; nothing is held back but what `W` buffers.
pub struct PcapngWriter<W: Write> {
    out: W,
    /// Interfaces described so far, by number.
    link_types: Vec<LinkType>,
    block: Vec<u8>,
}

impl<W: Write> PcapngWriter<W> {
    /// Writes the section header; `application` names the writing program in it.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(out: W, application: &str) -> io::Result<Self> {
        let mut writer = Self { out, link_types: Vec::new(), block: Vec::new() };
        let mut contents = Vec::new();
        contents.extend_from_slice(&0x1a2b_3c4du32.to_le_bytes());
        contents.extend_from_slice(&1u16.to_le_bytes());
        contents.extend_from_slice(&0u16.to_le_bytes());
        contents.extend_from_slice(&u64::MAX.to_le_bytes()); // the section's length is not known beforehand
        push_option(&mut contents, SHB_USERAPPL, application.as_bytes());
        contents.extend_from_slice(&END_OF_OPTIONS);
        writer.write_block(kind::SECTION, &[&contents])?;
        Ok(writer)
    }

    /// Appends a packet, describing its link type first when it is new.
    ///
    /// # Errors
    /// Those of `out`; `InvalidInput` for a time before 1970, which the format cannot say.
    pub fn write(&mut self, packet: &Packet<'_>) -> io::Result<()> {
        let ticks = u64::try_from(packet.at_ns).map_err(|_| invalid("a packet from before 1970"))?;
        let captured = u32::try_from(packet.bytes.len()).map_err(|_| invalid("a packet longer than 4 GiB"))?;
        let interface = self.interface(packet.link_type)?;
        let mut fixed = [0; 20];
        for (place, value) in fixed.chunks_exact_mut(4).zip([
            interface,
            (ticks >> 32) as u32,
            ticks as u32,
            captured,
            packet.wire_len.max(captured),
        ]) {
            place.copy_from_slice(&value.to_le_bytes());
        }
        self.write_block(kind::ENHANCED_PACKET, &[&fixed, packet.bytes])
    }

    /// Flushes and gives the output back.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    /// The number of the interface for `link_type`, described now when it is new.
    fn interface(&mut self, link_type: LinkType) -> io::Result<u32> {
        if let Some(index) = self.link_types.iter().position(|known| *known == link_type) {
            return Ok(index as u32);
        }
        let mut contents = Vec::new();
        contents.extend_from_slice(&link_type.0.to_le_bytes());
        contents.extend_from_slice(&[0; 2]);
        contents.extend_from_slice(&0u32.to_le_bytes()); // no snap length
        push_option(&mut contents, IF_TSRESOL, &[9]);
        contents.extend_from_slice(&END_OF_OPTIONS);
        self.write_block(kind::INTERFACE, &[&contents])?;
        self.link_types.push(link_type);
        Ok(self.link_types.len() as u32 - 1)
    }

    /// Writes a block of the given parts, padded to four bytes, in one call to `out`.
    fn write_block(&mut self, kind: u32, parts: &[&[u8]]) -> io::Result<()> {
        let contents: usize = parts.iter().map(|part| part.len()).sum();
        let total = 12 + contents.next_multiple_of(4);
        let length = u32::try_from(total).map_err(|_| invalid("a block longer than 4 GiB"))?.to_le_bytes();
        self.block.clear();
        self.block.extend_from_slice(&kind.to_le_bytes());
        self.block.extend_from_slice(&length);
        for part in parts {
            self.block.extend_from_slice(part);
        }
        self.block.resize(total - 4, 0);
        self.block.extend_from_slice(&length);
        self.out.write_all(&self.block)
    }
}

fn push_option(contents: &mut Vec<u8>, code: u16, value: &[u8]) {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    contents.extend_from_slice(&code.to_le_bytes());
    contents.extend_from_slice(&length.to_le_bytes());
    contents.extend_from_slice(&value[..usize::from(length)]);
    contents.resize(contents.len().next_multiple_of(4), 0);
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("pcapng cannot hold {what}"))
}
