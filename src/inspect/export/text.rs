//! Text on its way out: gathered into pieces, so that a number costs no call of the writer.

use alloc::string::String;
use core::fmt::{self, Write};

/// How much is gathered.
const PIECE: usize = 16 * 1024;

/// What is written, a piece at a time.
pub(super) struct Text<'a, 'b> {
    out: &'a mut fmt::Formatter<'b>,
    piece: String,
}

impl<'a, 'b> Text<'a, 'b> {
    pub(super) fn new(out: &'a mut fmt::Formatter<'b>) -> Self {
        Self {
            out,
            piece: String::with_capacity(PIECE + 64),
        }
    }

    /// Writes what is left.
    pub(super) fn finish(mut self) -> fmt::Result {
        self.flush()
    }

    fn flush(&mut self) -> fmt::Result {
        let done = self.out.write_str(&self.piece);
        self.piece.clear();
        done
    }

    #[inline]
    fn room(&mut self) -> fmt::Result {
        if self.piece.len() < PIECE {
            return Ok(());
        }
        self.flush()
    }

    /// A number, as digits.
    #[inline]
    pub(super) fn number(&mut self, mut number: u64) -> fmt::Result {
        let mut digits = [0; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.piece
            .extend(digits[at..].iter().map(|&digit| char::from(digit)));
        self.room()
    }

    /// A string of JSON, with its quotes. It has no `<`, so it may stand in a page.
    pub(super) fn json(&mut self, text: &str) -> fmt::Result {
        self.piece.push('"');
        for char in text.chars() {
            match char {
                '"' => self.piece.push_str("\\\""),
                '\\' => self.piece.push_str("\\\\"),
                '<' | '\0'..='\x1f' | '\x7f' | '\u{2028}' | '\u{2029}' => {
                    write!(self.piece, "\\u{:04x}", u32::from(char))?;
                }
                char => self.piece.push(char),
            }
        }
        self.piece.push('"');
        self.room()
    }

    /// Text of XML, in or between tags. What XML can't express is replaced.
    pub(super) fn xml(&mut self, text: &str) -> fmt::Result {
        for char in text.chars() {
            match char {
                '&' => self.piece.push_str("&amp;"),
                '<' => self.piece.push_str("&lt;"),
                '>' => self.piece.push_str("&gt;"),
                '"' => self.piece.push_str("&quot;"),
                '\t' | '\n' | '\r' => write!(self.piece, "&#{};", u32::from(char))?,
                '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => self.piece.push('\u{fffd}'),
                char => self.piece.push(char),
            }
        }
        self.room()
    }

    /// A field of CSV: in quotes if it has to be.
    pub(super) fn csv(&mut self, text: &str) -> fmt::Result {
        let plain = |byte: u8| !matches!(byte, b'"' | b',' | b'\n' | b'\r' | b' ' | b'\t' | b'\'');
        if !text.is_empty() && text.bytes().all(plain) {
            return self.write_str(text);
        }
        self.piece.push('"');
        for part in text.split_inclusive('"') {
            self.piece.push_str(part);
            if part.ends_with('"') {
                self.piece.push('"');
            }
        }
        self.piece.push('"');
        self.room()
    }

    /// A string of DOT, with its quotes.
    pub(super) fn dot(&mut self, text: &str) -> fmt::Result {
        self.piece.push('"');
        for char in text.chars() {
            match char {
                '"' => self.piece.push_str("\\\""),
                '\\' => self.piece.push_str("\\\\"),
                '\0'..='\x1f' => self.piece.push(' '),
                char => self.piece.push(char),
            }
        }
        self.piece.push('"');
        self.room()
    }
}

impl Write for Text<'_, '_> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.len() >= PIECE {
            self.flush()?;
            return self.out.write_str(text);
        }
        self.piece.push_str(text);
        self.room()
    }
}
