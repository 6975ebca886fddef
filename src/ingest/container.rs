//! Files in archives: each member is one log, whatever holds it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};

use crate::table;

/// Archives in archives, at most.
const DEEPEST: usize = 3;
/// The number of bytes that decide the kind of a member. That of a tar archive is at 257.
const HEAD: usize = 4096;

/// What takes the members.
pub(super) trait Members {
    /// A log that can be read at any place.
    fn file(&mut self, name: &str, head: &[u8], file: File) -> io::Result<()>;
    /// A log that is read from its beginning to its end. `head` is the beginning.
    fn stream(&mut self, name: &str, head: &[u8], stream: Box<dyn Read + '_>) -> io::Result<()>;
    /// Whether a member of this beginning must be read at any place.
    fn needs_file(&self, head: &[u8]) -> bool;
    /// A member that is not read, and why.
    fn skip(&mut self, reason: &str);
    /// A member that cannot be read, and what is wrong.
    fn fault(&mut self, kind: &'static str, name: &str);
}

/// Hand over the members of a file.
///
/// # Errors
/// If the file itself cannot be read. A bad member is handed over as a fault.
pub(super) fn visit(name: &str, mut file: File, members: &mut dyn Members) -> io::Result<()> {
    let head = head_of(&mut file)?;
    file.rewind()?;
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        zip(name, file, members, 0);
    } else if members.needs_file(&head) {
        members.file(name, &head, file)?;
    } else {
        let reader = BufReader::with_capacity(1 << 18, file);
        match table::decompress(reader) {
            Ok((content, true)) => inside(name, content, members, 0),
            Ok((content, false)) => leaf(name, head, content, members, 0)?,
            Err(_) => members.fault("broken archive", name),
        }
    }
    Ok(())
}

/// A member, or the content of a compressed file.
fn inside(name: &str, content: Box<dyn Read + '_>, members: &mut dyn Members, depth: usize) {
    if is_clutter(name) {
        return members.skip("a file of the system");
    }
    let mut content = content;
    let result = head_of(&mut content).and_then(|head| {
        let whole = Box::new(io::Cursor::new(head.clone()).chain(content));
        leaf(name, head, whole, members, depth)
    });
    if result.is_err() {
        members.fault("broken archive", name);
    }
}

fn leaf(
    name: &str,
    head: Vec<u8>,
    content: Box<dyn Read + '_>,
    members: &mut dyn Members,
    depth: usize,
) -> io::Result<()> {
    let is_archive = head.starts_with(b"PK\x03\x04") || is_tar(&head) || is_compressed(&head);
    if is_archive && depth >= DEEPEST {
        members.skip("an archive in an archive in an archive");
    } else if head.starts_with(b"PK\x03\x04") {
        zip(name, copied(content)?, members, depth + 1);
    } else if is_tar(&head) {
        tar(name, content, members, depth + 1);
    } else if is_compressed(&head) {
        let (inner, _) = table::decompress(BufReader::new(copied(content)?))?;
        inside(name, inner, members, depth + 1);
    } else if members.needs_file(&head) {
        members.file(name, &head, copied(content)?)?;
    } else {
        members.stream(name, &head, content)?;
    }
    Ok(())
}

fn zip(name: &str, file: File, members: &mut dyn Members, depth: usize) {
    let Ok(mut archive) = zip::ZipArchive::new(BufReader::new(file)) else {
        return members.fault("broken archive", name);
    };
    for index in 0..archive.len() {
        match archive.by_index(index) {
            Ok(member) if member.is_dir() => {}
            Ok(member) => {
                let own = format!("{name}/{}", member.name());
                inside(&own, Box::new(member), members, depth);
            }
            Err(zip::result::ZipError::UnsupportedArchive(_)) => {
                members.fault("encrypted, or of an unknown compression", name);
            }
            Err(_) => members.fault("broken archive", name),
        }
    }
}

fn tar(name: &str, content: Box<dyn Read + '_>, members: &mut dyn Members, depth: usize) {
    let mut archive = tar::Archive::new(content);
    let Ok(entries) = archive.entries() else { return members.fault("broken archive", name) };
    for entry in entries {
        let Ok(entry) = entry else { return members.fault("broken archive", name) };
        if entry.header().entry_type().is_file() {
            let own = entry.path().map(|path| format!("{name}/{}", path.display()));
            inside(&own.unwrap_or_else(|_| name.to_owned()), Box::new(entry), members, depth);
        }
    }
}

/// A copy on disk that is deleted when it is closed.
fn copied(mut content: impl Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut content, &mut file)?;
    file.rewind()?;
    Ok(file)
}

fn head_of(content: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD);
    content.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

fn is_compressed(head: &[u8]) -> bool {
    head.starts_with(&[0x1f, 0x8b]) || head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
}

/// Files that systems put beside others.
fn is_clutter(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    name.contains("__MACOSX/") || last == ".DS_Store" || last.starts_with("._") || last == "Thumbs.db"
}

/// A reader with a buffer for lines.
pub(super) fn buffered<'a>(stream: Box<dyn Read + 'a>) -> impl BufRead + 'a {
    BufReader::with_capacity(1 << 16, stream)
}
