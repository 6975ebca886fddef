//! The formats of files, and opening them.

use super::encoding::TextReader;
use crate::error::{Error, Hint, Result};
use crate::files;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// Apache Parquet, not encrypted.
    Parquet,
    /// Text with a separator, plain or compressed.
    Csv,
    /// JSON objects: one a line, or all in one array; plain or compressed.
    Json,
}

/// The extensions of part files in the folder of a table.
pub(super) const EXTENSIONS: [&str; 7] = ["parquet", "csv", "tsv", "txt", "jsonl", "ndjson", "json"];

/// The extensions of compressed files, after that of the format.
const COMPRESSIONS: [&str; 3] = ["gz", "zst", "zstd"];

const ENCRYPTED: &str =
    "is an encrypted Parquet file; decrypt it with the program and the keys that wrote it";

/// The number of bytes at the start of a file that decide its format.
const HEAD: usize = 4096;

/// The format of a file by its content, or by its extension for Parquet and JSON lines.
///
/// # Errors
/// If the file cannot be read, is empty, or has an unknown format.
pub fn format_of(file: &Path) -> Result<FileFormat> {
    match extension(file).as_deref() {
        Some("parquet") => return encrypted_or_parquet(file),
        Some("jsonl" | "ndjson") => return Ok(FileFormat::Json),
        _ => (),
    }
    let mut head = Vec::new();
    let read = open(file)?.take(HEAD as u64).read_to_end(&mut head);
    read.map_err(|e| Error::input(file, e))?;
    format_of_bytes(&head).map_err(|problem| Error::input(file, problem))
}

/// The format of a file with the extension of Parquet, whose other faults its reader finds.
fn encrypted_or_parquet(file: &Path) -> Result<FileFormat> {
    let mut magic = [0; 4];
    match File::open(file).and_then(|mut file| file.read_exact(&mut magic)) {
        Ok(()) if &magic == b"PARE" => Err(Error::input(file, ENCRYPTED)),
        _ => Ok(FileFormat::Parquet),
    }
}

