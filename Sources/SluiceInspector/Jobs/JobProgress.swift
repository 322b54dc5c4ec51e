#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// How far a run said it has come. For display: it decides nothing.
public struct JobProgress: Sendable, Hashable {
    /// When it said so, by the server's clock.
    public var at: Date
    /// 0 to 1.
    public var fraction: Double
    /// In words; may be empty.
    public var note: String
}

extension JobProgress {
    private struct Column: Decodable {
        var at: Int
        var fraction: Double
        var note: String?
    }

    /// Reads the column; nil if it makes no sense.
    init?(column: String) {
        guard let column = try? JSONDecoder().decode(Column.self, from: Data(column.utf8)) else { return nil }
        self.init(at: Date(milliseconds: column.at), fraction: column.fraction, note: column.note ?? "")
    }
}
