#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// The progress that a run reported. It is for display only.
public struct JobProgress: Sendable, Hashable {
    /// The time of the report, by the server's clock.
    public var at: Date
    /// The completed fraction, 0 to 1.
    public var fraction: Double
    /// A note in words; may be empty.
    public var note: String
}

extension JobProgress {
    private struct Column: Decodable {
        var at: Int
        var fraction: Double
        var note: String?
    }

    /// Parses the column; nil if it is not valid.
    init?(column: String) {
        guard let column = try? JSONDecoder().decode(Column.self, from: Data(column.utf8)) else { return nil }
        self.init(at: Date(milliseconds: column.at), fraction: column.fraction, note: column.note ?? "")
    }
}