/// The format of a file or stream that starts with these bytes.
///
/// # Errors
/// If the format is unknown; the error is a sentence.
pub(super) fn format_of_bytes(head: &[u8]) -> Result<FileFormat, String> {
    let problem = match head {
        [] => "the file is empty",
        [b'P', b'A', b'R', b'1', ..] => return Ok(FileFormat::Parquet),
        [b'P', b'A', b'R', b'E', ..] => ENCRYPTED,
        [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => "is compressed twice; unpack it first",
        [b'P', b'K', 3, 4, ..] => "is a zip archive or a spreadsheet; unpack it, or save it as CSV",
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => "is an Arrow file; save it as Parquet",
        head if head.contains(&0) => "is neither a Parquet file nor text",
        head => return Ok(format_of_text(head)),
    };
    Err(problem.to_owned())
}

/// Text without a byte order mark at its start.
pub fn unmarked(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

fn format_of_text(head: &[u8]) -> FileFormat {
    let mut bytes = unmarked(head).iter().filter(|byte| !byte.is_ascii_whitespace());
    match (bytes.next(), bytes.next()) {
        (Some(b'{'), Some(b'"' | b'}')) | (Some(b'['), Some(b'{' | b']')) => FileFormat::Json,
        _ => FileFormat::Csv,
    }
}

/// The content of a file, decompressed if it is compressed, and as UTF-8 if it is UTF-16.
///
/// # Errors
/// If the file is missing, is not a regular file, or cannot be read.
pub fn open(file: &Path) -> Result<Box<dyn Read + Send>> {
    Ok(Box::new(TextReader::strict(decompressed(file)?)))
}

/// The text of a file as UTF-8. Bytes that are not UTF-8 are read as Windows-1252.
///
/// # Errors
/// As [`open`].
pub(super) fn open_text(file: &Path) -> Result<TextReader<Box<dyn Read + Send>>> {
    decompressed(file).map(TextReader::new)
}

fn decompressed(file: &Path) -> Result<Box<dyn Read + Send>> {
    let failed = |e: io::Error| Error::input(file, e);
    files::regular_file(file)?;
    let reader = BufReader::with_capacity(1 << 18, File::open(file).map_err(failed)?);
    decompress(reader).map(|(content, _)| content).map_err(failed)
}

/// The content of a stream, decompressed if it begins like gzip or Zstandard; and whether it does.
///
/// # Errors
/// If it cannot be read.
pub fn decompress(mut reader: impl BufRead + Send + 'static) -> io::Result<(Box<dyn Read + Send>, bool)> {
    Ok(match reader.fill_buf()? {
        [0x1f, 0x8b, ..] => (Box::new(MultiGzDecoder::new(reader)), true),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => (Box::new(zstd::Decoder::with_buffer(reader)?), true),
        _ => (Box::new(reader), false),
    })
}

/// The extension of a file in lower case, without that of a compression.
pub(super) fn extension(file: &Path) -> Option<String> {
    let ending = |path: &Path| Some(path.extension()?.to_string_lossy().to_ascii_lowercase());
    let last = ending(file)?;
    match COMPRESSIONS.contains(&last.as_str()) {
        true => ending(Path::new(file.file_stem()?)),
        false => Some(last),
    }
}

/// The name of a file without its extension and that of a compression: `t` of `t.csv.gz`.
pub fn stem(file: &Path) -> String {
    let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let last = file.extension().map(|last| last.to_string_lossy().to_ascii_lowercase());
    match last.is_some_and(|last| COMPRESSIONS.contains(&last.as_str())) {
        true => stem(Path::new(&stem(file))),
        false => stem(file),
    }
}

/// The path of a table in a store: `auth_events.parquet`, `auth_events.csv` and so on, or the folder
/// `auth_events`. `None` if the store has no such table.
///
/// # Errors
/// If the store is not a folder.
pub fn in_store(store: &Path, table: &str) -> Result<Option<PathBuf>> {
    if !store.is_dir() {
        return Err(match store.exists() {
            true => Error::input(store, "not a folder").with_hint(Hint::UseFile),
            false => Error::input(store, "no such folder"),
        });
    }
    let plain = EXTENSIONS.iter().map(|extension| format!("{table}.{extension}"));
    let compressed = |name: String| COMPRESSIONS.iter().map(move |ending| format!("{name}.{ending}"));
    let names = plain.clone().chain(plain.flat_map(compressed)).chain([table.to_owned()]);
    Ok(names.map(|name| store.join(name)).find(|path| path.exists()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::write;

    #[test]
    fn a_stem_has_no_extension_and_no_compression() {
        let stems = ["a/t.csv.gz", "t.JSONL.ZST", "t.csv", "t.v2.parquet", "t", "events.gz"];
        assert_eq!(stems.map(|name| stem(Path::new(name))), ["t", "t", "t", "t.v2", "t", "events"]);
    }

    #[test]
    fn a_store_that_is_a_file_comes_with_a_hint() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("auth_events.parquet");
        write(&file, "").unwrap();
        assert_eq!(in_store(&file, "auth_events").unwrap_err().hint(), Some(&Hint::UseFile));
        assert_eq!(in_store(folder.path(), "auth_events").unwrap(), Some(file));
        assert_eq!(in_store(folder.path(), "admin_events").unwrap(), None);
    }

    #[test]
    fn the_format_is_detected_by_content() {
        for (head, format) in [
            (&b"PAR1..."[..], FileFormat::Parquet),
            (b"a,b\n1,2\n", FileFormat::Csv),
            (b"\xef\xbb\xbf {\"a\":1}", FileFormat::Json),
            (b"[\n {\"a\":1}]", FileFormat::Json),
            (b"{a},b\n", FileFormat::Csv),
        ] {
            assert_eq!(format_of_bytes(head), Ok(format), "{}", String::from_utf8_lossy(head));
        }
        for (head, words) in
            [(&b"PK\x03\x04"[..], "zip"), (b"", "empty"), (b"PARE", "encrypted"), (b"a\0b", "nor text")]
        {
            assert!(format_of_bytes(head).unwrap_err().contains(words), "{words}");
        }
    }

    #[test]
    fn a_compressed_file_is_read_decompressed() {
        use std::io::Write;
        let folder = tempfile::tempdir().unwrap();
        let (gz, zst) = (folder.path().join("t.csv.gz"), folder.path().join("t.csv.zst"));
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(b"a,b\n").unwrap();
        write(&gz, encoder.finish().unwrap()).unwrap();
        write(&zst, zstd::encode_all(&b"a,b\n"[..], 1).unwrap()).unwrap();
        for file in [gz, zst] {
            let mut text = String::new();
            open(&file).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!((text.as_str(), format_of(&file).unwrap()), ("a,b\n", FileFormat::Csv));
        }
    }
}
