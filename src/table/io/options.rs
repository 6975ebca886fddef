//! How CSV is read, if not as detected.

/// What a user knows about a CSV. The default detects everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CsvOptions {
    /// The separator of the columns; `None` detects it.
    pub delimiter: Option<u8>,
    /// The decimal mark of numbers, a comma or a point; `None` detects it.
    pub decimal: Option<u8>,
    /// Whether the first line is a row: the columns are then called `column_1`, `column_2` and so on.
    pub no_header: bool,
}
