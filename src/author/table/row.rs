//! One row in one buffer: the cells that are not empty, each with its column. Two rows are equal if their bytes are.

/// A row's cells.
#[derive(Clone, Debug, Default)]
pub struct Row(Vec<u8>);

impl Row {
    /// Empties the row for reuse.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The row as a key.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Appends a cell: its column, its length, its text.
    pub(super) fn push(&mut self, place: usize, text: &str) {
        let (Ok(place), Ok(length)) = (u32::try_from(place), u32::try_from(text.len())) else { return };
        self.0.extend_from_slice(&place.to_le_bytes());
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0.extend_from_slice(text.as_bytes());
    }

    /// The cells, each with its column.
    pub(super) fn cells(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || {
            let (place, length) = (number(&mut rest)?, number(&mut rest)?);
            let (text, after) = rest.split_at_checked(length)?;
            rest = after;
            Some((place, std::str::from_utf8(text).ok()?))
        })
    }
}

fn number(rest: &mut &[u8]) -> Option<usize> {
    let (number, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    usize::try_from(u32::from_le_bytes(*number)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_out_as_they_went_in() {
        let mut row = Row::default();
        row.push(3, "");
        row.push(70_000, "Fraß\0,\u{1}");
        assert_eq!(row.cells().collect::<Vec<_>>(), [(3, ""), (70_000, "Fraß\0,\u{1}")]);
        row.clear();
        assert_eq!(row.cells().count(), 0);
    }
}
