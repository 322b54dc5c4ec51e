import SluiceCore

/// One partition of a job as it is written on the command line, `account=42`.
struct PartitionText: Equatable, Sendable {
    var name: String
    var value: String

    /// - Throws: `invalidArgument` without a `=`, or for an invalid name. The value may be any text.
    static func parse(_ text: String) throws(SluiceError) -> PartitionText {
        guard let separator = text.firstIndex(of: "=") else {
            throw SluiceError(.invalidArgument, "'\(text.prefix(40))' is no partition: write name=value")
        }
        let name = String(text[..<separator])
        let value = String(text[text.index(after: separator)...])
        _ = try Partitions([name: value]).lane()
        return PartitionText(name: name, value: value)
    }

    /// The first repeated name.
    static func repeated(_ partitions: [PartitionText]) -> String? {
        var seen: Set<String> = []
        return partitions.first { !seen.insert($0.name).inserted }?.name
    }
}
