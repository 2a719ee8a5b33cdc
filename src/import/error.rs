//! Trouble with a whole file, in words that say what to do about it.

use std::io;

/// Why a file cannot be imported at all. One bad row is an [`super::Item::Reject`] instead.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Nothing but white space.
    #[error("`{0}` is empty: export the contacts again and check that the download finished")]
    Empty(String),
    /// Bytes that are neither CSV nor vCard.
    #[error("`{name}` is {found}: {fix}")]
    NotContacts {
        /// The file as the caller named it.
        name: String,
        /// What it looks like.
        found: &'static str,
        /// What to do.
        fix: &'static str,
    },
    /// No column of the header is known.
    #[error(
        "`{name}` has no column that is known to hold a phone number or an e-mail address. Its first line reads: \
         {headers}. Say which column is which, for example `--map name=Column,phone=Column`; the known fields are {fields}"
    )]
    NoColumns {
        /// The file as the caller named it.
        name: String,
        /// The header as found.
        headers: String,
        /// What may stand before the `=`.
        fields: String,
    },
    /// The mapping names a column the file does not have.
    #[error("`{name}` has no column \"{column}\", which the mapping names. Its columns are: {headers}")]
    MissingColumn {
        /// The file as the caller named it.
        name: String,
        /// The column asked for.
        column: String,
        /// The header as found.
        headers: String,
    },
    /// A mapping that cannot be read.
    #[error(
        "the mapping is wrong at \"{part}\": write field=Column pairs such as `name=Full name,phone=Tel`; the known fields are {fields}"
    )]
    Mapping {
        /// The part that is wrong.
        part: String,
        /// What may stand before the `=`.
        fields: String,
    },
    /// A name of an encoding nobody knows.
    #[error("the encoding \"{0}\" is not known: use a name such as utf-8, windows-1252, windows-1251 or shift_jis")]
    Encoding(String),
    /// A label that cannot start an id.
    #[error("the label \"{0}\" cannot be used: give 1 to 64 characters without control characters")]
    Label(String),
    /// The file stopped being readable.
    #[error("reading `{name}` failed after line {line}: {source}. What came before is imported; run the import again")]
    Read {
        /// The file as the caller named it.
        name: String,
        /// The last line that was read whole.
        line: u64,
        /// What the system said.
        source: io::Error,
    },
}
