//! How much the readers hold in memory, whatever a file claims.

/// Longest packet accepted, in captured bytes: libpcap's `MAXIMUM_SNAPLEN`. A longer one means that the length field lies.
pub const MAX_PACKET_BYTES: u32 = 262_144;

/// Longest pcapng block that is held whole: the longest packet with as much again for options and comments.
/// Longer blocks are stepped over without being held.
pub const MAX_BLOCK_BYTES: u32 = 2 * MAX_PACKET_BYTES;

/// Size of the one reused buffer: a longest block, and room to read on before the rest must be moved to the front.
pub(crate) const BUFFER_BYTES: usize = 1 << 20;

/// Asked of the operating system at once when reading on: large enough to be few calls, small enough to stay in the
/// processor's second-level cache until parsed.
pub(crate) const READ_BYTES: usize = 256 * 1024;

/// As [`READ_BYTES`] when single packets are read back: most packets of a flow lie far apart.
pub(crate) const READ_BACK_BYTES: usize = 16 * 1024;

/// First bytes looked at to tell formats apart: a tar header has its mark at 257, and text needs a few lines.
pub(crate) const PEEK_BYTES: usize = 512;

/// Interfaces of one pcapng section. Real captures have tens; the rest of a longer list is left out.
pub(crate) const MAX_INTERFACES: usize = 65_536;

/// Host names kept from name resolution blocks.
pub(crate) const MAX_NAMES: usize = 65_536;

/// Sections remembered for reading back: real captures have a handful, one per merged file.
pub(crate) const MAX_SECTIONS: usize = 65_536;

/// Bytes of decryption secrets kept of one file: a TLS key log line is about 180 bytes per connection.
pub(crate) const MAX_SECRETS_BYTES: usize = 4 << 20;

/// Decryption secrets blocks kept of one file.
pub(crate) const MAX_SECRETS_BLOCKS: usize = 4_096;

/// Times at which a file says that packets were lost that are kept: one a second for a day.
pub(crate) const MAX_LOSSES: usize = 86_400;
