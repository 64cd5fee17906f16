//! Bytes in: unpacked if they came packed, and counted.

use flate2::bufread::MultiGzDecoder;
use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BUFFER: usize = 64 * 1024;

/// A document's bytes; `offset` is how many have been handed out.
pub(super) struct Input<'a> {
    bytes: BufReader<Box<dyn Read + 'a>>,
    offset: &'a Cell<u64>,
}

impl<'a> Input<'a> {
    /// Looks at the first bytes of `reader` to see whether it is packed, and says so.
    pub(super) fn new(
        mut reader: impl Read + 'a,
        offset: &'a Cell<u64>,
    ) -> io::Result<(Self, bool)> {
        let mut start = [0; 2];
        let mut len = 0;
        while len < start.len() {
            match reader.read(&mut start[len..]) {
                Ok(0) => break,
                Ok(more) => len += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let packed = start[..len] == GZIP_MAGIC;
        let whole = io::Cursor::new(start).take(len as u64).chain(reader);
        let bytes: Box<dyn Read + 'a> = if packed {
            Box::new(MultiGzDecoder::new(BufReader::with_capacity(BUFFER, whole)))
        } else {
            Box::new(whole)
        };
        let bytes = BufReader::with_capacity(BUFFER, bytes);
        Ok((Self { bytes, offset }, packed))
    }
}

impl Read for Input<'_> {
    #[inline]
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // The JSON reader asks for a byte at a time.
        if let ([out], [byte, ..]) = (&mut *out, self.bytes.buffer()) {
            *out = *byte;
            self.bytes.consume(1);
            self.offset.set(self.offset.get() + 1);
            return Ok(1);
        }
        let len = self.bytes.read(out)?;
        self.offset.set(self.offset.get() + len as u64);
        Ok(len)
    }
}
