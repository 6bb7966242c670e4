//! Heads that were read before. Clients ask for the same again and servers answer alike, byte for byte: looking a head up costs a tenth of
//! reading it, and the texts of its row are shared with the rows before.

use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::fast::RandomState;

use super::exchange::Pending;
use super::request::Request;
use super::response::Response;

/// Heads remembered per direction, each in the place that its bytes name: a newer one takes it over.
const PLACES: usize = 512;

/// Longer heads are read every time. With [`PLACES`] it bounds what all heads and rows remembered take to some megabytes.
const MAX_BYTES: usize = 2 * 1024;

/// Heads of both directions, shared by all connections of a dissector.
#[derive(Default)]
pub(in crate::app::http) struct KnownHeads {
    requests: Mutex<Known<(Pending, Request)>>,
    responses: Mutex<Known<Response>>,
}

/// A head and what was read from it.
type Place<T> = (Box<[u8]>, Arc<T>);

/// What was read from heads, by their bytes.
struct Known<T> {
    hasher: RandomState,
    places: Vec<Option<Place<T>>>,
}

impl KnownHeads {
    /// An exchange as a request's head leaves it, for any place and time.
    pub(super) fn request<E>(
        &self,
        head: &[u8],
        read: impl FnOnce() -> Result<(Pending, Request), E>,
    ) -> Result<Arc<(Pending, Request)>, E> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).get(head, read)
    }

    /// What a response's head says.
    pub(super) fn response<E>(
        &self,
        head: &[u8],
        read: impl FnOnce() -> Result<Response, E>,
    ) -> Result<Arc<Response>, E> {
        self.responses.lock().unwrap_or_else(PoisonError::into_inner).get(head, read)
    }
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self { hasher: RandomState::default(), places: Vec::new() }
    }
}

impl<T> Known<T> {
    /// What these bytes say: remembered, else read.
    fn get<E>(&mut self, head: &[u8], read: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        if head.len() > MAX_BYTES {
            return read().map(Arc::new);
        }
        if self.places.is_empty() {
            self.places.resize_with(PLACES, || None);
        }
        let index = self.hasher.hash_one(head) as usize % PLACES;
        if let Some((bytes, known)) = &self.places[index]
            && **bytes == *head
        {
            return Ok(Arc::clone(known));
        }
        let known = Arc::new(read()?);
        self.places[index] = Some((head.into(), Arc::clone(&known)));
        Ok(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(known: &mut Known<usize>, head: &[u8], reads: &mut usize) -> usize {
        let read = || {
            *reads += 1;
            Ok::<_, ()>(head.len())
        };
        *known.get(head, read).unwrap()
    }

    #[test]
    fn the_same_bytes_are_read_once_and_long_ones_every_time() {
        let (mut known, mut reads) = (Known::default(), 0);
        for _ in 0..3 {
            assert_eq!(get(&mut known, b"GET / HTTP/1.1\r\n\r\n", &mut reads), 18);
        }
        assert_eq!(reads, 1);
        let long = vec![b'a'; MAX_BYTES + 1];
        get(&mut known, &long, &mut reads);
        get(&mut known, &long, &mut reads);
        assert_eq!(reads, 3);
    }

    #[test]
    fn heads_that_share_a_place_are_told_apart_and_memory_stays_bounded() {
        let (mut known, mut reads) = (Known::default(), 0);
        for length in 0..MAX_BYTES {
            assert_eq!(get(&mut known, &vec![b'a'; length], &mut reads), length);
        }
        assert_eq!((reads, known.places.len()), (MAX_BYTES, PLACES));
    }

    #[test]
    fn what_cannot_be_read_is_not_remembered() {
        let mut known = Known::<()>::default();
        assert_eq!(known.get(b"a", || Err("wrong")).map(drop), Err("wrong"));
        assert!(known.get(b"a", || Ok::<_, ()>(())).is_ok());
    }
}
