import SluiceCore

/// A gate as it is written on the command line: `account=42` with any value, `tmdb`, or `*`.
enum GateText {
    /// The gate in the library's notation. A gate copied from a listing is kept as it is.
    /// - Throws: `invalidArgument` for an invalid name.
    static func encoded(_ text: String) throws(SluiceError) -> String {
        if text == "*" { return text }
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        try DimensionName.check(parts[0])
        guard parts.count == 2 else { return text }
        return parts[0] + "=" + (PartitionValue.isEncoded(parts[1]) ? parts[1] : PartitionValue.encoded(parts[1]))
    }
}
