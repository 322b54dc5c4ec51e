import Hiredis
import SluiceCore

/// Columns of the rows that the library replies with.
extension RedisValue.Row {
    /// The text of a column, which may be a number; empty for none.
    func text(_ column: Int) -> String { self[column].string ?? self[column].integer.map(String.init) ?? "" }

    /// The number in a column; 0 for none.
    func count(_ column: Int) -> Int { self[column].integer ?? 0 }

    /// The time in a column, in ms since 1970; nil for 0, which stands for none.
    func moment(_ column: Int) -> Int? { self[column].integer.flatMap { $0 > 0 ? $0 : nil } }

    func id(_ column: Int) -> JobID { JobID(known: text(column)) }

    /// The state in a column; nil for none that this program knows.
    func state(_ column: Int) -> JobState? { JobState(rawValue: text(column)) }
}
